#include "step_context.hpp"

#include <algorithm>
#include <limits>
#include "settle/statemachine/bug.hpp"

namespace settle {
namespace {

// At most `bytes_max` bytes, not cutting a UTF-8 sequence in two.
std::string shortened(const std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

JitterSeed StepContext::seed(Operation op) const {
  return JitterSeed{out_.purchase.id.prefix(), index_, static_cast<std::uint32_t>(op)};
}

std::uint32_t StepContext::made(Operation op) const {
  return static_cast<std::uint32_t>(step().attempts[slot(op)] - step().attempts_base[slot(op)] -
                                    step().attempts_aside[slot(op)]);
}

// What the operation's own cap counts.
std::uint32_t StepContext::counted(Operation op) const {
  const std::uint32_t apart = step().operation == op ? step().apart : 0U;
  return made(op) - std::min(apart, made(op));
}

// Kinds of error that have no policy of their own are all counted together, by the attempts.
StepContext::Row StepContext::row(Operation op) const {
  const OperationSpec& spec = defined().spec(op);
  const bool fresh = facts_.cause != Cause::none || call_out();
  const Cause news = facts_.cause != Cause::none ? facts_.cause : Cause::lost;
  const Cause cause = fresh ? news : step().row_of;  // without news the last failure still governs
  const CausePolicy* own = spec.for_cause(cause);
  if (own == nullptr) return {Cause::none, counted(op), &spec.retry};
  // Queries are not counted by kind: the row is that of the operation that they ask about.
  if (op == Operation::query) return {cause, made(op), &own->retry};
  return {cause, (step().row_of == cause ? step().row : 0U) + (fresh ? 1U : 0U), &own->retry, own->apart,
          fresh};
}

DurationMs StepContext::wait_of(Operation op, bool slowly) const {
  const Row failures = row(op);
  const RetryPolicy& policy = *failures.policy;
  // The wait of a far-off attempt is the longest, with its jitter.
  const bool longest = slowly && failures.of == Cause::none;
  DurationMs wait =
      retry_wait(policy, longest ? std::numeric_limits<std::uint16_t>::max() : failures.failures, seed(op));
  wait = DurationMs{wait.count * stretch_of(event_, op, made(op)) / 100};
  return facts_.retry_after.count > 0 && !SETTLE_BUG(retry_after_ignored)
             ? honour_retry_after(policy, wait, facts_.retry_after)
             : wait;
}

bool StepContext::attempt_left(Operation op) const {
  if (SETTLE_BUG(attempt_cap_ignored)) return true;
  if (step().probing) return false;  // a probe is one call, whichever policy used up the attempts
  if (step().attempts[slot(op)] == std::numeric_limits<std::uint16_t>::max()) return false;
  const TimeMs first = step().first_attempt_at[slot(op)];
  const TimeMs next = event_.at + wait_of(op, facts_.cause == Cause::contradiction);
  const Row failures = row(op);
  if (failures.of != Cause::none && !attempt_allowed(*failures.policy, failures.failures, first, next))
    return false;
  // What this event put apart is not counted either; the window holds for all.
  const std::uint32_t others = counted(op), now_apart = failures.apart && failures.fresh ? 1 : 0;
  const std::uint32_t counts = others - std::min(others, now_apart);
  return attempt_allowed(defined().spec(op).retry, SETTLE_BUG(gives_up_early) ? counts + 1 : counts, first,
                         next);
}

bool StepContext::watch_left() const {
  if (step().attempts[slot(Operation::query)] == std::numeric_limits<std::uint16_t>::max()) return false;
  return attempt_allowed(defined().spec(Operation::cancel).retry, made(Operation::query),
                         step().first_attempt_at[slot(Operation::query)],
                         event_.at + wait_of(Operation::query));
}

// The window begins with the first attempt, or where none could leave yet, when it was due.
TimeMs StepContext::window_end() const {
  const RetryPolicy& policy = defined().spec(Operation::deliver).retry;
  const TimeMs first = step().first_attempt_at[slot(Operation::deliver)];
  const TimeMs begin = first ? first : step().held_since;
  return policy.window.count == 0 || !begin ? TimeMs{} : begin + policy.window;
}

bool StepContext::window_over() const {
  const TimeMs end = window_end();
  return end && end <= event_.at;
}

// What is held has the hour in which its gate may yet open: only being held again ends it (hold). Anything
// else has had its call, if one was made so near the end that a probe would not have been due before it.
bool StepContext::past_help() const {
  const Step& s = step();
  if (s.operation != Operation::deliver || !window_over()) return false;
  if (event_.rules < 1) return held() || s.state == StepState::parked;
  if (held())
    return std::holds_alternative<Held>(event_.what) && s.warned.over_since + held_alone <= event_.at;
  return window_end() <= s.last_attempt_at + probe_cap();
}

void StepContext::send(Operation op) {
  Step& s = step();
  // It was with a person only since it was held: it goes on as if it had not been.
  if (held() && s.probing && s.state != StepState::parked &&
      attempt_allowed(defined().spec(op).retry, counted(op), s.first_attempt_at[slot(op)], event_.at))
    s.probing = false;
  land();
  if (made(op) == 0) forget_row(), s.apart = 0;
  s.operation = op;
  s.in_flight = true;
  // A cancel, too, says that the try may have happened: of a refused one that succeeded after all, it is the
  // first to.
  if (op == Operation::try_ || op == Operation::cancel) s.try_intended = true;
  // Operators' retries may go on for ever; the number that the participant sees then stands still.
  const bool counted = !SETTLE_BUG(attempt_not_counted) || s.attempts[slot(op)] == 0;
  if (counted && s.attempts[slot(op)] < std::numeric_limits<std::uint16_t>::max()) ++s.attempts[slot(op)];
  if (!s.first_attempt_at[slot(op)]) {
    s.first_attempt_at[slot(op)] = event_.at;
    if (op == Operation::deliver) s.warned = WindowWarnings{};  // its window begins
  }
  s.last_attempt_at = event_.at;
  s.wake_at = event_.at + defined().spec(op).timeout + lease_grace;
  out_.effects.push_back({Effect::Kind::call, index_, op, s.attempts[slot(op)], {}});
}

void StepContext::probe() {
  step().probing = true;
  send(Operation::deliver);
}

void StepContext::await_window() {
  land();
  step().wake_at = window_end();
}

void StepContext::renew(Operation op) {
  step().attempts_base[slot(op)] = step().attempts[slot(op)];
  step().attempts_aside[slot(op)] = 0;
  step().first_attempt_at[slot(op)] = TimeMs{};
  step().probing = false;
}

void StepContext::forget_row() {
  step().row_of = Cause::none;
  step().row = 0;
}

void StepContext::count_row(Operation op) {
  const Row failures = row(op);
  if (failures.apart && failures.fresh && step().apart < std::numeric_limits<std::uint16_t>::max())
    ++step().apart;
  if (failures.of == Cause::none) return forget_row();
  step().row_of = failures.of;
  step().row = static_cast<std::uint16_t>(
      std::min<std::uint32_t>(failures.failures, std::numeric_limits<std::uint16_t>::max()));
}

void StepContext::schedule(Operation op) {
  again_after(op, SETTLE_BUG(backoff_ignored) ? DurationMs{1} : wait_of(op));
  if (SETTLE_BUG(waits_too_long)) step().wake_at = event_.at + DurationMs{20 * wait_of(op).count};
}

void StepContext::schedule_slowly(Operation op) {
  again_after(op, wait_of(op, true));
}

void StepContext::again_after(Operation op, DurationMs wait) {
  count_row(op);
  land();
  keep_error();
  mind_retry_after(wait);
  step().operation = op;
  step().wake_at = event_.at + wait;
}

void StepContext::await_report() {
  land();
  TimeMs until = event_.at + defined().await;
  // No window is outlived for a promise, and what is accepted after its end has an hour.
  if (step().operation == Operation::deliver && event_.rules >= 1)
    until = earlier(until, window_over() ? event_.at + held_alone : window_end());
  step().wake_at = until;
}

void StepContext::doubt() {
  if (can_ask()) {
    count_row(Operation::try_);
    land();
    keep_error();
    const DurationMs wait = wait_of(Operation::query);
    mind_retry_after(wait);
    step().wake_at = event_.at + wait;
  } else {
    schedule(Operation::try_);
  }
}

void StepContext::give_up_try() {
  land();
  keep_error();
  step().wake_at = TimeMs{};
  try_failed_ = true;
}

void StepContext::keep_try_result() {
  Step& s = step();
  if (facts_.result != nullptr) s.try_result = *facts_.result;
  if (facts_.expires_at && !SETTLE_BUG(expiry_forgotten)) s.expires_at = facts_.expires_at;
  s.try_intended = true;
  settle();
}

void StepContext::keep_confirm_result() {
  if (facts_.result != nullptr) step().confirm_result = *facts_.result;
  settle();
}

void StepContext::keep_error() {
  Step& s = step();
  if (facts_.cause == Cause::none) return;
  s.last_cause = facts_.cause;
  s.last_status = facts_.status;
  s.error_code = facts_.code != nullptr ? *facts_.code : std::string();
  s.error_detail =
      facts_.detail != nullptr ? shortened(*facts_.detail, error_detail_bytes_max) : std::string();
}

void StepContext::keep_refusal() {
  keep_error();
  // Only a try whose single attempt was refused has surely left nothing behind (I6); `cancelled`, said before
  // we cancelled, is a fence of somebody else's and is answered with our own.
  Step& s = step();
  const bool single = s.attempts_of(Operation::try_) == 1 || SETTLE_BUG(any_refusal_is_final);
  if (single && facts_.cause == Cause::business_refusal) s.try_intended = false;
  settle();
  try_failed_ = true;
}

void StepContext::settle() {
  land();
  step().probing = false;
  step().wake_at = TimeMs{};
}

void StepContext::abandon() {
  settle();
  out_.effects.push_back({Effect::Kind::alert, index_, Operation::deliver,
                          step().attempts_of(Operation::deliver), "delivery_abandoned"});
}

void StepContext::park() {
  step().probing = false;
  hand_over(TimeMs{}, true);
}

// What is not told within its window is never told: a delivery looks again so often that the end of the
// window is not passed in silence.
DurationMs StepContext::probe_cap() const {
  const OperationSpec& spec = defined().spec(step().operation);
  const std::int64_t window = step().operation == Operation::deliver ? spec.retry.window.count : 0;
  return window == 0 ? probe_wait_max : DurationMs{std::min(probe_wait_max.count, window / 12)};
}

// Counted in the row that no kind of error has: each wait is twice the one before, up to a day. So an outage
// is noticed to be over after no more than twice its time, and one that lasts costs less and less.
void StepContext::park_and_probe() {
  Step& s = step();
  const bool news = !s.probing;
  const DurationMs probe = defined().spec(s.operation).probe;
  if (news) forget_row();
  s.probing = probe.count != 0;
  if (!s.probing) return hand_over(TimeMs{}, news);
  RetryPolicy policy;
  policy.base = probe;
  policy.cap = DurationMs{std::max<std::int64_t>(probe.count, probe_cap().count)};
  s.row = static_cast<std::uint16_t>(std::min(s.row + 1, 100));
  const DurationMs wait =
      honour_retry_after(policy, retry_wait(policy, s.row, seed(s.operation)), facts_.retry_after);
  mind_retry_after(wait);
  hand_over(event_.at + wait, news);
}

void StepContext::hand_over(TimeMs wake_at, bool news) {
  keep_error();
  Step& s = step();
  s.parked_from = s.state;
  if (news) s.parked_at = event_.at;
  land();
  s.wake_at = wake_at;
  // Only a delivery may be given up by time, at the end of its window; everything else stays for as long as
  // it takes.
  if (s.operation == Operation::deliver) s.wake_at = earlier(s.wake_at, window_end());
  if (news)
    out_.effects.push_back(
        {Effect::Kind::alert, index_, s.operation, s.attempts[slot(s.operation)], "parked"});
}

// The policy's waits go on from where they were: neither the attempt nor a kind of error is counted.
bool StepContext::hold(const Held& held) {
  Step& s = step();
  const bool query = held.operation == Operation::query;
  const bool out = query ? s.query_in_flight : s.in_flight && s.operation == held.operation;
  const bool counted = held.attempt != 0;
  if (counted ? !out || s.attempts_of(held.operation) != held.attempt
              : !waits() || !s.wake_at || event_.at < s.wake_at)
    return false;
  if (counted) uncount(held.operation);
  if (counted && s.planned_wake &&
      !s.probing) {  // an inquiry is not made up for: what was planned comes as well
    const TimeMs planned = s.planned_wake;
    land_aside();
    s.wake_at = planned;
    return true;
  }
  const TimeMs since = s.held_since ? s.held_since : event_.at;
  land();
  s.held_since = since;
  s.held_by = held.by;
  s.wake_at = held.until;
  if (s.operation == Operation::deliver) s.wake_at = earlier(s.wake_at, patience_end());
  // Nothing waits in silence: a person hears of what is held for long, as of what probes. Tries have their
  // deadline.
  const bool owed = held.operation != Operation::query && held.operation != Operation::try_;
  if (owed && !s.probing && since + held_alone <= event_.at && !SETTLE_BUG(held_in_silence)) {
    forget_row();
    s.probing = true;
    s.parked_at = event_.at;
    out_.effects.push_back({Effect::Kind::alert, index_, s.operation, s.attempts[slot(s.operation)], "held"});
  }
  return true;
}

// How long a held delivery waits: to the end of its window, and where that found it held, for an hour more.
TimeMs StepContext::patience_end() {
  Step& s = step();
  if (event_.rules < 1 || !window_over()) {
    s.warned.over_since = TimeMs{};
    return window_end();
  }
  if (!s.warned.over_since) s.warned.over_since = event_.at;
  return s.warned.over_since + held_alone;
}

void StepContext::uncount(Operation op) {
  if (SETTLE_BUG(held_call_counted)) return;
  Step& s = step();
  if (s.attempts[slot(op)] > s.attempts_base[slot(op)]) --s.attempts[slot(op)];
  if (op != Operation::query && s.planned_wake && s.attempts_aside[slot(op)] > 0)
    --s.attempts_aside[slot(op)];
  if (made(op) == 0) s.first_attempt_at[slot(op)] = TimeMs{};
}

bool StepContext::release() {
  Step& s = step();
  if (!waits() || (!s.held_since && !s.probing)) return false;
  s.wake_at = event_.at;
  return true;
}

void StepContext::mark_lost() {
  facts_.cause = Cause::lost;
  facts_.status = 0;
}

}  // namespace settle
