#include "reasons.hpp"

#include <algorithm>

#include "settle/statemachine/triggers.hpp"

namespace settle::sim {
namespace {

std::size_t slot(Operation op) {
  return static_cast<std::size_t>(op) - 1;
}

// Whether no attempt more was allowed: by their number, or since the longest wait leads out of the window.
bool used_up(const RetryPolicy& policy, const Step& step, Operation counted, TimeMs at) {
  const int apart = step.operation == counted ? step.apart : 0;
  const auto made =
      static_cast<std::uint32_t>(step.attempts[slot(counted)] - step.attempts_base[slot(counted)] -
                                 step.attempts_aside[slot(counted)] - apart);
  if (policy.attempts_max != 0 && made >= policy.attempts_max) return true;
  if (policy.window.count == 0) return false;
  const std::int64_t longest = 10 * longest_wait(policy).count;
  return step.first_attempt_at[slot(counted)] + policy.window < at + DurationMs{longest};
}

// The same of a kind of error's own policy, by the failures in a row: those before, and this one.
bool row_used_up(const OperationSpec& spec, const Step& before, const Step& after, TimeMs at) {
  // A query in between may have failed for another reason; the try's own failures still count.
  const CausePolicy* governing = spec.for_cause(before.row_of);
  if (governing != nullptr && governing->retry.attempts_max != 0 &&
      before.row >= governing->retry.attempts_max)
    return true;
  const CausePolicy* own = spec.for_cause(after.last_cause);
  if (own == nullptr) return false;
  const std::uint32_t row = (before.row_of == own->cause ? before.row : 0U) + 1U;
  if (own->retry.attempts_max != 0 && row >= own->retry.attempts_max) return true;
  const std::int64_t longest = 10 * longest_wait(own->retry).count;
  const RetryPolicy& all = spec.retry;
  const TimeMs first = after.first_attempt_at[slot(after.operation)];
  return all.window.count != 0 && first + all.window < at + DurationMs{longest};
}

std::string spent_of(const Step& step, Operation op, const RetryPolicy& policy) {
  return std::to_string(step.attempts[slot(op)] - step.attempts_base[slot(op)] -
                        step.attempts_aside[slot(op)]) +
         " of " + std::to_string(policy.attempts_max) + " attempts";
}

std::string parked(const StepDefinition& defined, const Step& before, const Step& step,
                   const Transition& transition, TimeMs at) {
  if (before.probing) return {};  // it was with a person all the time
  switch (static_cast<StepTrigger>(transition.trigger)) {
    case StepTrigger::fault:
      if (step.last_cause == Cause::unregistered) return "I16: " + defined.name + " is reached by nobody";
      return {};
    case StepTrigger::overdue:
    case StepTrigger::says_tried:
    case StepTrigger::says_confirmed:
    case StepTrigger::late_success:
      return {};
    default:
      break;
  }
  // What was cancelled is only asked about, with the cancel's patience.
  const bool watched = static_cast<StepState>(transition.from) == StepState::cancelled;
  const Operation op = watched ? Operation::cancel : step.operation;
  const Operation counted = watched ? Operation::query : op;
  if (watched && static_cast<StepTrigger>(transition.trigger) == StepTrigger::due)
    return {};  // nobody can be asked any more
  const RetryPolicy& policy = defined.spec(op).retry;
  if (used_up(policy, step, counted, at)) return {};
  if (row_used_up(defined.spec(op), before, step, at)) return {};
  return "I16: " + defined.name + " went to a person after " + spent_of(step, counted, policy);
}

// A purchase that was decided to be cancelled, by nobody but itself.
std::string cancelled(const Definition& definition, const Purchase& before, const Purchase& after,
                      TimeMs at) {
  if (after.reason_code == "deadline_passed")
    return at < after.deadline_at ? "I16: cancelled before its deadline" : "";
  if (after.reason_code == "hold_expiring") {
    for (const Step& step : after.steps)
      if (step.expires_at && step.expires_at - definition.decision_margin <= at) return {};
    return "I16: cancelled before a hold is over";
  }
  for (std::size_t i = 0; i < after.steps.size(); ++i) {
    const Step& step = after.steps[i];
    if (definition.steps[i].name != after.reason_step) continue;
    // A refusal is final, and a fault, and a query that knows of a cancel.
    if (step.last_cause == Cause::business_refusal || step.last_cause == Cause::bad_status ||
        step.last_cause == Cause::signature_refused || step.last_cause == Cause::contradiction)
      return {};
    const RetryPolicy& policy = definition.steps[i].spec(Operation::try_).retry;
    if (used_up(policy, step, Operation::try_, at)) return {};
    if (row_used_up(definition.steps[i].spec(Operation::try_), before.steps[i], step, at)) return {};
    return "I16: cancelled for " + after.reason_step + " after " + spent_of(step, Operation::try_, policy);
  }
  return "I16: cancelled without a reason: " + after.reason_code;
}

}  // namespace

std::string given_up_too_early(const Definition& definition, const Purchase& before, const Advanced& after,
                               const Event& event) {
  for (const Transition& t : after.transitions) {
    if (t.step < 0 || static_cast<StepState>(t.to) != StepState::parked) continue;
    if (static_cast<StepState>(t.from) == StepState::parked) continue;
    const auto step = static_cast<std::size_t>(t.step);
    if (std::string wrong =
            parked(definition.steps[step], before.steps[step], after.purchase.steps[step], t, event.at);
        !wrong.empty())
      return wrong;
  }
  const bool by_itself = !std::holds_alternative<CancelRequested>(event.what) &&
                         !std::holds_alternative<ResolveRequested>(event.what);
  if (by_itself && before.decision == Decision::none && after.purchase.decision == Decision::cancel)
    return cancelled(definition, before, after.purchase, event.at);
  return {};
}

}  // namespace settle::sim
