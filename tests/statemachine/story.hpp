#pragma once
// One purchase told as a story: what happens to it, in order, and what it does then. The oracle listens to
// every event.

#include <gtest/gtest.h>

#include <string>

#include "settle/statemachine/advance.hpp"

namespace settle::test {

// The steps of the built-in purchase.
inline constexpr std::uint8_t reserve = 0, charge = 1, issue = 2, notify = 3;
inline constexpr auto try_ = Operation::try_, confirm = Operation::confirm, cancel = Operation::cancel,
                      deliver = Operation::deliver;

// As the built-in one, but with waits that are easy to reckon with: no jitter, and the same
// policy whatever goes wrong.
Definition plain_purchase();

// `count` steps of this mode called a, b, c ...; none waits for another.
Definition plain_steps(std::size_t count, StepMode mode);

class Story {
 public:
  explicit Story(Definition definition = plain_purchase());

  // What happens. Each returns the verdict; `calls`, `alerts` and `rows` then tell what came of it.
  Verdict submit(TimeMs deadline_at = {});
  Verdict answer(std::uint8_t step, Operation op, Outcome outcome, DurationMs retry_after = {});
  Verdict done(std::uint8_t step, Operation op, const std::string& result = "{}", TimeMs expires_at = {});
  Verdict answer_to_attempt(std::uint16_t attempt, std::uint8_t step, Operation op, Outcome outcome);
  Verdict told(std::uint8_t step, Operation op, Outcome outcome);
  Verdict says(std::uint8_t step, QueryState state);
  Verdict due();  // sleeps until the next wake-up
  Verdict due_at(TimeMs at);
  Verdict resume();
  // A call that was due did not leave: the one that was counted, or before it was.
  Verdict hold(std::uint8_t step, Operation op, DurationMs wait, bool counted = true);
  Verdict release(std::uint8_t step);
  Verdict ask_cancel();
  Verdict retry(int step = -1);
  Verdict resolve(std::uint8_t step, Resolution resolution = Resolution::done);
  Verdict inquire();
  Verdict reopen(PurchaseId successor);
  Verdict enlist(std::uint8_t step);
  Verdict decide(Decision decision);
  Verdict happen(const Event& event);

  // Shorthands for the way to a place in the story.
  Story& all_tried();      // the built-in purchase up to and including the last try
  Story& all_confirmed();  // ... and up to the delivery

  // What came of it.
  std::string calls() const;   // of the last event: "charge.try#1 issue.cancel#2", in order
  std::string alerts() const;  // of the last event: codes
  std::string state() const;   // "trying", ...
  std::string state_of(std::uint8_t step) const;
  std::string states() const;  // of all steps, in order
  const Step& step(std::uint8_t index) const { return purchase.steps.at(index); }
  TimeMs wake() const { return next_wake(definition, purchase); }
  bool asleep_with_a_person() const { return !wake() && needs_person(purchase); }

  Definition definition;
  Purchase purchase;
  Advanced last;
  TimeMs now{1'700'000'000'000};
  std::uint32_t queryable = 0;
};

}  // namespace settle::test
