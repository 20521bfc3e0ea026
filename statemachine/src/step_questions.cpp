// Queries, and what is done beside the plan since somebody looks: asking what is in doubt, and repeating a
// confirm that only waits (docs/retry.md, "In doubt").

#include <algorithm>
#include <limits>

#include "step_context.hpp"

namespace settle {

bool StepContext::asked_lately() const {
  return event_.at < step().last_attempt_at + inquiry_gap || event_.at < step().not_before;
}

// What a query brought is no news of the try, whose own last failure governs its repetition.
bool StepContext::try_left() const {
  if (call_out()) return attempt_left(Operation::try_);
  return StepContext(definition_, event_, out_, index_, {}).attempt_left(Operation::try_);
}

// A query that does not work is asked all the same where nothing else is left.
bool StepContext::can_ask() const {
  if ((event_.queryable >> index_ & 1U) == 0) return false;
  return step().unanswered != query_given_up || step().operation != Operation::try_ || !try_left();
}

void StepContext::ask_aside() {
  Step& s = step();
  const TimeMs planned = s.wake_at, since = s.held_since;
  const HeldBy by = s.held_by;
  send_query();
  s.planned_wake = planned;
  s.held_since = since;
  s.held_by = by;
}

void StepContext::send_aside(Operation op) {
  Step& s = step();
  const TimeMs planned = s.planned_wake ? s.planned_wake : s.wake_at;  // a restart repeats it as what it was
  const std::uint16_t before = s.attempts[slot(op)];
  send(op);
  s.attempts_aside[slot(op)] =
      static_cast<std::uint16_t>(s.attempts_aside[slot(op)] + (s.attempts[slot(op)] - before));
  s.planned_wake = planned;
}

void StepContext::back_to_plan() {
  const TimeMs planned = step().planned_wake;
  land_aside();
  step().wake_at = planned < event_.at ? event_.at : planned;
  const DurationMs asked = facts_.retry_after;
  if (event_.rules < 1 || asked.count <= 0) return;
  mind_retry_after(honour_retry_after(defined().spec(step().operation).retry, DurationMs{0}, asked));
  if (step().wake_at < step().not_before) step().wake_at = step().not_before;
}

void StepContext::keep_plan() {
  keep_error();
  back_to_plan();
}

void StepContext::probe_as_planned() {
  back_to_plan();
  hand_over(step().wake_at, false);
}

// Who asked for patience is not called sooner, whoever looks, and whatever else is told of it meanwhile.
void StepContext::mind_retry_after(DurationMs wait) {
  if (facts_.retry_after.count <= 0 || event_.rules < 1) return;
  step().not_before = event_.at + DurationMs{std::min(wait.count, facts_.retry_after.count)};
}

void StepContext::send_query() {
  Step& s = step();
  const TimeMs planned = s.planned_wake;  // a restart repeats an inquiry as what it was
  if (planned) land_aside();
  if (!planned) land();
  s.planned_wake = planned;
  s.query_in_flight = true;
  auto& attempts = s.attempts[slot(Operation::query)];
  // Queries change nothing and are bounded by the decision's deadline, so their count may stand still. After
  // the cancel no deadline bounds them: see watch_left.
  if (attempts < std::numeric_limits<std::uint16_t>::max()) ++attempts;
  if (!s.first_attempt_at[slot(Operation::query)]) s.first_attempt_at[slot(Operation::query)] = event_.at;
  s.last_attempt_at = event_.at;
  s.wake_at = event_.at + defined().spec(Operation::query).timeout + lease_grace;
  out_.effects.push_back({Effect::Kind::call, index_, Operation::query, attempts, {}});
}

void StepContext::watch() {
  renew(Operation::query);
  send_query();
}

void StepContext::schedule_query() {
  if (step().planned_wake) return back_to_plan();
  land();
  if (facts_.cause != Cause::none) keep_error();
  count_unanswered();
  if (!can_ask() && step().unanswered == query_given_up)
    return StepContext(definition_, event_, out_, index_, {}).schedule(Operation::try_);
  const DurationMs wait = wait_of(Operation::query);
  mind_retry_after(wait);
  step().wake_at = event_.at + wait;
}

namespace {

// Whoever answers so will answer so again: there is no such query, or not for us.
bool hopeless(const QueryAnswered& said) {
  if (said.cause == Cause::unregistered || said.cause == Cause::signature_refused) return true;
  if (said.cause != Cause::bad_status || said.status == 0) return false;
  return said.status == 501 || (said.status < 500 && said.status != 408);
}

}  // namespace

// Of a try alone: after the cancel, watch_left has the patience of it.
void StepContext::count_unanswered() {
  Step& s = step();
  const auto* said = std::get_if<QueryAnswered>(&event_.what);  // else its lease ended
  const bool heard = said != nullptr && said->says != QueryState::no_answer;
  if (event_.rules < 1 || s.operation != Operation::try_ || heard || s.unanswered == query_given_up) return;
  ++s.unanswered;
  const RetryPolicy& policy = defined().spec(Operation::query).retry;
  const TimeMs first = s.first_attempt_at[slot(Operation::query)];
  const bool left = attempt_allowed(policy, s.unanswered, first, event_.at + wait_of(Operation::query));
  if (left && (said == nullptr || !hopeless(*said))) return;
  s.unanswered = query_given_up;
  out_.effects.push_back(
      {Effect::Kind::alert, index_, Operation::query, s.attempts_of(Operation::query), "query_failed"});
}

}  // namespace settle
