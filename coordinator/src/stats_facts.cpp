#include "stats_facts.hpp"

#include <algorithm>

#include "settle/coordinator/dead_letters.hpp"
#include "settle/statemachine/triggers.hpp"

namespace settle {
namespace {

std::size_t slot(Operation op) {
  return static_cast<std::size_t>(op) - 1;
}

// Whether a call of the step's operation is out in this state, or was, and waits to be repeated.
bool calls(StepState state) {
  return state == StepState::trying || state == StepState::confirming || state == StepState::cancelling ||
         state == StepState::delivering;
}

struct End {
  Operation operation = Operation::try_;
  Ending ending = Ending::none;
};

// Which operation a row of the step's table ends, and how.
End end_of(const PurchaseBefore::Step& before, StepState from, StepState to) {
  if (from == to || (from == StepState::parked && before.parked_from == to)) return {};
  switch (to) {
    case StepState::tried:
      return {Operation::try_, from == StepState::idle ? Ending::none : Ending::succeeded};
    case StepState::rejected:
      return {Operation::try_, Ending::refused};
    case StepState::confirmed:
      return {Operation::confirm, Ending::succeeded};
    case StepState::cancelled:
      return {Operation::cancel, Ending::succeeded};
    case StepState::delivered:
      return {Operation::deliver, Ending::succeeded};
    case StepState::abandoned:
      return {Operation::deliver, Ending::abandoned};
    case StepState::cancelling: {
      const bool overtaken =
          from == StepState::trying || from == StepState::in_doubt ||
          ((from == StepState::awaiting || from == StepState::parked) && before.operation == Operation::try_);
      return {Operation::try_, overtaken ? Ending::given_up : Ending::none};
    }
    default:
      return {};
  }
}

bool is_act(const Event& event) {
  return std::holds_alternative<ResolveRequested>(event.what) ||
         std::holds_alternative<RetryRequested>(event.what);
}

class Reader {
 public:
  Reader(const PurchaseBefore& before, const Event& event, const Advanced& advanced, RecordFacts& out)
      : before_(before), event_(event), advanced_(advanced), out_(out) {}

  void read() {
    std::visit([this](const auto& what) { failures(what); }, event_.what);
    for (const Transition& row : advanced_.transitions) {
      if (row.step < 0) {
        purchase_row(row);
      } else {
        step_row(row);
      }
    }
    for (const Effect& effect : advanced_.effects)
      if (effect.kind == Effect::Kind::call)
        out_.steps.push_back({StepFact::Kind::attempt, effect.step, effect.operation});
    ages();
  }

 private:
  const Purchase& after() const { return advanced_.purchase; }

  void fail(std::size_t step, Operation operation, Cause cause) {
    if (cause == Cause::none || step >= after().steps.size()) return;
    out_.steps.push_back({StepFact::Kind::failure, static_cast<std::uint8_t>(step), operation, cause});
  }
  void failures(const Answered& e) { fail(e.step, e.operation, e.cause); }
  void failures(const QueryAnswered& e) { fail(e.step, Operation::query, e.cause); }
  void failures(const Told& e) {
    if (e.outcome == Outcome::refused)
      fail(e.step, e.operation,
           e.operation == Operation::try_ ? Cause::business_refusal : Cause::contradiction);
  }
  void failures(const Held& e) {
    StepFact fact{StepFact::Kind::held, e.step, e.operation};
    fact.held_by = e.by;
    fact.attempts = e.attempt;
    out_.steps.push_back(fact);
  }
  // A call that was out when its lease ended, or when the engine restarted, has failed.
  void failures(const Due&) { lost(StepTrigger::due); }
  void failures(const Resumed&) { lost(StepTrigger::resume); }
  template <class Other>
  void failures(const Other&) {}

  void lost(StepTrigger trigger) {
    for (const Transition& row : advanced_.transitions) {
      if (row.step < 0 || row.trigger != static_cast<std::uint8_t>(trigger)) continue;
      const auto index = static_cast<std::size_t>(row.step);
      const PurchaseBefore::Step& was = before_.step(index);
      if (was.in_flight) fail(index, was.operation, Cause::lost);
      if (was.query_in_flight) fail(index, Operation::query, Cause::lost);
    }
  }

  void purchase_row(const Transition& row) {
    const auto to = static_cast<PurchaseState>(row.to);
    switch (static_cast<PurchaseTrigger>(row.trigger)) {
      case PurchaseTrigger::submit:
        out_.submitted = true;
        break;
      case PurchaseTrigger::cancel:
        out_.reason = reason();
        break;
      default:
        break;
    }
    out_.completed = out_.completed || to == PurchaseState::completed;
    out_.cancelled = out_.cancelled || to == PurchaseState::cancelled;
  }

  CancelReason reason() const {
    const Purchase& p = after();
    if (p.reason_step.empty()) {
      for (int i = 1; i < cancel_reason_count; ++i)
        if (p.reason_code == name_of(static_cast<CancelReason>(i))) return static_cast<CancelReason>(i);
      return CancelReason::other;
    }
    for (std::size_t i = 0; i < p.steps.size(); ++i)
      if (out_.definition->steps[i].name == p.reason_step && p.steps[i].last_cause == Cause::business_refusal)
        return CancelReason::refused;
    return CancelReason::failed;
  }

  void step_row(const Transition& row) {
    const auto index = static_cast<std::size_t>(row.step);
    const auto from = static_cast<StepState>(row.from);
    const PurchaseBefore::Step& was = before_.step(index);
    const End end = end_of(was, from, static_cast<StepState>(row.to));
    const Step& step = after().steps[index];
    const std::uint16_t attempts = step.attempts_of(end.operation);
    // A delivery that was held for its whole window is given up without an attempt.
    if (end.ending == Ending::none || (attempts == 0 && end.ending != Ending::abandoned)) return;
    StepFact fact{StepFact::Kind::ended, static_cast<std::uint8_t>(index), end.operation};
    fact.ending = end.ending;
    fact.attempts = attempts;
    fact.failed_before = attempts > 1 || from == StepState::in_doubt || from == StepState::parked ||
                         was.with_person || (calls(from) && !was.in_flight);
    // A retry by hand begins to count anew, and nothing else does.
    fact.by_person = is_act(event_) || step.attempts_base[slot(end.operation)] > 0;
    const TimeMs first = step.first_attempt_at[slot(end.operation)];
    if (first) fact.took = DurationMs{std::max<std::int64_t>(0, (event_.at - first).count)};
    out_.steps.push_back(fact);
  }

  void ages() {
    const auto note = [this](AgeFact::Book book, TimeMs since, int change) {
      out_.ages.push_back({book, since, change});
    };
    for (std::size_t i = 0; i < after().steps.size(); ++i) {
      const PurchaseBefore::Step& was = before_.step(i);
      const Step& is = after().steps[i];
      const bool doubted = was.state == StepState::in_doubt, doubts = is.state == StepState::in_doubt;
      if (doubted && !doubts) note(AgeFact::Book::doubt, was.tried_at, -1);
      if (doubts && !doubted) note(AgeFact::Book::doubt, is.first_attempt_at[slot(Operation::try_)], 1);
      const bool person = with_person(is);
      if (was.with_person == person && (!person || was.parked_at == is.parked_at)) continue;
      if (was.with_person) note(AgeFact::Book::letter, was.parked_at, -1);
      if (person) note(AgeFact::Book::letter, is.parked_at, 1);
    }
    const TimeMs was = before_.overdue_since(), is = overdue_since(after());
    if (was == is) return;
    if (was) note(AgeFact::Book::letter, was, -1);
    if (is) note(AgeFact::Book::letter, is, 1);
  }

  const PurchaseBefore& before_;
  const Event& event_;
  const Advanced& advanced_;
  RecordFacts& out_;
};

}  // namespace

PurchaseBefore::PurchaseBefore(const Purchase& purchase) : overdue_since_(settle::overdue_since(purchase)) {
  for (std::size_t i = 0; i < purchase.steps.size(); ++i) {
    const settle::Step& step = purchase.steps[i];
    steps_[i] = {step.operation,       step.state,
                 step.parked_from,     step.in_flight,
                 step.query_in_flight, with_person(step),
                 step.parked_at,       step.first_attempt_at[slot(Operation::try_)]};
  }
}

RecordFacts facts_of(const std::shared_ptr<const Definition>& definition, const PurchaseBefore& before,
                     const Event& event, const Advanced& advanced) {
  RecordFacts facts;
  facts.at = event.at;
  facts.definition = definition;
  Reader(before, event, advanced, facts).read();
  const auto to_merchant = [&](const StepFact& fact) {
    return definition->steps[fact.step].target == merchant_target;
  };
  if (std::any_of(facts.steps.begin(), facts.steps.end(), to_merchant))
    facts.merchant = advanced.purchase.order.merchant;
  return facts;
}

const char* name_of(Ending ending) {
  static constexpr const char* names[] = {"none", "succeeded", "refused", "given_up", "abandoned"};
  return names[static_cast<std::size_t>(ending)];
}

const char* name_of(CancelReason reason) {
  static constexpr const char* names[] = {"none",
                                          "refused",
                                          "failed",
                                          "deadline_passed",
                                          "hold_expiring",
                                          "cancelled_by_request",
                                          "cancelled_by_client",
                                          "other"};
  return names[static_cast<std::size_t>(reason)];
}

}  // namespace settle
