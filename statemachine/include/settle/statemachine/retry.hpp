#pragma once
// Retry policies as pure functions: when the next attempt leaves, and whether there is one (I18, I20).

#include <cstdint>

#include "settle/statemachine/ids.hpp"

namespace settle {

struct RetryPolicy {
  DurationMs base{1'000};              // the wait after the first attempt
  std::uint32_t factor_percent = 200;  // each further wait, as a share of the one before
  DurationMs cap{60'000};              // no wait is longer, jitter and Retry-After aside
  std::uint32_t jitter_percent = 20;   // a wait w becomes w .. w + w * jitter, drawn from id and attempt
  std::uint32_t attempts_max = 5;      // 0: no cap
  DurationMs window{0};                // no attempt starts later than this after the first; 0: no window
};

// What draws the jitter. The same four always give the same wait, on every machine.
struct JitterSeed {
  std::uint64_t purchase = 0;
  std::uint32_t step = 0;
  std::uint32_t operation = 0;
};

// The wait between attempt number `attempt` (1 is the first) and the next. Within
// [w, w * (1 + jitter)] for the tier w = min(cap, base * factor^(attempt - 1)).
DurationMs retry_wait(const RetryPolicy& policy, std::uint32_t attempt, JitterSeed seed);

// The wait that a Retry-After asks for, honoured within [wait, max(wait, 10 * cap)].
DurationMs honour_retry_after(const RetryPolicy& policy, DurationMs wait, DurationMs retry_after);

// Whether attempt number `attempts_made + 1` may start at `at`.
bool attempt_allowed(const RetryPolicy& policy, std::uint32_t attempts_made, TimeMs first_attempt_at,
                     TimeMs at);

}  // namespace settle
