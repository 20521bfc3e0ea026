#pragma once
// Times as people read them.

#include <cstdint>
#include <optional>
#include <string>

namespace settle::ctl {

// RFC 3339 in UTC, with or without a fraction, to milliseconds since 1970.
std::optional<std::int64_t> parse_time(const std::string& text);
std::string format_time(std::int64_t at_ms);

// "45s", "30m", "2h", "7d" to milliseconds.
std::optional<std::int64_t> parse_span(const std::string& text);

// "0.012 s", "12.3 s", "4 min 10 s", "3 h 5 min", "2 d 4 h"
std::string span(std::int64_t ms);

std::int64_t now_ms();

// A flag's "2026-01-31T12:00:00Z", or "2h" for so long ago, as the former.
std::optional<std::string> time_or_ago(const std::string& text);

// "in 12.0 s", "now", or "12.0 s ago".
std::string relative(std::int64_t at_ms, std::int64_t now);

}  // namespace settle::ctl
