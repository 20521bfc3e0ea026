#include "settle/statemachine/retry.hpp"

#include <algorithm>

namespace settle {
namespace {

// SplitMix64's finaliser: spreads a counter over 64 bits. Not for secrets.
std::uint64_t spread(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

// Nobody waits longer than a century; what a policy asks beyond that would only overflow.
constexpr std::int64_t wait_max = 100LL * 366 * 24 * 3'600'000;

// value * percent / 100 for value >= 0, no more than `most`.
std::int64_t share(std::int64_t value, std::uint32_t percent, std::int64_t most) {
  if (percent != 0 && value / 100 > most / percent) return most;
  return std::min(most, value / 100 * percent + value % 100 * percent / 100);
}

std::int64_t within_reason(DurationMs wait) {
  return std::clamp<std::int64_t>(wait.count, 0, wait_max);
}

std::int64_t tier(const RetryPolicy& policy, std::uint32_t attempt) {
  if (policy.kind == RetryKind::fixed) return within_reason(policy.base);
  if (policy.kind == RetryKind::schedule)
    return policy.waits.empty()
               ? 0
               : within_reason(policy.waits[std::min<std::size_t>(attempt, policy.waits.size()) - 1]);
  // Counted in microseconds: in whole milliseconds a short base would lose its growth to rounding.
  const std::int64_t cap = within_reason(policy.cap) * 1'000;
  std::int64_t wait = std::min(within_reason(policy.base) * 1'000, cap);
  for (std::uint32_t i = 1; i < attempt && wait < cap; ++i) {
    const std::int64_t next = share(wait, policy.factor_percent, cap);
    if (next <= wait) break;  // a factor of 100 % or less: the tier stays
    wait = next;
  }
  return wait / 1'000;
}

}  // namespace

DurationMs longest_wait(const RetryPolicy& policy) {
  if (policy.kind == RetryKind::fixed) return policy.base;
  if (policy.kind == RetryKind::schedule) return policy.waits.empty() ? DurationMs{0} : policy.waits.back();
  return policy.cap;
}

DurationMs retry_wait(const RetryPolicy& policy, std::uint32_t attempt, JitterSeed seed) {
  const std::int64_t wait = tier(policy, std::max(attempt, 1U));
  const std::int64_t room = share(wait, policy.jitter_percent, wait_max);
  if (room <= 0) return DurationMs{wait};
  const std::uint64_t drawn =
      spread(seed.purchase ^ spread(seed.step * 8ULL + seed.operation) ^ spread(0x5e771eULL + attempt));
  return DurationMs{wait + static_cast<std::int64_t>(drawn % (static_cast<std::uint64_t>(room) + 1))};
}

DurationMs honour_retry_after(const RetryPolicy& policy, DurationMs wait, DurationMs retry_after) {
  const std::int64_t most = std::max(wait.count, 10 * within_reason(longest_wait(policy)));
  return DurationMs{std::clamp(retry_after.count, wait.count, most)};
}

bool attempt_allowed(const RetryPolicy& policy, std::uint32_t attempts_made, TimeMs first_attempt_at,
                     TimeMs at) {
  if (policy.attempts_max != 0 && attempts_made >= policy.attempts_max) return false;
  if (policy.window.count != 0 && first_attempt_at && policy.window < at - first_attempt_at) return false;
  return true;
}

}  // namespace settle
