#include "time_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace settle {
namespace {

// Reads fixed-width fields from the front; once something did not fit, `good` stays false.
struct Reader {
  std::string_view rest;
  bool good = true;

  int digits(std::size_t count) {
    if (rest.size() < count) return good = false, 0;
    int number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest[i] < '0' || rest[i] > '9') good = false;
      number = number * 10 + (rest[i] - '0');
    }
    rest.remove_prefix(count);
    return good ? number : 0;
  }
  void literal(std::string_view text) {
    if (rest.substr(0, text.size()) != text) {
      good = false;
    } else {
      rest.remove_prefix(text.size());
    }
  }
  template <std::size_t N>
  int one_of(const std::array<std::string_view, N>& names) {
    for (std::size_t i = 0; i < N; ++i) {
      if (rest.substr(0, names[i].size()) == names[i])
        return rest.remove_prefix(names[i].size()), static_cast<int>(i);
    }
    return good = false, 0;
  }
};

constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Clock {
  int hour, minute, second;
};

std::optional<TimeMs> join(int year, int month, int day, Clock clock) {
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < 1970 || clock.hour > 23 || clock.minute > 59 || clock.second > 59)
    return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return TimeMs{(((days * 24 + clock.hour) * 60 + clock.minute) * 60 + clock.second) * 1000};
}

Clock read_clock(Reader& in) {
  Clock clock{};
  clock.hour = in.digits(2);
  in.literal(":");
  clock.minute = in.digits(2);
  in.literal(":");
  clock.second = in.digits(2);
  return clock;
}

int read_fraction_ms(Reader& in) {
  if (in.rest.empty() || in.rest.front() != '.') return 0;
  in.rest.remove_prefix(1);
  int ms = 0;
  int weight = 100;
  std::size_t count = 0;
  for (; !in.rest.empty() && in.rest.front() >= '0' && in.rest.front() <= '9'; ++count) {
    ms += weight * (in.rest.front() - '0');
    weight /= 10;
    in.rest.remove_prefix(1);
  }
  if (count == 0 || count > 12) in.good = false;
  return ms;
}

std::optional<TimeMs> parse_http_date(std::string_view text) {
  Reader in{text};
  in.one_of(weekdays);
  in.literal(", ");
  const int day = in.digits(2);
  in.literal(" ");
  const int month = in.one_of(months) + 1;
  in.literal(" ");
  const int year = in.digits(4);
  in.literal(" ");
  const Clock clock = read_clock(in);
  in.literal(" GMT");
  if (!in.good || !in.rest.empty()) return std::nullopt;
  return join(year, month, day, clock);
}

}  // namespace

std::optional<TimeMs> parse_rfc3339_utc(std::string_view text) {
  Reader in{text};
  const int year = in.digits(4);
  in.literal("-");
  const int month = in.digits(2);
  in.literal("-");
  const int day = in.digits(2);
  in.literal(!in.rest.empty() && in.rest.front() == 't' ? "t" : "T");
  const Clock clock = read_clock(in);
  const int ms = read_fraction_ms(in);
  if (in.rest != "Z" && in.rest != "z" && in.rest != "+00:00" && in.rest != "-00:00") return std::nullopt;
  if (!in.good) return std::nullopt;
  const auto time = join(year, month, day, clock);
  if (!time) return std::nullopt;
  return TimeMs{std::max<std::int64_t>(1, time->count + ms)};
}

DurationMs parse_retry_after(std::string_view text, TimeMs now) {
  if (text.empty()) return DurationMs{0};
  if (text.find_first_not_of("0123456789") == std::string_view::npos) {
    std::int64_t ms = 0;
    for (const char digit : text)
      ms = std::min(retry_after_max.count, ms * 10 + std::int64_t{digit - '0'} * 1000);
    return DurationMs{ms};
  }
  const auto date = parse_http_date(text);
  if (!date) return DurationMs{0};
  return DurationMs{std::clamp<std::int64_t>(date->count - now.count, 0, retry_after_max.count)};
}

}  // namespace settle
