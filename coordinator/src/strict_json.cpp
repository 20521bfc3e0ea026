#include "strict_json.hpp"

#include <algorithm>

#include "api_json.hpp"
#include "settle/participants/known_names.hpp"

namespace settle::strict {

void problem(const std::string& pointer, const std::string& what) {
  throw Misread{pointer + ": " + what};
}

void only(const Json& object, const std::string& pointer, const std::vector<const char*>& known) {
  if (!object.is_object()) problem(pointer.empty() ? "/" : pointer, "must be an object");
  for (const auto& [key, value] : object.items())
    if (std::none_of(known.begin(), known.end(), [&key = key](const char* name) { return key == name; })) {
      std::string place = pointer;
      append_pointer(place, key);
      problem(place, "is not known here" + known_names(known));
    }
}

std::int64_t integer(const Json& object, const char* key, const std::string& pointer,
                     std::int64_t otherwise) {
  if (!object.contains(key)) return otherwise;
  const Json& value = object[key];
  const bool fits =
      value.is_number_integer() && !(value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX);
  if (!fits) problem(pointer + "/" + key, "must be an integer");
  const auto number = value.get<std::int64_t>();
  if (number < 0 || number > 1'000'000'000'000) problem(pointer + "/" + key, "must be between 0 and 10^12");
  return number;
}

std::uint32_t small_integer(const Json& object, const char* key, const std::string& pointer,
                            std::uint32_t otherwise) {
  const std::int64_t number = integer(object, key, pointer, otherwise);
  if (number > 1'000'000) problem(pointer + "/" + key, "must be at most 1000000");
  return static_cast<std::uint32_t>(number);
}

std::string text(const Json& object, const char* key, const std::string& pointer) {
  if (!object.contains(key)) problem(std::string(pointer).append("/").append(key), "is missing");
  if (!object[key].is_string()) problem(pointer + "/" + key, "must be a string");
  return object[key].get<std::string>();
}

}  // namespace settle::strict
