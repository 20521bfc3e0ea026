#pragma once
// Reading configuration out of JSON: all or nothing, and the first problem with its JSON pointer.

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace settle::strict {

using Json = nlohmann::ordered_json;

// Thrown while reading, and caught where the reading began.
struct Misread {
  std::string detail;  // begins with the pointer
};
[[noreturn]] void problem(const std::string& pointer, const std::string& what);

// Each throws Misread. An absent member gives `otherwise`.
void only(const Json& object, const std::string& pointer, const std::vector<const char*>& known);
std::int64_t integer(const Json& object, const char* key, const std::string& pointer, std::int64_t otherwise);
std::uint32_t small_integer(const Json& object, const char* key, const std::string& pointer,
                            std::uint32_t otherwise);
std::string text(const Json& object, const char* key, const std::string& pointer);

template <class Enum>
Enum choice(const Json& object, const char* key, const std::string& pointer, Enum otherwise,
            std::initializer_list<std::pair<const char*, Enum>> choices) {
  if (!object.contains(key)) return otherwise;
  const std::string chosen = text(object, key, pointer);
  std::string names;
  for (const auto& [name, value] : choices) {
    if (chosen == name) return value;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  problem(pointer + "/" + key, "must be one of " + names);
}

}  // namespace settle::strict
