#include "oracle.hpp"

#include <algorithm>

#include "settle/statemachine/triggers.hpp"

namespace settle::test {
namespace {

bool moves(StepState state) {
  switch (state) {
    case StepState::trying:
    case StepState::awaiting:
    case StepState::in_doubt:
    case StepState::confirming:
    case StepState::cancelling:
    case StepState::delivering:
      return true;
    default:
      return false;
  }
}

bool holds_or_further(const Step& step) {
  return step.state == StepState::tried || step.state == StepState::confirming ||
         step.state == StepState::confirmed;
}

// "charge.try", put together late.
struct Text {
  const std::string& step;
  const char* operation;
};
std::string& operator+=(std::string& out, const Text& text) {
  return out.append(text.step).append(".").append(text.operation);
}

class Oracle {
 public:
  Oracle(const Definition& definition, const Purchase& before, const Event& event, const Advanced& after)
      : definition_(definition), before_(before), event_(event), out_(after), after_(after.purchase) {}

  std::string run() {
    if (out_.verdict == Verdict::refused) return refused();
    decisions();
    transitions();
    for (std::size_t i = 0; i < after_.steps.size(); ++i) {
      wakes(i);
      attempts(i);
      counted_apart(i);
      tries(i);
    }
    for (const Effect& effect : out_.effects)
      if (effect.kind == Effect::Kind::call) call(effect);
    purchase_wakes();
    ends();
    return what_;
  }

 private:
  // The words are only put together once they are needed: the walk asks this millions of times.
  template <class... Words>
  void expect(bool good, const char* invariant, const Words&... why) {
    if (!good && what_.empty()) what_ = std::string(invariant) + ": ", ((what_ += why), ...);
  }
  const std::string& named(std::size_t i) const { return definition_.steps[i].name; }
  const Step* step_before(std::size_t i) const {
    return i < before_.steps.size() ? &before_.steps[i] : nullptr;
  }

  std::string refused() {
    expect(out_.transitions.empty() && out_.effects.empty(), "I25", "a refused event did something");
    expect(after_.revision == before_.revision && after_.state == before_.state, "I25",
           "a refused event changed something");
    expect(!out_.refusal.empty(), "I25", "a refusal without a reason");
    return what_;
  }

  void decisions() {
    expect(before_.decision == Decision::none || before_.decision == after_.decision, "I1",
           "a second decision");
    expect((after_.state == PurchaseState::trying) == (after_.decision == Decision::none), "I1",
           "state and decision differ");
    const bool cancelling =
        after_.state == PurchaseState::cancelling || after_.state == PurchaseState::cancelled;
    expect(cancelling == (after_.decision == Decision::cancel), "I1", "state and decision differ");
    if (is_terminal(before_.state))
      expect(after_.state == before_.state && after_.finished_at == before_.finished_at, "I14",
             "a terminal state changed");
    expect(is_terminal(after_.state) == bool(after_.finished_at), "I14", "the end is not dated");
    const bool commits = before_.decision == Decision::none && after_.decision == Decision::commit;
    for (std::size_t i = 0; commits && i < after_.steps.size(); ++i) {
      const StepDefinition& defined = definition_.steps[i];
      const bool optional = defined.mode == StepMode::deliver ||
                            (defined.mode == StepMode::enlisted && after_.steps[i].state == StepState::idle);
      expect(optional || holds_or_further(after_.steps[i]), "I1", "commit without the try of ", named(i));
      const TimeMs expires = after_.steps[i].expires_at;
      expect(!expires || event_.at < expires - definition_.decision_margin, "I1",
             "commit on an expiring hold");
    }
    expect(after_.revision == before_.revision + 1, "I21", "the revision does not count");
  }

  // The rows form a path from the old state to the new one.
  void transitions() {
    PurchaseState state = before_.state;
    std::vector<StepState> states(after_.steps.size(), StepState::idle);
    for (std::size_t i = 0; i < before_.steps.size(); ++i) states[i] = before_.steps[i].state;
    for (const Transition& row : out_.transitions) {
      const int known = row.step < 0 ? int(state) : int(states[static_cast<std::uint8_t>(row.step)]);
      expect(known == row.from, "I21", "a transition begins elsewhere");
      if (row.step < 0) {
        state = static_cast<PurchaseState>(row.to);
      } else {
        began(row);
        states[static_cast<std::uint8_t>(row.step)] = static_cast<StepState>(row.to);
      }
    }
    expect(state == after_.state, "I21", "the purchase moved without a transition");
    for (std::size_t i = 0; i < states.size(); ++i)
      expect(states[i] == after_.steps[i].state, "I21", "step ", named(i), " moved without a transition");
  }

  // The order of the definition.
  void began(const Transition& row) {
    const auto i = static_cast<std::uint8_t>(row.step);
    const StepDefinition& defined = definition_.steps[i];
    if (row.trigger == std::uint8_t(StepTrigger::begin))
      for (const std::uint8_t b : defined.after) {
        const StepState s = after_.steps[b].state;
        const bool absent = s == StepState::idle && definition_.steps[b].mode == StepMode::enlisted;
        expect(holds_or_further(after_.steps[b]) || s == StepState::delivered || s == StepState::abandoned ||
                   absent,
               "I3", named(i), " began before ", named(b));
      }
    if (row.trigger == std::uint8_t(StepTrigger::confirm))
      for (const std::uint8_t b : defined.confirm_after)
        expect(after_.steps[b].state == StepState::confirmed || after_.steps[b].state == StepState::idle,
               "I12", named(i), " confirms before ", named(b));
    const bool undoes =
        row.from == std::uint8_t(StepState::tried) && row.to == std::uint8_t(StepState::cancelling);
    if (undoes && defined.mode == StepMode::compensable) undone_behind(i, i);
  }
  void undone_behind(std::size_t i, std::size_t cause) {
    for (std::size_t j = 0; j < after_.steps.size(); ++j) {
      const auto& after = definition_.steps[j].after;
      if (std::find(after.begin(), after.end(), i) == after.end()) continue;
      expect(is_undone(after_.steps[j]), "I10", named(cause), " is undone before ", named(j));
      undone_behind(j, cause);
    }
  }

  void call(const Effect& effect) {
    const Operation op = effect.operation;
    const Text text{named(effect.step), name_of(op)};
    switch (after_.decision) {
      case Decision::none:
        expect(op == Operation::try_ || op == Operation::query, "I2", text, " before the decision");
        break;
      case Decision::commit:
        expect(op == Operation::confirm || op == Operation::deliver, "I10", text, " after the commit");
        break;
      case Decision::cancel:
        expect(op == Operation::cancel || op == Operation::query, "I8", text, " after the cancel");
        break;
    }
    if (op == Operation::deliver)
      expect(after_.state == PurchaseState::delivering, "I10", text, " before all is confirmed");
    const Step& step = after_.steps[effect.step];
    expect(effect.attempt == step.attempts_of(op), "I18", text, " is not counted");
    expect(step.last_attempt_at == event_.at, "I18", text, " is not dated");
    const std::vector<Effect> pending = pending_effects(definition_, after_);
    expect(std::any_of(pending.begin(), pending.end(),
                       [&](const Effect& p) {
                         return p.step == effect.step && p.operation == op && p.attempt == effect.attempt;
                       }),
           "I21", text, " left and is not pending");
  }

  // A step that moves wakes; one that rests does not; what is out is leased.
  void wakes(std::size_t i) {
    const Step& s = after_.steps[i];
    expect(!(s.in_flight && s.query_in_flight), "I17", named(i), " has two calls out");
    const bool out = s.in_flight || s.query_in_flight;
    const bool watched = s.state == StepState::cancelled && (out || s.wake_at);
    if (out) expect(s.wake_at > s.last_attempt_at, "I17", named(i), " has a call out without a lease");
    if (out) expect(moves(s.state) || watched, "I17", named(i), " rests with a call out");
    if (moves(s.state)) expect(bool(s.wake_at), "I17", named(i), " moves and does not wake");
    if (!moves(s.state) && !watched && s.state != StepState::parked)
      expect(!s.wake_at, "I17", named(i), " rests and wakes");
  }

  void purchase_wakes() {
    if (is_terminal(after_.state)) return;
    if (after_.state == PurchaseState::trying && after_.overdue)
      return expect(needs_person(after_), "I16", "overdue and alone");
    const bool wakes = bool(next_wake(definition_, after_));
    expect(wakes || needs_person(after_), "I17", "open, without a wake-up, and with nobody");
    if (after_.state == PurchaseState::trying)
      expect(wakes && next_wake(definition_, after_) <= after_.deadline_at, "I16",
             "sleeps past its deadline");
  }

  void attempts(std::size_t i) {
    const Step* b = step_before(i);
    const Step& s = after_.steps[i];
    const bool operators = std::holds_alternative<RetryRequested>(event_.what);
    for (int n = 0; n < operation_count; ++n) {
      const auto op = static_cast<Operation>(n + 1);
      const auto slot = static_cast<std::size_t>(n);
      const int base_before = b != nullptr ? b->attempts_base[slot] : 0;
      const int made_before = b != nullptr ? b->attempts[slot] : 0;
      const int cap = static_cast<int>(definition_.steps[i].spec(op).retry.attempts_max);
      const Text text{named(i), name_of(op)};
      const auto* held = std::get_if<Held>(&event_.what);
      const bool taken_back = held != nullptr && held->step == i && held->operation == op &&
                              held->attempt == made_before && made_before > 0;
      expect(s.attempts[slot] == made_before - (taken_back ? 1 : 0) ||
                 (s.attempts[slot] > made_before && !taken_back),
             "I18", text, " forgot attempts");
      expect(s.attempts[slot] <= made_before + 1, "I18", text, " counted twice");
      if (op == Operation::query) continue;
      expect(s.attempts_base[slot] == base_before || operators, "I18", text,
             " begins anew without an operator");
      // Beyond the cap it only probes, and a person knows.
      const bool probes = s.probing && s.operation == op && needs_person(after_);
      const bool more = s.attempts[slot] > made_before;
      const int apart_before = b != nullptr && b->operation == op ? b->apart : 0;
      const int apart = s.operation == op ? s.apart : apart_before;
      const int aside = s.attempts_aside[slot],
                charged = s.attempts[slot] - s.attempts_base[slot] - aside - apart;
      expect(cap == 0 || !more || probes || charged <= cap, "I18", text, " over its cap");
      // Only a confirm that somebody looks at, and its repetition after a restart, is not charged.
      const int aside_before = b != nullptr ? b->attempts_aside[slot] : 0;
      const bool looked = std::holds_alternative<Inquired>(event_.what) ||
                          (std::holds_alternative<Resumed>(event_.what) && b != nullptr && b->planned_wake);
      expect(aside <= aside_before || (looked && op == Operation::confirm && aside == aside_before + 1),
             "I18", text, " was not charged");
    }
  }

  // Nothing but a failure of a kind that is counted apart is taken from what the cap counts, and each once.
  void counted_apart(std::size_t i) {
    const Step* b = step_before(i);
    const Step& s = after_.steps[i];
    const int before = b != nullptr ? b->apart : 0;
    if (s.apart <= before) return;
    const CausePolicy* own = definition_.steps[i].spec(s.operation).for_cause(s.last_cause);
    expect(s.apart == before + 1 && own != nullptr && own->apart, "I18", named(i), " forgets an attempt");
  }

  // I6: a try that left, or may have, is owed an end for ever, but for the single one that was refused.
  void tries(std::size_t i) {
    const Step* b = step_before(i);
    const Step& s = after_.steps[i];
    const bool left = s.attempts_of(Operation::try_) > 0 || s.state == StepState::tried;
    const bool forgiven = s.attempts_of(Operation::try_) == 1 && s.last_cause == Cause::business_refusal;
    if (left && !s.try_intended) expect(forgiven, "I6", named(i), " may have happened and is owed nothing");
    if (b != nullptr && b->try_intended && !s.try_intended)
      expect(s.state == StepState::rejected, "I6", named(i), " is forgotten");
  }

  void ends() {
    if (after_.state == before_.state) return;
    for (std::size_t i = 0; i < after_.steps.size(); ++i) {
      const Step& s = after_.steps[i];
      const bool delivers = definition_.steps[i].mode == StepMode::deliver;
      if (after_.state == PurchaseState::cancelled)
        expect(is_undone(s), "I6", "cancelled while ", named(i), " is ", name_of(s.state));
      if (after_.state == PurchaseState::completed && delivers)
        expect(s.state == StepState::delivered || s.state == StepState::abandoned, "I16", named(i),
               " was not told");
      if (after_.state == PurchaseState::completed && !delivers)
        expect(s.state == StepState::confirmed || (s.state == StepState::idle && !s.try_intended), "I6",
               "completed while ", named(i), " is ", name_of(s.state));
    }
  }

  const Definition& definition_;
  const Purchase& before_;
  const Event& event_;
  const Advanced& out_;
  const Purchase& after_;
  std::string what_;
};

}  // namespace

bool is_undone(const Step& step) {
  if (step.state == StepState::idle || step.state == StepState::cancelled) return true;
  return step.state == StepState::rejected && !step.try_intended;
}

std::string broken(const Definition& definition, const Purchase& before, const Event& event,
                   const Advanced& after) {
  return Oracle(definition, before, event, after).run();
}

}  // namespace settle::test
