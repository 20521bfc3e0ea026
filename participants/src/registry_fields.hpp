#pragma once
// Reads the members of a registration one by one and remembers the first that is wrong, with its JSON
// pointer.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace settle {

class FieldReader {
 public:
  // `object` outlives the reader. `known`: the members there may be; any other is an error, so that a slip of
  // the pen in an optional member's name does not pass in silence.
  FieldReader(const nlohmann::json& object, std::vector<std::string_view> known);

  // The first problem: "/pointer: what is wrong".
  const std::optional<std::string>& problem() const { return problem_; }
  void fail(std::string_view pointer, std::string_view what);

  // Takes over the problem of a reader of the member at `pointer`.
  void adopt(const std::string& pointer, const FieldReader& inner);

  // nullptr: absent.
  const nlohmann::json* member(std::string_view name) const;
  // Each leaves `into` alone when the member is absent, and reports a wrong type or a value out of bounds.
  void text(std::string_view name, std::string& into, std::size_t bytes_max);
  void flag(std::string_view name, bool& into);
  void number(std::string_view pointer, const nlohmann::json& value, std::int64_t min, std::int64_t max,
              std::int64_t& into);
  void texts(std::string_view name, std::vector<std::string>& into, std::size_t count_max);

 private:
  const nlohmann::json& object_;
  std::optional<std::string> problem_;
};

}  // namespace settle
