// What a policy may be, and the policies that are shipped.

#include <tuple>

#include "settle/statemachine/retry.hpp"

namespace settle {
namespace {

constexpr std::int64_t second = 1'000, minute = 60 * second, hour = 60 * minute, week = 168 * hour;

Error invalid(const char* pointer, const std::string& what) {
  return Error{"invalid_policy", std::string(pointer) + ": " + what};
}

Status check_waits(const RetryPolicy& policy) {
  if (policy.waits.empty() || policy.waits.size() > waits_max)
    return invalid("/waits_ms", "must hold 1 to " + std::to_string(waits_max) + " waits");
  for (std::size_t i = 0; i < policy.waits.size(); ++i) {
    const std::string pointer = "/waits_ms/" + std::to_string(i);
    if (policy.waits[i].count < 1 || policy.waits[i].count > week)
      return invalid(pointer.c_str(), "must be between 1 and 604800000");
    if (i > 0 && policy.waits[i] < policy.waits[i - 1])
      return invalid(pointer.c_str(), "must not be shorter than the wait before it");
  }
  return ok();
}

RetryPolicy schedule(const std::vector<std::int64_t>& seconds, std::uint32_t jitter_percent,
                     DurationMs window) {
  RetryPolicy policy;
  policy.kind = RetryKind::schedule;
  for (const std::int64_t wait : seconds) policy.waits.push_back(DurationMs{wait * second});
  policy.jitter_percent = jitter_percent;
  policy.attempts_max = static_cast<std::uint32_t>(seconds.size()) + 1;
  policy.window = window;
  return policy;
}

RetryPolicy exponential(std::int64_t base, std::int64_t cap, std::uint32_t attempts_max) {
  RetryPolicy policy;
  policy.base = DurationMs{base};
  policy.cap = DurationMs{cap};
  policy.attempts_max = attempts_max;
  return policy;
}

}  // namespace

const char* name_of(RetryKind kind) {
  switch (kind) {
    case RetryKind::exponential:
      return "exponential";
    case RetryKind::fixed:
      return "fixed";
    case RetryKind::schedule:
      return "schedule";
  }
  return "?";
}

// By what their kind makes of it: a schedule's base is nobody's.
bool operator==(const RetryPolicy& a, const RetryPolicy& b) {
  const auto bounds = [](const RetryPolicy& p) {
    return std::tie(p.kind, p.jitter_percent, p.attempts_max, p.window);
  };
  if (bounds(a) != bounds(b)) return false;
  switch (a.kind) {
    case RetryKind::exponential:
      return a.base == b.base && a.factor_percent == b.factor_percent && a.cap == b.cap;
    case RetryKind::fixed:
      return a.base == b.base;
    case RetryKind::schedule:
      return a.waits == b.waits;
  }
  return false;
}

Status validate(const RetryPolicy& policy) {
  if (policy.kind == RetryKind::schedule) {
    if (Status waits = check_waits(policy); !waits) return waits;
  } else if (policy.base.count < 1 || policy.base.count > week) {
    return invalid("/base_ms", "must be between 1 and 604800000");
  }
  if (policy.kind == RetryKind::exponential) {
    if (policy.cap < policy.base || policy.cap.count > week)
      return invalid("/cap_ms", "must be between base_ms and 604800000");
    if (policy.factor_percent < 100 || policy.factor_percent > 1'000)
      return invalid("/factor_percent", "must be between 100 and 1000");
  }
  if (policy.jitter_percent > 100) return invalid("/jitter_percent", "must be at most 100");
  if (policy.attempts_max > 10'000) return invalid("/attempts_max", "must be at most 10000");
  if (policy.window.count < 0 || policy.window.count > 5 * week)
    return invalid("/window_ms", "must be at most five weeks (3024000000)");
  const DurationMs first = policy.kind == RetryKind::schedule ? policy.waits.front() : policy.base;
  if (policy.window.count != 0 && policy.window < first)
    return invalid("/window_ms", "ends before the second attempt");
  return ok();
}

// B2, C8 and A5 of the source documents; the others as they publish them. Where they name no end, it is the
// 72 hours within which a callback can still be sent by hand (A10).
const std::map<std::string, RetryPolicy, std::less<>>& shipped_policies() {
  static const auto policies = [] {
    constexpr DurationMs day{24 * hour}, three_days{72 * hour};
    // Its waits are more than three days, and its jitter a tenth more.
    constexpr DurationMs three_and_a_half{84 * hour};
    std::map<std::string, RetryPolicy, std::less<>> all;
    all["submit"] = exponential(2 * second, minute, 6);
    all["query"] = exponential(second, minute, 0);
    all["graded"] = schedule({1, 5, 60, 60, 60}, 10, day);
    all["callback"] = schedule({120, 600, 1'800, 3'600}, 20, three_days);
    // Of kinds of error (default_policies.cpp). `busy` goes on at B2's cap, within the quarter of an hour
    // that a decision has; a callback's first resend comes within five minutes, whatever went wrong (A5).
    all["busy"] = exponential(2 * second, minute, 17);
    all["busy-callback"] = exponential(minute, hour, 8);
    all["dns"] = exponential(5 * second, minute, 6);
    all["dns-callback"] = schedule({240, 900, 1'800, 3'600}, 20, three_days);
    all["broken"] = schedule({10, 30, 60}, 20, DurationMs{0});
    all["broken-callback"] = schedule({240, 1'800, 7'200}, 20, three_days);
    all["wechat-pay"] = schedule(
        {15, 15, 30, 180, 600, 1'200, 1'800, 1'800, 1'800, 3'600, 10'800, 10'800, 10'800, 21'600, 21'600}, 0,
        three_days);
    all["alipay"] = schedule({1, 1, 240, 600, 600, 3'600, 7'200, 21'600, 54'000}, 0, DurationMs{26 * hour});
    all["svix"] = schedule({5, 300, 1'800, 7'200, 18'000, 36'000, 36'000}, 20, three_days);
    all["standard-webhooks"] =
        schedule({5, 300, 1'800, 7'200, 18'000, 36'000, 50'400, 72'000, 86'400}, 10, three_and_a_half);
    all["nmi"] = schedule({15,    60,    60,    60,    300,   900,   1'800, 3'600,  3'600,  3'600,
                           3'600, 3'600, 3'600, 3'600, 3'600, 3'600, 3'600, 43'200, 43'200, 86'400},
                          0, three_days);
    return all;
  }();
  return policies;
}

PolicySet shipped_policy_set() {
  PolicySet set{0, shipped_policies(), {}};
  for (const auto& [name, policy] : set.named) set.shipped.insert(name);
  return set;
}

std::set<std::string, std::less<>> first_shipped_names() {
  return {"submit", "query", "graded", "callback", "wechat-pay", "alipay", "svix", "standard-webhooks",
          "nmi"};
}

PolicySet with_shipped_policies(PolicySet set) {
  for (const auto& [name, policy] : shipped_policies()) {
    if (set.named.count(name) != 0 && set.shipped.count(name) == 0) continue;
    set.named.insert_or_assign(name, policy);
    set.shipped.insert(name);
  }
  return set;
}

}  // namespace settle
