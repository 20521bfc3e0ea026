#include "api_query.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "api_json.hpp"
#include "settle/participants/known_names.hpp"

namespace settle {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Exactly `count` decimal digits at `at`.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  if (at + count > text.size()) return std::nullopt;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

// ".123456Z" or "Z"; milliseconds, the rest cut off.
std::optional<std::int64_t> fraction_ms(std::string_view tail) {
  if (tail.empty() || tail.back() != 'Z') return std::nullopt;
  tail.remove_suffix(1);
  if (tail.empty()) return 0;
  if (tail.front() != '.' || tail.size() < 2 || tail.size() > 10) return std::nullopt;
  std::int64_t ms = 0;
  for (std::size_t i = 1; i < std::max<std::size_t>(tail.size(), 4); ++i) {
    const char c = i < tail.size() ? tail[i] : '0';
    if (c < '0' || c > '9') return std::nullopt;
    if (i <= 3) ms = ms * 10 + (c - '0');
  }
  return ms;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += plus && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (!is_utf8(out)) return std::nullopt;
  return out;
}

std::optional<TimeMs> parse_time_parameter(std::string_view text) {
  namespace chrono = std::chrono;
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  const auto ms = fraction_ms(text.substr(19));
  const chrono::year_month_day date{chrono::year(*year), chrono::month(static_cast<unsigned>(*month)),
                                    chrono::day(static_cast<unsigned>(*day))};
  if (!ms || !date.ok() || *hour > 23 || *minute > 59 || *second > 60 || *year < 1970) return std::nullopt;
  const std::int64_t days = chrono::sys_days(date).time_since_epoch().count();
  return TimeMs{((days * 24 + *hour) * 60 + *minute) * 60'000 + std::int64_t{*second} * 1000 + *ms};
}

QueryParameters::QueryParameters(std::string_view query, std::initializer_list<std::string_view> known) {
  while (!query.empty() && !problem_) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    if (!part.empty()) take(part, known);
  }
}

void QueryParameters::take(std::string_view part, std::initializer_list<std::string_view> known) {
  const std::size_t equals = part.find('=');
  auto name = percent_decoded(part.substr(0, equals), true);
  auto value = percent_decoded(equals == std::string_view::npos ? "" : part.substr(equals + 1), true);
  if (!name) return fail("", "a broken escape");
  if (!value) return fail(*name, "a broken escape");
  if (std::find(known.begin(), known.end(), *name) == known.end())
    return fail(*name, "there is no such parameter" + known_names(known));
  if (find(*name) != nullptr) return fail(*name, "may be given once");
  values_.emplace_back(*std::move(name), *std::move(value));
}

const std::string* QueryParameters::find(std::string_view name) const {
  const auto found =
      std::find_if(values_.begin(), values_.end(), [&](const auto& item) { return item.first == name; });
  return found == values_.end() ? nullptr : &found->second;
}

void QueryParameters::fail(std::string_view name, std::string detail) {
  if (!problem_) problem_ = Problem{"invalid_parameter", std::move(detail), std::string(name.substr(0, 64))};
}

std::optional<std::string> QueryParameters::text(std::string_view name, std::size_t bytes_max) {
  const std::string* const value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->empty() || value->size() > bytes_max)
    fail(name, "must have 1 to " + std::to_string(bytes_max) + " bytes");
  return *value;
}

bool QueryParameters::flag(std::string_view name) {
  const std::string* const value = find(name);
  if (value == nullptr || *value == "false") return false;
  if (*value != "true") fail(name, "must be true or false");
  return true;
}

std::size_t QueryParameters::number(std::string_view name, std::size_t min, std::size_t max,
                                    std::size_t otherwise) {
  const std::string* const value = find(name);
  if (value == nullptr) return otherwise;
  std::size_t number = 0;
  const char* const end = value->data() + value->size();
  const auto [stop, error] = std::from_chars(value->data(), end, number);
  if (error != std::errc() || stop != end || number < min || number > max) {
    fail(name, "must be a number from " + std::to_string(min) + " to " + std::to_string(max));
  }
  return number;
}

}  // namespace settle
