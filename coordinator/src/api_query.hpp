#pragma once
// Query strings: names and values, percent-decoded, each name known and given once.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api_problem.hpp"
#include "settle/statemachine/ids.hpp"

namespace settle {

// nullopt: a broken escape, or bytes that are not UTF-8. With `plus`, a plus is a space.
std::optional<std::string> percent_decoded(std::string_view text, bool plus);
// RFC 3339 in UTC, with or without a fraction of a second; from 1970 on.
std::optional<TimeMs> parse_time_parameter(std::string_view text);

class QueryParameters {
 public:
  QueryParameters(std::string_view query, std::initializer_list<std::string_view> known);

  std::optional<std::string> text(std::string_view name, std::size_t bytes_max);
  bool flag(std::string_view name);
  std::size_t number(std::string_view name, std::size_t min, std::size_t max, std::size_t otherwise);

  void fail(std::string_view name, std::string detail);
  const std::optional<Problem>& problem() const { return problem_; }

 private:
  void take(std::string_view part, std::initializer_list<std::string_view> known);
  const std::string* find(std::string_view name) const;
  std::vector<std::pair<std::string, std::string>> values_;
  std::optional<Problem> problem_;
};

}  // namespace settle
