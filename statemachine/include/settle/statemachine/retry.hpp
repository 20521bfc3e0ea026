#pragma once
// Retry policies as pure functions: when the next attempt leaves, and whether there is one (I18, I20).

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "settle/statemachine/ids.hpp"
#include "settle/statemachine/result.hpp"

namespace settle {

enum class RetryKind : std::uint8_t {
  exponential = 1,  // base, then each wait by `factor_percent` longer, up to `cap`
  fixed = 2,        // base, always
  schedule = 3,     // `waits` in turn, the last one again and again
};
const char* name_of(RetryKind kind);

struct RetryPolicy {
  DurationMs base{1'000};              // the wait after the first attempt
  std::uint32_t factor_percent = 200;  // each further wait, as a share of the one before
  DurationMs cap{60'000};              // no wait is longer, jitter and Retry-After aside
  std::uint32_t jitter_percent = 20;   // a wait w becomes w .. w + w * jitter, drawn from id and attempt
  std::uint32_t attempts_max = 5;      // 0: no cap
  DurationMs window{0};                // no attempt starts later than this after the first; 0: no window
  RetryKind kind = RetryKind::exponential;
  std::vector<DurationMs> waits{};  // of a schedule; 1..waits_max, never shorter than the one before
};
inline constexpr std::size_t waits_max = 64;

bool operator==(const RetryPolicy& a, const RetryPolicy& b);
inline bool operator!=(const RetryPolicy& a, const RetryPolicy& b) {
  return !(a == b);
}

// Errors: invalid_policy, with a detail that begins with the JSON pointer of the field within the policy.
Status validate(const RetryPolicy& policy);

// The longest wait that the policy itself makes, jitter aside.
DurationMs longest_wait(const RetryPolicy& policy);

// The named policies in force, as one value: what a name means is found by the revision that an event carries
// (the second law). Revision 0 holds what is shipped and nothing else.
struct PolicySet {
  std::uint32_t revision = 0;
  std::map<std::string, RetryPolicy, std::less<>> named;
  // Which of these are shipped ones: they follow the build. A name that was an operator's before a build
  // shipped one of the same name stays theirs.
  std::set<std::string, std::less<>> shipped;
};
inline constexpr std::size_t policies_max = 256;

// The source documents' three (submit, graded, callback), `query`, what the kinds of error have of their own,
// and published schedules of others.
const std::map<std::string, RetryPolicy, std::less<>>& shipped_policies();
// These and no others: revision 0.
PolicySet shipped_policy_set();
// The names that were shipped when sets did not say so yet.
std::set<std::string, std::less<>> first_shipped_names();
// What a new build makes of a set: shipped names have this build's content, names of operators theirs.
PolicySet with_shipped_policies(PolicySet set);

// What draws the jitter. The same four always give the same wait, on every machine.
struct JitterSeed {
  std::uint64_t purchase = 0;
  std::uint32_t step = 0;
  std::uint32_t operation = 0;
};

// The wait between attempt number `attempt` (1 is the first) and the next. Within
// [w, w * (1 + jitter)] for the tier w: min(cap, base * factor^(attempt - 1)), or the schedule's.
DurationMs retry_wait(const RetryPolicy& policy, std::uint32_t attempt, JitterSeed seed);

// The wait that a Retry-After asks for, honoured within [wait, max(wait, 10 * longest_wait)].
DurationMs honour_retry_after(const RetryPolicy& policy, DurationMs wait, DurationMs retry_after);

// Whether attempt number `attempts_made + 1` may start at `at`.
bool attempt_allowed(const RetryPolicy& policy, std::uint32_t attempts_made, TimeMs first_attempt_at,
                     TimeMs at);

}  // namespace settle
