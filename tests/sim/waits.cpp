#include "waits.hpp"

#include <algorithm>
#include <limits>

#include "settle/crypto/crypto.hpp"
#include "world.hpp"

namespace settle::sim {
namespace {

DurationMs asked_by(const HttpAnswer& answer) {
  return DurationMs{answer.retry_after.empty() ? 0 : 1000 * std::stoll(answer.retry_after)};
}

// Of a step whose attempts are used up: up to a day, a delivery up to a twelfth of its window.
RetryPolicy probes(const OperationSpec& spec, Operation op) {
  const std::int64_t window = op == Operation::deliver ? spec.retry.window.count : 0;
  const std::int64_t day = 86'400'000;
  RetryPolicy policy;
  policy.base = spec.probe;
  policy.cap = DurationMs{std::max(spec.probe.count, window == 0 ? day : std::min(day, window / 12))};
  return policy;
}

// What was called before a person's retry, or for somebody who looked, or is counted by its kind's policy
// alone.
int not_charged(const Step& step, Operation op) {
  const std::size_t slot = static_cast<std::size_t>(op) - 1;
  return step.attempts_base[slot] + step.attempts_aside[slot] + (step.operation == op ? step.apart : 0);
}

// As much of a Retry-After as every policy of the operation would honour.
DurationMs asked_of(const OperationSpec& spec, DurationMs asked) {
  std::int64_t most = 10 * longest_wait(spec.retry).count;
  for (const CausePolicy& one : spec.on) most = std::min(most, 10 * longest_wait(one.retry).count);
  return DurationMs{std::min(most, asked.count)};
}

}  // namespace

std::string Waits::left(const Call& call, const Shadow& shadow, std::size_t index, Operation op) {
  const std::string& step = call.job.step;
  std::map<std::string, Attempt>& of = last_[call.job.purchase];
  Attempt& last = of[step + ":" + call.job.operation];
  const auto held = shadow.delays.find(index);
  const std::uint64_t delays = held == shadow.delays.end() ? 0 : held->second;
  if (call.attempt <= last.number) return "I18: attempt " + call.text() + " left twice";
  const TimeMs now = world_.daemon.clock().now();
  std::string wrong;
  if (over_cap(last, call, shadow, index, op)) return "I18: " + call.text() + " is beyond the cap";
  // An inquiry stands beside the plan: what comes next does not follow from its answer, and a confirm that is
  // repeated for it leaves when somebody looks.
  const bool inquiry = bool(shadow.purchase.steps[index].planned_wake);
  if (inquiry && op == Operation::confirm) {
    const bool hasty = last.ended && last.delays == delays &&
                       now - last.ended < asked_of(shadow.definition->steps[index].spec(op), last.asked);
    if (hasty) wrong = "I20: " + call.text() + " left for a look before its Retry-After was over";
  } else if (follows(last, call, shadow, op)) {
    const OperationSpec& spec = shadow.definition->steps[index].spec(op);
    const Step& at = shadow.purchase.steps[index];
    const int base = not_charged(at, op);
    const CausePolicy* own = op == Operation::query ? nullptr : spec.for_cause(at.row_of);
    Bounds allowed =
        own == nullptr
            ? bounds(spec.retry, static_cast<std::uint32_t>(std::max(1, last.number - base)), last, true)
            : bounds(own->retry, at.row, last, false);
    if (op == Operation::query)
      for (const CausePolicy& one : spec.on) {
        const Bounds other =
            bounds(one.retry, static_cast<std::uint32_t>(std::max(1, last.number - base)), last, false);
        allowed = {std::min(allowed.low, other.low), std::max(allowed.high, other.high)};
      }
    if (at.probing && op != Operation::query) allowed = bounds(probes(spec, op), at.row, last, false);
    if (shadow.stretched && op == Operation::deliver) allowed.high.count *= 4;
    // One more call at the end of the window, whatever was waited for.
    const TimeMs first = at.first_attempt_at[static_cast<std::size_t>(op) - 1];
    const bool last_call =
        op == Operation::deliver && spec.retry.window.count != 0 && first + spec.retry.window <= now;
    if (last_call) allowed = {DurationMs{0}, DurationMs{std::numeric_limits<std::int64_t>::max()}};
    // What a gate delayed comes late, and a probe comes at once when its endpoint is back.
    const bool delayed = last.delays != delays;
    if (delayed)
      allowed = {at.probing ? DurationMs{0} : allowed.low,
                 DurationMs{std::numeric_limits<std::int64_t>::max()}};
    const DurationMs waited = now - last.ended;
    if (waited < allowed.low || allowed.high < waited)
      wrong = "I20: " + call.text() + " left " + std::to_string(waited.count) +
              " ms after the attempt before had ended; its wait is " + std::to_string(allowed.low.count) +
              " to " + std::to_string(allowed.high.count);
  }
  disturbed(call.job.purchase, step);
  last = {call.attempt, call.life,     shadow.acts, delays, shadow.inquiries, shadow.definition->policies,
          TimeMs{},     DurationMs{0}, false,       inquiry};
  return wrong;
}

// What was scheduled before a policy changed still leaves. Beyond the cap only probes do.
bool Waits::over_cap(const Attempt& last, const Call& call, const Shadow& shadow, std::size_t index,
                     Operation op) {
  const Step& step = shadow.purchase.steps[index];
  const std::uint32_t cap = shadow.definition->steps[index].spec(op).retry.attempts_max;
  if (op == Operation::query || cap == 0 || step.probing || last.number == 0) return false;
  if (last.policies != shadow.definition->policies) return false;
  const int base = not_charged(step, op);
  return call.attempt - base > static_cast<int>(cap);
}

// Whether nothing but the end of the last attempt decides when this one leaves.
bool Waits::follows(const Attempt& last, const Call& call, const Shadow& shadow, Operation op) const {
  if (last.number == 0 || last.life != call.life || last.acts != shadow.acts || last.disturbed ||
      last.policies != shadow.definition->policies || !last.ended)
    return false;
  // Whether anybody can be asked changes what comes after a try.
  const auto& struck = world_.faults.struck();
  const bool try_or_query = op == Operation::try_ || op == Operation::query;
  if (try_or_query && last.inquiries != shadow.inquiries) return false;
  return !try_or_query || struck[static_cast<std::size_t>(Fault::registry_change)] == 0;
}

// `slowly`: a contradiction waits as long as the policy ever does.
Waits::Bounds Waits::bounds(const RetryPolicy& policy, std::uint32_t made, const Attempt& last,
                            bool slowly) const {
  RetryPolicy plain = policy;
  plain.jitter_percent = 0;
  const bool longest = last.contradicted && slowly;
  const DurationMs tier = retry_wait(plain, longest ? 60'000 : made, {});
  const DurationMs jittered{tier.count + tier.count * policy.jitter_percent / 100 + 1};
  const std::int64_t most = 10 * longest_wait(policy).count;
  const std::int64_t asked = std::min(last.asked.count, std::max(tier.count, most));
  DurationMs high{std::max(jittered.count, asked) + slack().count};
  return {DurationMs{std::max(tier.count, asked)}, high};
}

// How long what is due may take to leave: syncs that are slow, a process that stands still.
DurationMs Waits::slack() const {
  const auto& struck = world_.faults.struck();
  const bool slow = struck[static_cast<std::size_t>(Fault::sync_slow)] != 0;
  const bool froze = struck[static_cast<std::size_t>(Fault::freeze)] != 0;
  return DurationMs{500 + (slow ? 60'000 : 0) + (froze ? 1'800'000 : 0)};
}

void Waits::answered(const Call& call, const HttpAnswer& answer) {
  std::map<std::string, Attempt>& of = last_[call.job.purchase];
  Attempt& last = of[call.job.step + ":" + call.job.operation];
  if (last.number != call.attempt || last.life != call.life) return;
  if (answer.failure == Cause::overload) {  // it never left: its number is given again, by the gates' plan
    --last.number;
    last.disturbed = true;
    return;
  }
  last.ended = world_.daemon.clock().now();
  last.disturbed = last.disturbed || answer.status == 202;  // the next one comes when that stays silent
  const bool garbled =
      !answer.content_digest.empty() && !content_digest_matches(answer.content_digest, answer.body);
  if (garbled) return;  // then nothing in it counts
  last.contradicted = answer.status == 409 && call.job.operation != "deliver";
  last.asked = asked_by(answer);
}

void Waits::disturbed(const PurchaseId& id, const std::string& step) {
  for (auto& [name, attempt] : last_[id])
    if (name.compare(0, step.size() + 1, step + ":") == 0) attempt.disturbed = true;
}

}  // namespace settle::sim
