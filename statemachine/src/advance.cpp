// From an outside event to rows of the tables: which step, which trigger; then whatever follows from the new
// state.

#include "settle/statemachine/advance.hpp"

#include <algorithm>

#include "progress.hpp"
#include "step_context.hpp"
#include "window.hpp"

namespace settle {
namespace {

StepTrigger trigger_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
      return StepTrigger::done;
    case Outcome::accepted:
      return StepTrigger::accepted;
    case Outcome::refused:
      return StepTrigger::refused;
    case Outcome::not_now:
      return StepTrigger::not_now;
    case Outcome::unknown:
      return StepTrigger::unknown;
    case Outcome::fault:
      return StepTrigger::fault;
  }
  return StepTrigger::late;
}

StepTrigger trigger_of(QueryState says) {
  switch (says) {
    case QueryState::tried:
      return StepTrigger::says_tried;
    case QueryState::refused:
      return StepTrigger::says_refused;
    case QueryState::pending:
      return StepTrigger::says_pending;
    case QueryState::confirmed:
      return StepTrigger::says_confirmed;
    case QueryState::cancelled:
      return StepTrigger::says_cancelled;
    case QueryState::unknown:
      return StepTrigger::says_unknown;
    case QueryState::no_answer:
      return StepTrigger::no_answer;
  }
  return StepTrigger::late;
}

StepTrigger trigger_of(Resolution resolution) {
  return resolution == Resolution::done ? StepTrigger::resolve_done : StepTrigger::resolve_abandoned;
}

// The states in which Step::operation is under way.
bool operating(StepState state) {
  switch (state) {
    case StepState::trying:
    case StepState::awaiting:
    case StepState::in_doubt:
    case StepState::confirming:
    case StepState::cancelling:
    case StepState::delivering:
    case StepState::parked:
      return true;
    default:
      return false;
  }
}

Facts facts_of(const Answered& e) {
  return {e.cause, e.status, e.retry_after, e.expires_at, &e.code, &e.detail, &e.result};
}
Facts facts_of(const QueryAnswered& e) {
  Cause cause = e.cause;
  if (e.says == QueryState::refused) cause = Cause::business_refusal;
  if (e.says == QueryState::confirmed || e.says == QueryState::cancelled) cause = Cause::contradiction;
  return {cause, e.status, e.retry_after, e.expires_at, &e.code, &e.detail, &e.result};
}
Facts facts_of(const Told& e) {
  Cause cause = Cause::none;
  if (e.outcome == Outcome::refused)
    cause = e.operation == Operation::try_ ? Cause::business_refusal : Cause::contradiction;
  return {cause, 0, DurationMs{0}, e.expires_at, &e.code, &e.detail, &e.result};
}

// One event on one purchase.
class Advance {
 public:
  Advance(const Definition& definition, Purchase&& purchase, const Event& event)
      : definition_(definition), event_(event) {
    out_.purchase = std::move(purchase);
  }

  Advanced run() {
    std::visit([this](const auto& what) { on(what); }, event_.what);
    if (out_.verdict != Verdict::refused) {
      ++out_.purchase.revision;
      Progress(definition_, event_, out_).run(failed_step_);
      drop_superseded();
      watch_windows();
      drop_moot_proposals();
    }
    return std::move(out_);
  }

 private:
  // A call that one row emitted and a later row of the same event took back must not leave: no try beside its
  // own cancel (I8). It stays counted.
  void drop_superseded() {
    auto& effects = out_.effects;
    const auto stale = [this](const Effect& effect) {
      if (effect.kind != Effect::Kind::call) return false;
      const Step& step = out_.purchase.steps[effect.step];
      return effect.operation == Operation::query ? !step.query_in_flight
                                                  : !step.in_flight || step.operation != effect.operation;
    };
    effects.erase(std::remove_if(effects.begin(), effects.end(), stale), effects.end());
  }

  void watch_windows() {
    const bool due = std::holds_alternative<Due>(event_.what);
    for (std::size_t i = 0; i < out_.purchase.steps.size(); ++i)
      watch_window(definition_.steps[i], event_.at, due, static_cast<std::uint8_t>(i), out_);
  }

  // A step that went on by itself, or was helped otherwise, needs no second person any more. A probe that is
  // out changes nothing about what was proposed: it asks for the same operation.
  void drop_moot_proposals() {
    for (Step& step : out_.purchase.steps) {
      if (step.proposed_by.empty() || with_person(step) || step.state == StepState::delivering) continue;
      forget_proposal(step);
    }
  }
  static void forget_proposal(Step& step) {
    step.proposed_by.clear();
    step.proposed_as = Resolution::done;
    step.proposed_evidence.clear();
    step.proposed_result.clear();
    step.proposed_at = TimeMs{};
  }

  void on(const Submitted& e) {
    Purchase& p = out_.purchase;
    SETTLE_CHECK(p.revision == 0);
    p.id = e.id;
    p.definition = e.definition;
    p.definition_version = e.definition_version;
    p.order = e.order;
    p.request_digest = e.request_digest;
    p.predecessor = e.predecessor;
    p.submitted_at = event_.at;
    p.deadline_at = e.deadline_at ? e.deadline_at : event_.at + definition_.deadline;
    p.steps.resize(definition_.steps.size());
    PurchaseContext context(event_, out_);
    fire(context, PurchaseTrigger::submit);
  }

  void on(const Answered& e) {
    if (e.step >= out_.purchase.steps.size()) return note();
    const Step& step = out_.purchase.steps[e.step];
    const bool newest = step.in_flight && e.attempt == step.attempts_of(e.operation);
    // Only success and refusal mean something beyond the attempt that brought them.
    const bool lasting = e.outcome == Outcome::done || e.outcome == Outcome::refused;
    const bool current = operating(step.state) && step.operation == e.operation && (newest || lasting);
    deliver(e.step, e.operation, e.outcome, current, facts_of(e));
  }

  void on(const Told& e) {
    if (e.step >= out_.purchase.steps.size()) return note();
    const Step& step = out_.purchase.steps[e.step];
    deliver(e.step, e.operation, e.outcome, operating(step.state) && step.operation == e.operation,
            facts_of(e));
  }

  void deliver(std::uint8_t index, Operation operation, Outcome outcome, bool current, const Facts& facts) {
    if (current) return fire_step(index, trigger_of(outcome), facts);
    const Step& step = out_.purchase.steps[index];
    const bool success = operation == Operation::try_ && outcome == Outcome::done;
    // Known before the cancel, which was of what it holds: the same word once more, not one that comes late.
    const bool known = success && step.state == StepState::cancelled && !step.try_result.empty();
    const bool success_of_try = success && !known;
    if (!known && contradicts(step.state, operation, outcome)) {
      out_.verdict = Verdict::contradiction;
      out_.effects.push_back({Effect::Kind::alert, index, operation, 0, "contradiction"});
    } else {
      out_.verdict = Verdict::noted;
    }
    fire_step(index, success_of_try ? StepTrigger::late_success : StepTrigger::late, facts);
  }

  // Whether a late word denies what is known already. An old attempt's failure denies nothing.
  static bool contradicts(StepState state, Operation operation, Outcome outcome) {
    if (outcome != Outcome::done && outcome != Outcome::refused) return false;
    const bool done = outcome == Outcome::done;
    switch (operation) {
      case Operation::try_:
        if (done) return state == StepState::rejected || state == StepState::cancelled;
        return state == StepState::tried || state == StepState::confirming || state == StepState::confirmed;
      case Operation::confirm:
        return done ? state != StepState::confirmed : state == StepState::confirmed;
      case Operation::cancel:
        return done ? state != StepState::cancelled : state == StepState::cancelled;
      case Operation::deliver:
        return !done && state == StepState::delivered;
      case Operation::query:
        return false;
    }
    return false;
  }

  void on(const QueryAnswered& e) {
    if (e.step >= out_.purchase.steps.size()) return note();
    const Step& step = out_.purchase.steps[e.step];
    if (!step.query_in_flight || e.attempt != step.attempts_of(Operation::query)) {
      note();
      return fire_step(e.step, StepTrigger::late, facts_of(e));
    }
    if (e.says != QueryState::no_answer) out_.purchase.steps[e.step].unanswered = 0;
    fire_step(e.step, trigger_of(e.says), facts_of(e));
  }

  void on(const Due&) {
    for (std::size_t i = 0; i < out_.purchase.steps.size(); ++i) {
      const TimeMs wake = out_.purchase.steps[i].wake_at;
      if (wake && wake <= event_.at) fire_step(i, StepTrigger::due, {});
    }
  }

  void on(const Resumed&) {
    for (std::size_t i = 0; i < out_.purchase.steps.size(); ++i) {
      const Step& step = out_.purchase.steps[i];
      if (step.in_flight || step.query_in_flight) fire_step(i, StepTrigger::resume, {});
    }
  }

  void on(const CancelRequested& e) {
    if (out_.purchase.decision == Decision::cancel) return note();  // asked twice: the answer is the same
    if (out_.purchase.decision == Decision::commit)
      return refuse(
          "the purchase is decided: commit. What is confirmed is not undone; reopen or refund outside");
    Progress(definition_, event_, out_).cancel("cancelled_by_request", e.why, "");
  }

  void on(const RetryRequested& e) {
    bool fired = false;
    if (e.step >= static_cast<int>(out_.purchase.steps.size())) return refuse("there is no such step");
    Purchase& p = out_.purchase;
    if (p.overdue && p.state == PurchaseState::trying) {
      p.overdue = false;
      p.deadline_at = event_.at + definition_.deadline;
      fired = true;
    }
    for (std::size_t i = 0; i < p.steps.size(); ++i) {
      if (e.step >= 0 && static_cast<std::size_t>(e.step) != i) continue;
      StepContext context(definition_, event_, out_, static_cast<std::uint8_t>(i), {});
      if (fire(context, StepTrigger::retry, out_)) fired = true;
    }
    if (!fired) refuse("nothing waits or is parked: a call is out, or nothing is left to do");
  }

  void on(const ResolveRequested& e) {
    if (e.step >= out_.purchase.steps.size()) return refuse("there is no such step");
    if (!e.proposed_by.empty() && !proposal_stands(e)) return refuse("nobody proposed this, or too long ago");
    // Of two persons the first one's: the second says the same.
    const std::string result = e.proposed_by.empty() ? e.result : out_.purchase.steps[e.step].proposed_result;
    Facts facts;
    if (!result.empty()) facts.result = &result;
    StepContext context(definition_, event_, out_, e.step, facts);
    if (!fire(context, trigger_of(e.resolution), out_)) return refuse_resolve(e.step, e.resolution);
    if (context.try_failed()) failed_step_ = e.step;
    forget_proposal(out_.purchase.steps[e.step]);
  }

  bool proposal_stands(const ResolveRequested& e) const {
    const Step& step = out_.purchase.steps[e.step];
    return step.proposed_by == e.proposed_by && e.proposed_by != e.who && step.proposed_as == e.resolution &&
           event_.at < step.proposed_at + proposal_lasts;
  }
  void refuse_resolve(std::uint8_t step, Resolution resolution) {
    refuse(resolution == Resolution::abandoned && out_.purchase.steps[step].state == StepState::parked
               ? "only a delivery can be given up; money, stock and cards never"
               : "the step is neither parked nor a delivery that waits");
  }

  // Tried out first: what could not be resolved is not proposed either.
  void on(const Proposed& e) {
    if (e.step >= out_.purchase.steps.size()) return refuse("there is no such step");
    Advanced trial;
    trial.purchase = out_.purchase;
    StepContext context(definition_, event_, trial, e.step, {});
    if (!fire(context, trigger_of(e.resolution), trial)) return refuse_resolve(e.step, e.resolution);
    Step& step = out_.purchase.steps[e.step];
    step.proposed_by = e.who;
    step.proposed_as = e.resolution;
    step.proposed_evidence = e.evidence;
    step.proposed_result = e.result;
    step.proposed_at = event_.at;
  }

  void on(const Noted& e) {
    out_.purchase.note = e.text;
    out_.purchase.note_by = e.who;
    out_.purchase.note_at = event_.at;
  }

  void on(const Assigned& e) {
    if (out_.purchase.assignee == e.to) note();
    out_.purchase.assignee = e.to;
  }

  void on(const Reopened& e) {
    if (out_.purchase.state != PurchaseState::cancelled)
      return refuse("only a cancelled purchase can be reopened");
    const int holding = undo_under_way(out_.purchase);
    // Taking a link back begins nothing.
    if (holding >= 0 && event_.rules >= 1 && !e.successor.is_zero())
      return refuse("step \"" + definition_.steps[static_cast<std::size_t>(holding)].name +
                    "\" may hold something still: its cancel is not over");
    out_.purchase.successor = e.successor;
  }

  void on(const Enlisted& e) {
    if (e.step >= out_.purchase.steps.size()) return refuse("there is no such step");
    if (out_.purchase.decision != Decision::none)
      return refuse("the purchase is decided; no branch can join it");
    const std::string empty;
    StepContext context(definition_, event_, out_, e.step,
                        {Cause::none, 0, DurationMs{0}, TimeMs{}, &empty, &empty, &e.result});
    if (out_.purchase.steps[e.step].state == StepState::tried) return note();
    if (!fire(context, StepTrigger::enlist, out_)) refuse("the step is not one that a client enlists");
  }

  void on(const Inquired&) {
    bool fired = false;
    for (std::size_t i = 0; i < out_.purchase.steps.size(); ++i) {
      StepContext context(definition_, event_, out_, static_cast<std::uint8_t>(i), {});
      if (fire(context, StepTrigger::inquire, out_)) fired = true;
    }
    if (!fired) refuse("nothing is in doubt or waits, nobody can be asked, or somebody was just now");
  }

  void on(const Held& e) {
    if (e.step >= out_.purchase.steps.size()) return refuse("there is no such step");
    StepContext context(definition_, event_, out_, e.step, {});
    if (!context.hold(e)) return refuse("the call is not due, or is not the one that is out");
    if (event_.rules >= 1 && context.past_help()) fire_step(e.step, StepTrigger::due, {});
  }

  void on(const Released& e) {
    if (e.step >= out_.purchase.steps.size()) return refuse("there is no such step");
    StepContext context(definition_, event_, out_, e.step, {});
    if (!context.release()) return refuse("nothing of the step is held, and it does not probe");
    fire_step(e.step, StepTrigger::due, {});
  }

  void on(const ClientDecided& e) {
    if (definition_.decided_by != DecidedBy::client) return refuse("the engine decides this purchase");
    if (out_.purchase.decision == e.decision) return note();
    if (out_.purchase.decision != Decision::none) return refuse("the purchase is decided otherwise");
    Progress progress(definition_, event_, out_);
    if (e.decision == Decision::cancel) return progress.cancel("cancelled_by_client", e.why, "");
    if (!progress.all_tried()) return refuse("not every try is in");
    if (progress.too_late())
      return refuse("the time to decide is over: the deadline has passed, or a hold expires");
    progress.commit();
  }

  void fire_step(std::size_t index, StepTrigger trigger, const Facts& facts) {
    StepContext context(definition_, event_, out_, static_cast<std::uint8_t>(index), facts);
    if (!fire(context, trigger, out_)) return note();
    if (context.try_failed() && failed_step_ < 0) failed_step_ = static_cast<int>(index);
  }

  void note() {
    if (out_.verdict == Verdict::applied) out_.verdict = Verdict::noted;
  }
  void refuse(std::string why) {
    out_.verdict = Verdict::refused;
    out_.refusal = std::move(why);
  }

  const Definition& definition_;
  const Event& event_;
  Advanced out_;
  int failed_step_ = -1;
};

}  // namespace

Advanced advance(const Definition& definition, Purchase purchase, const Event& event) {
  return Advance(definition, std::move(purchase), event).run();
}

std::vector<Effect> pending_effects(const Definition& definition, const Purchase& purchase) {
  SETTLE_CHECK(definition.steps.size() == purchase.steps.size());
  std::vector<Effect> effects;
  for (std::size_t i = 0; i < purchase.steps.size(); ++i) {
    const Step& step = purchase.steps[i];
    const auto index = static_cast<std::uint8_t>(i);
    if (step.in_flight)
      effects.push_back({Effect::Kind::call, index, step.operation, step.attempts_of(step.operation), {}});
    if (step.query_in_flight)
      effects.push_back(
          {Effect::Kind::call, index, Operation::query, step.attempts_of(Operation::query), {}});
  }
  return effects;
}

}  // namespace settle
