#include "registry_fields.hpp"

#include <algorithm>

#include "settle/participants/known_names.hpp"

namespace settle {
namespace {

// RFC 6901.
std::string pointer_to(std::string_view name) {
  std::string out = "/";
  for (const char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

FieldReader::FieldReader(const nlohmann::json& object, std::vector<std::string_view> known)
    : object_(object) {
  for (const auto& item : object.items()) {
    if (std::find(known.begin(), known.end(), item.key()) == known.end()) {
      fail(pointer_to(item.key().substr(0, 64)), "there is no such member" + known_names(known));
    }
  }
}

void FieldReader::fail(std::string_view pointer, std::string_view what) {
  if (!problem_) problem_ = std::string(pointer) + ": " + std::string(what);
}

void FieldReader::adopt(const std::string& pointer, const FieldReader& inner) {
  if (!problem_ && inner.problem_) problem_ = pointer + *inner.problem_;
}

const nlohmann::json* FieldReader::member(std::string_view name) const {
  const auto found = object_.find(std::string(name));
  return found == object_.end() ? nullptr : &*found;
}

void FieldReader::text(std::string_view name, std::string& into, std::size_t bytes_max) {
  const nlohmann::json* value = member(name);
  if (value == nullptr) return;
  if (!value->is_string()) return fail(pointer_to(name), "must be a string");
  const auto& text = value->get_ref<const std::string&>();
  if (text.size() > bytes_max)
    return fail(pointer_to(name), "at most " + std::to_string(bytes_max) + " bytes");
  into = text;
}

void FieldReader::flag(std::string_view name, bool& into) {
  const nlohmann::json* value = member(name);
  if (value == nullptr) return;
  if (!value->is_boolean()) return fail(pointer_to(name), "must be true or false");
  into = value->get<bool>();
}

void FieldReader::number(std::string_view pointer, const nlohmann::json& value, std::int64_t min,
                         std::int64_t max, std::int64_t& into) {
  const std::string bounds =
      "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  if (!value.is_number_integer()) return fail(pointer, bounds);
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(max)) {
    return fail(pointer, bounds);
  }
  const auto number = value.get<std::int64_t>();
  if (number < min || number > max) return fail(pointer, bounds);
  into = number;
}

void FieldReader::texts(std::string_view name, std::vector<std::string>& into, std::size_t count_max) {
  const nlohmann::json* value = member(name);
  if (value == nullptr) return;
  const std::string pointer = pointer_to(name);
  if (!value->is_array() || value->empty() || value->size() > count_max) {
    return fail(pointer, "must be an array of 1 to " + std::to_string(count_max) + " strings");
  }
  into.clear();
  for (std::size_t i = 0; i < value->size(); ++i) {
    if (!(*value)[i].is_string()) return fail(pointer + "/" + std::to_string(i), "must be a string");
    into.push_back((*value)[i].get<std::string>());
  }
}

}  // namespace settle
