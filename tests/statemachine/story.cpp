#include <gtest/gtest.h>

#include "story.hpp"

#include "oracle.hpp"
#include "step_snapshot.hpp"

namespace settle::test {
namespace {

Cause cause_of(Operation op, Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
    case Outcome::accepted:
      return Cause::none;
    case Outcome::refused:
      return op == Operation::try_ ? Cause::business_refusal : Cause::contradiction;
    case Outcome::not_now:
      return Cause::throttled;
    case Outcome::unknown:
      return Cause::answer_timeout;
    case Outcome::fault:
      return Cause::bad_status;
  }
  return Cause::none;
}

}  // namespace

Definition plain_purchase() {
  Definition d = purchase_definition();
  for (StepDefinition& step : d.steps)
    for (OperationSpec& spec : step.operations) {
      spec.retry.jitter_percent = 0;
      spec.on.clear();
    }
  return d;
}

Definition plain_steps(std::size_t count, StepMode mode) {
  Definition d = plain_purchase();
  StepDefinition step = d.steps[0];
  step.mode = mode;
  if (mode == StepMode::enlisted) d.decided_by = DecidedBy::client;
  d.steps.assign(count, step);
  for (std::size_t i = 0; i < count; ++i) d.steps[i].name = std::string(1, static_cast<char>('a' + i));
  return d;
}

Story::Story(Definition d) : definition(std::move(d)) {
  const Status status = validate(definition);
  EXPECT_TRUE(status) << status.error().detail;
}

Verdict Story::happen(const Event& event) {
  last = advance(definition, purchase, event);
  EXPECT_EQ(broken(definition, purchase, event, last), "") << "at " << name_of(event) << "\n"
                                                           << snapshot(last.purchase);
  purchase = last.purchase;
  return last.verdict;
}

Verdict Story::submit(TimeMs deadline_at) {
  Submitted e;
  e.id.bytes.fill(7);
  e.definition = definition.name;
  e.definition_version = definition.version;
  e.order.order_id = "A-1";
  e.request_digest.fill(9);
  e.deadline_at = deadline_at;
  return happen({now, queryable, e});
}

Verdict Story::answer(std::uint8_t step, Operation op, Outcome outcome, DurationMs retry_after) {
  Answered e;
  e.step = step;
  e.operation = op;
  e.attempt = purchase.steps.at(step).attempts_of(op);
  e.outcome = outcome;
  e.cause = cause_of(op, outcome);
  e.retry_after = retry_after;
  if (e.cause != Cause::none) e.code = "because", e.detail = "of that";
  return happen({now, queryable, e});
}

Verdict Story::done(std::uint8_t step, Operation op, const std::string& result, TimeMs expires_at) {
  Answered e;
  e.step = step;
  e.operation = op;
  e.attempt = purchase.steps.at(step).attempts_of(op);
  e.outcome = Outcome::done;
  e.result = result;
  e.expires_at = expires_at;
  return happen({now, queryable, e});
}

Verdict Story::answer_to_attempt(std::uint16_t attempt, std::uint8_t step, Operation op, Outcome outcome) {
  Answered e;
  e.step = step;
  e.operation = op;
  e.attempt = attempt;
  e.outcome = outcome;
  e.cause = cause_of(op, outcome);
  return happen({now, queryable, e});
}

Verdict Story::told(std::uint8_t step, Operation op, Outcome outcome) {
  Told e;
  e.step = step;
  e.operation = op;
  e.outcome = outcome;
  e.result = R"({"told":true})";
  if (outcome == Outcome::refused) e.code = "told_no";
  return happen({now, queryable, e});
}

Verdict Story::says(std::uint8_t step, QueryState state) {
  QueryAnswered e;
  e.step = step;
  e.attempt = purchase.steps.at(step).attempts_of(Operation::query);
  e.says = state;
  e.result = state == QueryState::tried ? R"({"said":true})" : "";
  if (state == QueryState::no_answer) e.cause = Cause::answer_timeout;
  if (state == QueryState::refused) e.code = "said_no";
  return happen({now, queryable, e});
}

Verdict Story::due() {
  EXPECT_TRUE(wake()) << "nothing would ever wake this purchase";
  return due_at(now < wake() ? wake() : now);
}
Verdict Story::due_at(TimeMs at) {
  now = at;
  return happen({now, queryable, Due{}});
}
Verdict Story::resume() {
  return happen({now, queryable, Resumed{}});
}
Verdict Story::hold(std::uint8_t step, Operation op, DurationMs wait, bool counted) {
  Held e;
  e.step = step;
  e.operation = op;
  e.attempt = counted ? purchase.steps.at(step).attempts_of(op) : std::uint16_t{0};
  e.until = now + wait;
  return happen({now, queryable, e});
}
Verdict Story::release(std::uint8_t step) {
  return happen({now, queryable, Released{step}});
}
Verdict Story::ask_cancel() {
  return happen({now, queryable, CancelRequested{"ann", "wrong order"}});
}
Verdict Story::retry(int step) {
  return happen({now, queryable, RetryRequested{"ann", "fixed it", static_cast<std::int16_t>(step)}});
}
Verdict Story::resolve(std::uint8_t step, Resolution resolution) {
  return happen({now, queryable, ResolveRequested{"ann", "saw it", step, resolution}});
}
Verdict Story::reopen(PurchaseId successor) {
  return happen({now, queryable, Reopened{"ann", "again", successor}});
}
Verdict Story::enlist(std::uint8_t step) {
  return happen({now, queryable, Enlisted{step, R"({"branch":1})"}});
}
Verdict Story::inquire() {
  return happen({now, queryable, Inquired{}});
}

Verdict Story::decide(Decision decision) {
  return happen({now, queryable, ClientDecided{decision, "the client says so"}});
}

Story& Story::all_tried() {
  submit();
  for (const std::uint8_t step : {reserve, charge, issue}) done(step, try_, R"({"hold":1})");
  return *this;
}
Story& Story::all_confirmed() {
  all_tried();
  for (const std::uint8_t step : {reserve, charge, issue}) done(step, confirm);
  return *this;
}

std::string Story::calls() const {
  std::string text;
  for (const Effect& e : last.effects)
    if (e.kind == Effect::Kind::call)
      text += (text.empty() ? "" : " ") + definition.steps[e.step].name + "." + name_of(e.operation) + "#" +
              std::to_string(e.attempt);
  return text;
}
std::string Story::alerts() const {
  std::string text;
  for (const Effect& e : last.effects)
    if (e.kind == Effect::Kind::alert) text += (text.empty() ? "" : " ") + e.code;
  return text;
}
std::string Story::state() const {
  return name_of(purchase.state);
}
std::string Story::state_of(std::uint8_t step) const {
  return name_of(purchase.steps.at(step).state);
}
std::string Story::states() const {
  std::string text;
  for (const Step& s : purchase.steps) text += (text.empty() ? "" : " ") + std::string(name_of(s.state));
  return text;
}

}  // namespace settle::test
