#pragma once
// Reads the members of a JSON object one by one, and remembers the first problem with its pointer.

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "api_problem.hpp"

namespace settle {

enum class Presence : std::uint8_t { required, optional };

class BodyFields {
 public:
  // `known`: the members there may be. `body` outlives this.
  BodyFields(const nlohmann::json& body, std::initializer_list<std::string_view> known);

  // Each leaves `into` alone when the member is absent. Text is 1 to `bytes_max` bytes without control
  // characters.
  void text(const char* name, Presence presence, std::size_t bytes_max, std::string& into);
  void integer(const char* name, Presence presence, std::int64_t min, std::int64_t max, std::int64_t& into);
  void boolean(const char* name, Presence presence, bool& into);
  // An object, as compact JSON.
  void object(const char* name, Presence presence, std::size_t bytes_max, std::string& into);

  void fail(const char* code, std::string_view name, std::string detail);
  const std::optional<Problem>& problem() const { return problem_; }

 private:
  const nlohmann::json* member(const char* name, Presence presence);

  const nlohmann::json& body_;
  std::optional<Problem> problem_;
};

// 1 to 64 of a-z 0-9 . _ -, the first a letter or digit; with `upper`, A-Z too.
bool is_registry_name(std::string_view text, bool upper);
bool is_currency(std::string_view code);

}  // namespace settle
