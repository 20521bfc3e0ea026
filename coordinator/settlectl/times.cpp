#include "times.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace settle::ctl {

std::optional<std::int64_t> parse_time(const std::string& text) {
  std::tm parts{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  std::int64_t millis = 0;
  if (*rest == '.') {
    std::int64_t unit = 100;
    for (++rest; *rest >= '0' && *rest <= '9'; ++rest, unit /= 10) millis += (*rest - '0') * unit;
  }
  if (std::string(rest) != "Z") return std::nullopt;
  return static_cast<std::int64_t>(timegm(&parts)) * 1000 + millis;
}

std::string format_time(std::int64_t at_ms) {
  const std::time_t seconds = at_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[96];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<int>(at_ms % 1000));
  return text;
}

std::optional<std::int64_t> parse_span(const std::string& text) {
  std::int64_t count = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || end - stopped != 1 || count < 0 || count > 1'000'000) return std::nullopt;
  switch (*stopped) {
    case 's':
      return count * 1'000;
    case 'm':
      return count * 60'000;
    case 'h':
      return count * 3'600'000;
    case 'd':
      return count * 86'400'000;
    default:
      return std::nullopt;
  }
}

std::string span(std::int64_t ms) {
  char text[64];
  const long long seconds = ms / 1000;
  if (ms < 10'000) {
    std::snprintf(text, sizeof text, "%.3f s", static_cast<double>(ms) / 1000);
  } else if (ms < 120'000) {
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(ms) / 1000);
  } else if (seconds < 7'200) {
    std::snprintf(text, sizeof text, "%lld min %lld s", seconds / 60, seconds % 60);
  } else if (seconds < 172'800) {
    std::snprintf(text, sizeof text, "%lld h %lld min", seconds / 3600, seconds / 60 % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld d %lld h", seconds / 86400, seconds / 3600 % 24);
  }
  return text;
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string relative(std::int64_t at_ms, std::int64_t now) {
  if (at_ms > now) return "in " + span(at_ms - now);
  return now - at_ms < 1 ? "now" : span(now - at_ms) + " ago";
}

std::optional<std::string> time_or_ago(const std::string& text) {
  if (parse_time(text)) return text;
  const auto back = parse_span(text);
  if (!back) return std::nullopt;
  return format_time(now_ms() - *back);
}

}  // namespace settle::ctl
