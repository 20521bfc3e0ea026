#include "progress.hpp"

#include <algorithm>

#include "settle/statemachine/bug.hpp"
#include "step_context.hpp"

namespace settle {
namespace {

bool delivers(const StepDefinition& defined) {
  return defined.mode == StepMode::deliver;
}

// The states from which a try is still to be cancelled; those in which a cancel is under way or over are not
// among them.
bool cancellable(const Step& step) {
  switch (step.state) {
    case StepState::in_doubt:
      return !SETTLE_BUG(doubt_taken_for_nothing);
    case StepState::trying:
    case StepState::tried:
      return true;
    case StepState::awaiting:
    case StepState::parked:
      return step.operation == Operation::try_;
    case StepState::rejected:
      return step.try_intended;
    default:
      return false;
  }
}

}  // namespace

void Progress::run(int failed_step) {
  bool changed = true;
  while (changed) {
    switch (purchase().state) {
      case PurchaseState::trying:
        changed = decide(failed_step);
        break;
      case PurchaseState::confirming:
        changed = confirm_ready() || (all_confirmed() && fire_purchase(PurchaseTrigger::all_confirmed));
        break;
      case PurchaseState::delivering:
        changed = begin_ready(true) || (all_delivered() && fire_purchase(PurchaseTrigger::all_delivered));
        break;
      case PurchaseState::cancelling:
        changed = cancel_ready() || (all_undone() && fire_purchase(PurchaseTrigger::all_undone));
        break;
      case PurchaseState::completed:
      case PurchaseState::cancelled:
        changed = false;
        break;
    }
  }
}

bool Progress::decide(int failed_step) {
  if (failed_step >= 0) {
    const Step& failed = step(static_cast<std::size_t>(failed_step));
    const std::string name = definition_.steps[static_cast<std::size_t>(failed_step)].name;
    const std::string code = !failed.error_code.empty() ? failed.error_code : name_of(failed.last_cause);
    // Other than a refusal, a try that failed for good means that something is wrong on the way there.
    if (failed.last_cause != Cause::business_refusal)
      out_.effects.push_back({Effect::Kind::alert, static_cast<std::uint8_t>(failed_step), Operation::try_,
                              failed.attempts_of(Operation::try_), "try_failed"});
    cancel(code, failed.error_detail, name);
    return true;
  }
  if (purchase().overdue) return false;
  // Before the commit: a hold that is about to expire must not be built upon.
  if (decision_due(definition_, purchase()) <= event_.at && !SETTLE_BUG(deadline_ignored)) {
    overdue();
    return true;
  }
  if (definition_.decided_by == DecidedBy::engine && all_tried()) {
    commit();
    return true;
  }
  return begin_ready(false);
}

void Progress::overdue() {
  if (definition_.on_deadline == OnDeadline::cancel) {
    const bool expired = purchase().deadline_at <= event_.at;
    return cancel(expired ? "deadline_passed" : "hold_expiring",
                  expired ? "not decided by the deadline" : "a hold would expire before the decision", "");
  }
  purchase().overdue = true;
  for (std::size_t i = 0; i < purchase().steps.size(); ++i) fire_step(i, StepTrigger::overdue);
  out_.effects.push_back({Effect::Kind::alert, 0, Operation::try_, 0, "decision_overdue"});
}

void Progress::cancel(std::string code, std::string detail, std::string step) {
  purchase().reason_code = std::move(code);
  purchase().reason_detail = std::move(detail);
  purchase().reason_step = std::move(step);
  fire_purchase(PurchaseTrigger::cancel);
}

void Progress::commit() {
  fire_purchase(PurchaseTrigger::commit);
}

bool Progress::all_tried() const {
  for (std::size_t i = 0; i < purchase().steps.size(); ++i) {
    const StepDefinition& defined = definition_.steps[i];
    const bool optional = delivers(defined) ||
                          (defined.mode == StepMode::enlisted && step(i).state == StepState::idle) ||
                          (SETTLE_BUG(tries_not_awaited) && step(i).state == StepState::in_doubt);
    if (!optional && step(i).state != StepState::tried) return false;
  }
  return true;
}

bool Progress::too_late() const {
  if (!purchase().overdue) return decision_due(definition_, purchase()) <= event_.at;
  return std::any_of(purchase().steps.begin(), purchase().steps.end(), [&](const Step& held) {
    return held.state == StepState::tried && held.expires_at &&
           held.expires_at - definition_.decision_margin <= event_.at;
  });
}

bool Progress::ready(const StepDefinition& defined) const {
  if (SETTLE_BUG(after_ignored)) return true;
  return std::all_of(defined.after.begin(), defined.after.end(), [&](std::uint8_t before) {
    const StepState state = step(before).state;
    // A branch that the client never enlisted is not waited for once the decision has fallen.
    const bool absent = state == StepState::idle && definition_.steps[before].mode == StepMode::enlisted &&
                        purchase().decision == Decision::commit;
    return absent || state == StepState::tried || state == StepState::confirmed ||
           state == StepState::delivered || state == StepState::abandoned;
  });
}

bool Progress::begin_ready(bool deliveries) {
  bool changed = false;
  for (std::size_t i = 0; i < purchase().steps.size(); ++i) {
    const StepDefinition& defined = definition_.steps[i];
    if (step(i).state != StepState::idle || delivers(defined) != deliveries ||
        defined.mode == StepMode::enlisted)
      continue;
    if (ready(defined)) changed = fire_step(i, StepTrigger::begin) || changed;
  }
  return changed;
}

bool Progress::confirm_ready() {
  bool changed = false;
  for (std::size_t i = 0; i < purchase().steps.size(); ++i) {
    if (step(i).state != StepState::tried) continue;
    const auto& before = definition_.steps[i].confirm_after;
    const bool turn = std::all_of(before.begin(), before.end(), [&](std::uint8_t b) {
      // An enlisted step that never joined has nothing to confirm.
      return step(b).state == StepState::confirmed || step(b).state == StepState::idle;
    });
    if (turn || SETTLE_BUG(confirm_order_ignored)) changed = fire_step(i, StepTrigger::confirm) || changed;
  }
  return changed;
}

// Holds side by side, since releases commute; an undo after those of the steps that came after it (I10).
bool Progress::cancel_ready() {
  bool changed = false;
  for (std::size_t i = 0; i < purchase().steps.size(); ++i) {
    if (!cancellable(step(i))) continue;
    // Nothing can rest on a step whose own try is not in: it is cancelled at once, and not tried again (I8).
    const bool built_upon =
        definition_.steps[i].mode == StepMode::compensable && step(i).state == StepState::tried;
    if (built_upon && !dependents_undone(i) && !SETTLE_BUG(undo_order_ignored)) continue;
    changed = fire_step(i, StepTrigger::cancel) || changed;
  }
  return changed;
}

bool Progress::undone(std::size_t i) const {
  const Step& s = step(i);
  if (SETTLE_BUG(doubt_taken_for_nothing) && s.state == StepState::in_doubt) return true;
  if (SETTLE_BUG(parked_cancel_forgotten) && s.state == StepState::parked) return true;
  return s.state == StepState::idle || s.state == StepState::cancelled ||
         (s.state == StepState::rejected && !s.try_intended);
}

bool Progress::dependents_undone(std::size_t i) const {
  // Each step is looked at once: a definition in which all wait for all has 2^30 ways from its first step to
  // its last.
  std::vector<std::size_t> open{i};
  std::uint64_t seen = 0;
  static_assert(steps_max <= 64, "one bit for each step");
  while (!open.empty()) {
    const auto at = static_cast<std::uint8_t>(open.back());
    open.pop_back();
    for (std::size_t j = 0; j < definition_.steps.size(); ++j) {
      const auto& after = definition_.steps[j].after;
      if ((seen >> j & 1U) != 0 || std::find(after.begin(), after.end(), at) == after.end()) continue;
      if (!undone(j)) return false;
      seen |= std::uint64_t{1} << j;
      open.push_back(j);
    }
  }
  return true;
}

bool Progress::all_confirmed() const {
  for (std::size_t i = 0; i < purchase().steps.size(); ++i)
    if (!delivers(definition_.steps[i]) && step(i).state != StepState::confirmed &&
        step(i).state != StepState::idle)
      return false;
  return true;
}

bool Progress::all_delivered() const {
  if (SETTLE_BUG(delivery_not_awaited)) return true;
  for (std::size_t i = 0; i < purchase().steps.size(); ++i)
    if (delivers(definition_.steps[i]) && step(i).state != StepState::delivered &&
        step(i).state != StepState::abandoned)
      return false;
  return true;
}

bool Progress::all_undone() const {
  for (std::size_t i = 0; i < purchase().steps.size(); ++i)
    if (!delivers(definition_.steps[i]) && !undone(i)) return false;
  return true;
}

bool Progress::fire_step(std::size_t i, StepTrigger trigger) {
  StepContext context(definition_, event_, out_, static_cast<std::uint8_t>(i), {});
  return fire(context, trigger, out_);
}

bool Progress::fire_purchase(PurchaseTrigger trigger) {
  PurchaseContext context(event_, out_);
  return fire(context, trigger);
}

}  // namespace settle
