#include "settle/statemachine/retry.hpp"

#include <algorithm>
#include <limits>

namespace settle {
namespace {

// SplitMix64's finaliser: spreads a counter over 64 bits. Not for secrets.
std::uint64_t spread(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31);
}

std::int64_t tier(const RetryPolicy& policy, std::uint32_t attempt) {
  std::int64_t wait = std::min(policy.base.count, policy.cap.count);
  for (std::uint32_t i = 1; i < attempt && wait < policy.cap.count; ++i) {
    const std::int64_t next = wait / 100 * policy.factor_percent + wait % 100 * policy.factor_percent / 100;
    if (next <= wait) break;  // a factor of 100 % or less: the tier stays
    wait = std::min(next, policy.cap.count);
  }
  return wait;
}

}  // namespace

DurationMs retry_wait(const RetryPolicy& policy, std::uint32_t attempt, JitterSeed seed) {
  const std::int64_t wait = tier(policy, std::max(attempt, 1U));
  const std::int64_t room = wait * policy.jitter_percent / 100;
  if (room <= 0) return DurationMs{wait};
  const std::uint64_t drawn =
      spread(seed.purchase ^ spread(seed.step * 8ULL + seed.operation) ^ spread(0x5e771eULL + attempt));
  return DurationMs{wait + static_cast<std::int64_t>(drawn % (static_cast<std::uint64_t>(room) + 1))};
}

DurationMs honour_retry_after(const RetryPolicy& policy, DurationMs wait, DurationMs retry_after) {
  const std::int64_t most = std::max(wait.count, 10 * policy.cap.count);
  return DurationMs{std::clamp(retry_after.count, wait.count, most)};
}

bool attempt_allowed(const RetryPolicy& policy, std::uint32_t attempts_made, TimeMs first_attempt_at, TimeMs at) {
  if (policy.attempts_max != 0 && attempts_made >= policy.attempts_max) return false;
  if (policy.window.count != 0 && first_attempt_at && at > first_attempt_at + policy.window) return false;
  return true;
}

}  // namespace settle
