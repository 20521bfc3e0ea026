#include "api_fields.hpp"

#include <algorithm>

#include "api_json.hpp"
#include "settle/participants/known_names.hpp"

namespace settle {

BodyFields::BodyFields(const nlohmann::json& body, std::initializer_list<std::string_view> known)
    : body_(body) {
  if (!body.is_object()) {
    problem_ = Problem{"invalid_field", "the body must be an object", ""};
    return;
  }
  for (const auto& [name, value] : body.get_ref<const nlohmann::json::object_t&>()) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      fail("unknown_field", name, "unknown here" + known_names(known));
  }
}

void BodyFields::fail(const char* code, std::string_view name, std::string detail) {
  if (problem_) return;
  problem_ = Problem{code, std::move(detail), ""};
  append_pointer(problem_->pointer, name);
}

const nlohmann::json* BodyFields::member(const char* name, Presence presence) {
  if (problem_) return nullptr;
  const auto found = body_.find(name);
  if (found != body_.end()) return &*found;
  if (presence == Presence::required) fail("missing_field", name, "is required");
  return nullptr;
}

void BodyFields::text(const char* name, Presence presence, std::size_t bytes_max, std::string& into) {
  const nlohmann::json* const value = member(name, presence);
  if (value == nullptr) return;
  if (!value->is_string()) return fail("invalid_field", name, "must be a string");
  const auto& text = value->get_ref<const std::string&>();
  if (text.empty() || text.size() > bytes_max) {
    return fail("invalid_field", name, "must have 1 to " + std::to_string(bytes_max) + " bytes");
  }
  const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  if (std::any_of(text.begin(), text.end(), control)) {
    return fail("invalid_field", name, "must have no control characters");
  }
  into = text;
}

void BodyFields::integer(const char* name, Presence presence, std::int64_t min, std::int64_t max,
                         std::int64_t& into) {
  const nlohmann::json* const value = member(name, presence);
  if (value == nullptr) return;
  const bool fits =
      value->is_number_integer() &&
      !(value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(max)) &&
      value->get<std::int64_t>() >= min && value->get<std::int64_t>() <= max;
  if (!fits) {
    return fail("invalid_field", name,
                "must be an integer from " + std::to_string(min) + " to " + std::to_string(max));
  }
  into = value->get<std::int64_t>();
}

void BodyFields::boolean(const char* name, Presence presence, bool& into) {
  const nlohmann::json* const value = member(name, presence);
  if (value == nullptr) return;
  if (!value->is_boolean()) return fail("invalid_field", name, "must be true or false");
  into = value->get<bool>();
}

void BodyFields::object(const char* name, Presence presence, std::size_t bytes_max, std::string& into) {
  const nlohmann::json* const value = member(name, presence);
  if (value == nullptr) return;
  if (!value->is_object()) return fail("invalid_field", name, "must be an object");
  std::string text = value->dump();
  if (text.size() > bytes_max) {
    return fail("invalid_field", name,
                "must have at most " + std::to_string(bytes_max) + " bytes as compact JSON");
  }
  into = std::move(text);
}

bool is_registry_name(std::string_view text, bool upper) {
  const auto alphanumeric = [upper](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (upper && c >= 'A' && c <= 'Z');
  };
  return !text.empty() && text.size() <= 64 && alphanumeric(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace settle
