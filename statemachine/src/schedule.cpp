// When a purchase must be looked at again (I16, I17).

#include "settle/statemachine/bug.hpp"
#include "settle/statemachine/purchase.hpp"

namespace settle {

TimeMs decision_due(const Definition& definition, const Purchase& purchase) {
  TimeMs due = purchase.deadline_at;
  if (SETTLE_BUG(deadline_early)) due = due - DurationMs{10'000};
  for (const Step& step : purchase.steps)
    if (step.state == StepState::tried && step.expires_at)
      due = earlier(due, step.expires_at - definition.decision_margin);
  // A hold that is over already does not make the wake-up lie before the submission, or vanish at 0.
  return due < purchase.submitted_at ? purchase.submitted_at : due;
}

TimeMs next_wake(const Definition& definition, const Purchase& purchase) {
  TimeMs wake;
  if (purchase.state == PurchaseState::trying && !purchase.overdue) wake = decision_due(definition, purchase);
  for (const Step& step : purchase.steps)
    if (!SETTLE_BUG(cancel_timer_lost) || step.state != StepState::cancelling)
      wake = earlier(wake, earlier(step.wake_at, step.warned.next_at));
  return wake;
}

std::optional<Operation> next_call(const Step& step, bool asks) {
  if (step.in_flight || step.query_in_flight || !step.wake_at) return std::nullopt;
  switch (step.state) {
    case StepState::trying:
    case StepState::confirming:
    case StepState::cancelling:
    case StepState::delivering:
      return step.operation;
    case StepState::in_doubt:
    case StepState::cancelled:  // asks whether its try succeeded late
      if (asks && step.unanswered != query_given_up) return Operation::query;
      return std::nullopt;  // the last attempt may be made already: then it ends here, and nobody is called
    case StepState::parked:
      if (step.probing) return step.operation;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

int undo_under_way(const Purchase& purchase) {
  for (std::size_t i = 0; i < purchase.steps.size(); ++i)
    if (purchase.steps[i].state == StepState::parked || purchase.steps[i].wake_at) return static_cast<int>(i);
  return -1;
}

bool needs_person(const Purchase& purchase) {
  if (purchase.overdue && purchase.state == PurchaseState::trying) return true;
  for (const Step& step : purchase.steps)
    if ((step.state == StepState::parked || step.probing) && !SETTLE_BUG(parked_unseen)) return true;
  return false;
}

}  // namespace settle
