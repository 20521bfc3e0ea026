// A try that is refused, or cannot be made: the purchase is cancelled, and what may have happened is released
// (I6).

#include <gtest/gtest.h>

#include "story.hpp"

namespace settle::test {
namespace {

// Tries all steps before `at`, in the built-in order.
void try_up_to(Story& story, std::uint8_t at) {
  story.submit();
  for (std::uint8_t step = 0; step < at; ++step) story.done(step, try_);
}

TEST(Refused, I6_I8_ARefusalAtEachStepCancelsTheOnesBefore) {
  const char* const cancels[] = {"", "reserve.cancel#1", "reserve.cancel#1 charge.cancel#1"};
  for (const std::uint8_t at : {reserve, charge, issue}) {
    Story story;
    try_up_to(story, at);
    story.answer(at, try_, Outcome::refused);
    EXPECT_EQ(story.state_of(at), "rejected");
    EXPECT_EQ(story.purchase.decision, Decision::cancel);
    EXPECT_EQ(story.purchase.reason_code, "because") << "the code reaches the buyer";
    EXPECT_EQ(story.purchase.reason_detail, "of that");
    EXPECT_EQ(story.purchase.reason_step, story.definition.steps[at].name);
    EXPECT_EQ(story.calls(), cancels[at]) << "its single attempt was refused: nothing is owed there";
    EXPECT_EQ(story.alerts(), "") << "a refusal is business, not trouble";
    for (std::uint8_t step = 0; step < at; ++step) story.done(step, cancel);
    EXPECT_EQ(story.state(), "cancelled");
    EXPECT_FALSE(story.wake());
  }
}

TEST(Refused, I6_ARefusalAfterASecondAttemptIsCancelledAllTheSame) {
  Story story;
  story.submit();
  story.answer(reserve, try_, Outcome::not_now);
  story.due();
  story.answer(reserve, try_, Outcome::refused);
  EXPECT_EQ(story.calls(), "reserve.cancel#1") << "the first attempt may have happened";
  EXPECT_EQ(story.state(), "cancelling");
  story.done(reserve, cancel);
  EXPECT_EQ(story.state(), "cancelled");
}

TEST(Refused, I6_ALateRefusalOfTheFirstAttemptCountsWhileTheSecondIsOut) {
  Story story;
  story.submit();
  story.answer(reserve, try_, Outcome::not_now);
  story.due();
  EXPECT_EQ(story.answer_to_attempt(1, reserve, try_, Outcome::refused), Verdict::applied);
  EXPECT_EQ(story.calls(), "reserve.cancel#1") << "the second may still arrive: it is fenced";
}

TEST(Refused, ATryThatIsAFaultCancelsWithAnAlert) {
  Story story;
  try_up_to(story, charge);
  story.answer(charge, try_, Outcome::fault);
  EXPECT_EQ(story.alerts(), "try_failed");
  EXPECT_EQ(story.calls(), "reserve.cancel#1 charge.cancel#1") << "I6: it may have happened";
}

TEST(Refused, I18_ATryOutOfAttemptsCancelsWithAnAlert) {
  Story story;
  story.submit();
  for (int attempt = 1; attempt < 6; ++attempt) {
    story.answer(reserve, try_, Outcome::not_now);
    EXPECT_EQ(story.state_of(reserve), "trying");
    story.due();
  }
  story.answer(reserve, try_, Outcome::not_now);
  EXPECT_EQ(story.step(reserve).attempts_of(try_), 6);
  EXPECT_EQ(story.alerts(), "try_failed");
  EXPECT_EQ(story.calls(), "reserve.cancel#1");
  EXPECT_EQ(story.purchase.reason_code, "because");
}

TEST(Refused, I18_ATryOutOfItsWindowCancels) {
  Definition definition = plain_purchase();
  definition.steps[reserve].spec(try_).retry.window = DurationMs{5'000};
  Story story(definition);
  story.submit();
  story.answer(reserve, try_, Outcome::not_now);
  story.due();  // 2 s after the first
  story.answer(reserve, try_, Outcome::not_now);
  EXPECT_EQ(story.state(), "cancelling") << "the next one would begin after 6 s";
}

TEST(Refused, I16_ACancelOutOfAttemptsIsParkedAndTheOthersGoOn) {
  Story story;
  try_up_to(story, issue);
  story.answer(issue, try_, Outcome::refused);
  for (int attempt = 1; attempt < 6; ++attempt) {
    story.answer(charge, cancel, Outcome::unknown);
    story.due_at(story.step(charge).wake_at);
  }
  story.answer(charge, cancel, Outcome::unknown);
  EXPECT_EQ(story.state_of(charge), "parked");
  EXPECT_EQ(story.alerts(), "parked");
  story.done(reserve, cancel);
  EXPECT_EQ(story.state_of(reserve), "cancelled") << "I19: one that hangs keeps nobody";
  EXPECT_EQ(story.state(), "cancelling") << "I6: not over while a hold may stand";
  EXPECT_TRUE(needs_person(story.purchase));
}

TEST(Refused, AFaultOrAContradictionOnCancelGoesToAPerson) {
  Story story;
  try_up_to(story, issue);
  story.answer(issue, try_, Outcome::refused);
  story.answer(charge, cancel, Outcome::fault);
  EXPECT_EQ(story.state_of(charge), "parked") << "repeating cannot help";
  story.answer(reserve, cancel, Outcome::refused);
  EXPECT_EQ(story.state_of(reserve), "cancelling") << "a contradiction is first repeated slowly";
  EXPECT_EQ(story.step(reserve).wake_at, story.now + DurationMs{60'000});
}

TEST(Refused, WhatAnAnswerSaysIsKeptShort) {
  Story story;
  story.submit();
  Answered e;
  e.attempt = 1;
  e.outcome = Outcome::refused;
  e.cause = Cause::business_refusal;
  for (int i = 0; i < 200; ++i) e.detail += "é";  // two bytes each; the cut falls between two of them
  story.happen({story.now, 0, e});
  EXPECT_EQ(story.step(reserve).error_detail.size(), error_detail_bytes_max);
  EXPECT_EQ(story.step(reserve).error_detail, e.detail.substr(0, error_detail_bytes_max));
}

TEST(Refused, ACutDoesNotSplitACharacter) {
  Story story;
  story.submit();
  Answered e;
  e.attempt = 1;
  e.outcome = Outcome::refused;
  e.detail = "x";
  for (int i = 0; i < 200; ++i) e.detail += "é";
  e.cause = Cause::business_refusal;
  story.happen({story.now, 0, e});
  EXPECT_EQ(story.step(reserve).error_detail.size(), error_detail_bytes_max - 1);
}

}  // namespace
}  // namespace settle::test
