#pragma once
// Times as participants write them. Strict: what is not exactly one of these forms is not a time.

#include <optional>
#include <string_view>

#include "settle/statemachine/ids.hpp"

namespace settle {

// RFC 3339 in UTC ("2026-01-31T12:00:00Z", a fraction of a second allowed), from 1970 on. Parts below a
// millisecond are cut off: earlier is the safe side for a hold. Never TimeMs{0}, which would mean "not said".
std::optional<TimeMs> parse_rfc3339_utc(std::string_view text);

// RFC 9110: seconds, or an IMF-fixdate ("Sat, 31 Jan 2026 12:00:00 GMT") relative to `now`. Within 0 .. 24 h;
// 0 for what is past or cannot be read.
DurationMs parse_retry_after(std::string_view text, TimeMs now);

inline constexpr DurationMs retry_after_max{86'400'000};

}  // namespace settle
