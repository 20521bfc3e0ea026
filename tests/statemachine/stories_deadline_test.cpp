// The decision falls by the deadline, and a margin before the first hold expires; or a person is asked (I16).

#include <gtest/gtest.h>

#include "story.hpp"

namespace settle::test {
namespace {

Definition with_person() {
  Definition definition = plain_purchase();
  definition.on_deadline = OnDeadline::person;
  return definition;
}

TEST(Deadline, I16_CancelsWhatIsNotDecided) {
  Story story;
  story.submit();
  story.done(reserve, try_);
  story.answer(charge, try_, Outcome::accepted);
  story.due_at(story.purchase.deadline_at);
  EXPECT_EQ(story.purchase.reason_code, "deadline_passed");
  EXPECT_EQ(story.calls(), "reserve.cancel#1 charge.cancel#1");
}

TEST(Deadline, ThePurchasesOwnGoesBeforeTheDefinitions) {
  Story story;
  story.submit(story.now + DurationMs{1'500});
  EXPECT_EQ(story.wake(), story.now + DurationMs{1'500});
  story.due();
  EXPECT_EQ(story.state(), "cancelling");
}

TEST(Deadline, OneThatIsOverAtOnceTriesNothing) {
  Story story;
  story.submit(story.now - DurationMs{1});
  EXPECT_EQ(story.calls(), "");
  EXPECT_EQ(story.state(), "cancelled");
}

TEST(Deadline, I8_AnAttemptThatIsDueAtTheDeadlineDoesNotLeave) {
  Story story;
  story.submit(story.now + DurationMs{2'000});
  story.answer(reserve, try_, Outcome::not_now);
  EXPECT_EQ(story.step(reserve).wake_at, story.purchase.deadline_at);
  story.due();
  EXPECT_EQ(story.calls(), "reserve.cancel#1") << "not the try beside its own cancel";
}

TEST(Deadline, TheLastTryMustBeInBeforeIt) {
  Story story;
  story.submit();
  story.done(reserve, try_);
  story.done(charge, try_);
  story.now = story.purchase.deadline_at;
  story.done(issue, try_);
  EXPECT_EQ(story.purchase.decision, Decision::cancel);
  EXPECT_EQ(story.calls(), "reserve.cancel#1 charge.cancel#1 issue.cancel#1");
}

TEST(Deadline, TheDecisionFallsAMarginBeforeAHoldExpires) {
  Story story;
  story.submit();
  const TimeMs expires = story.now + DurationMs{60'000};
  story.done(reserve, try_, "{}", expires);
  EXPECT_EQ(story.wake(), expires - DurationMs{5'000});
  EXPECT_EQ(decision_due(story.definition, story.purchase), expires - DurationMs{5'000});
  story.due();
  EXPECT_EQ(story.state(), "cancelling");
  EXPECT_EQ(story.purchase.reason_code, "hold_expiring");
}

TEST(Deadline, ALastTryWithinTheMarginIsTooLate) {
  Story story;
  story.submit();
  const TimeMs expires = story.now + DurationMs{60'000};
  story.done(reserve, try_, "{}", expires);
  story.done(charge, try_);
  story.now = expires - DurationMs{5'000};
  story.done(issue, try_);
  EXPECT_EQ(story.purchase.decision, Decision::cancel);
}

TEST(Deadline, AHoldThatIsOverWhenItComesCancels) {
  Story story;
  story.submit();
  story.done(reserve, try_, "{}", story.now - DurationMs{1});
  EXPECT_EQ(story.purchase.reason_code, "hold_expiring");
  EXPECT_EQ(story.calls(), "reserve.cancel#1") << "it is cancelled all the same";
}

TEST(Deadline, NothingExpiresAfterTheDecision) {
  Story story;
  story.submit();
  story.done(reserve, try_, "{}", story.now + DurationMs{60'000});
  story.done(charge, try_);
  story.done(issue, try_);
  story.due_at(story.now + DurationMs{3'600'000});
  EXPECT_EQ(story.purchase.decision, Decision::commit);
  EXPECT_EQ(story.state(), "confirming");
}

TEST(Overdue, I16_APersonIsAskedAndNoTryLeaves) {
  Story story(with_person());
  story.submit();
  story.done(reserve, try_);
  story.answer(charge, try_, Outcome::not_now);
  story.due_at(story.purchase.deadline_at);
  EXPECT_TRUE(story.purchase.overdue);
  EXPECT_EQ(story.alerts(), "parked decision_overdue");
  EXPECT_EQ(story.calls(), "");
  EXPECT_EQ(story.states(), "tried parked idle idle");
  EXPECT_TRUE(story.asleep_with_a_person());
}

TEST(Overdue, ATryInEveryStateOfItIsParked) {
  Definition definition = plain_steps(3, StepMode::tcc);
  definition.on_deadline = OnDeadline::person;
  Story story(definition);
  story.queryable = 0b100;
  story.submit();
  story.answer(1, try_, Outcome::accepted);
  story.answer(2, try_, Outcome::unknown);
  story.due_at(story.purchase.deadline_at);
  EXPECT_EQ(story.states(), "parked parked parked");
  EXPECT_EQ(story.calls(), "");
  EXPECT_TRUE(pending_effects(story.definition, story.purchase).empty());
}

TEST(Overdue, LateTriesAreKeptButDoNotDecide) {
  Story story(with_person());
  story.submit();
  story.done(reserve, try_);
  story.done(charge, try_);
  story.due_at(story.purchase.deadline_at);
  EXPECT_EQ(story.answer(issue, try_, Outcome::done), Verdict::applied);
  EXPECT_EQ(story.states(), "tried tried tried idle");
  EXPECT_EQ(story.state(), "trying") << "a person decides";
  story.retry();
  EXPECT_EQ(story.purchase.decision, Decision::commit);
}

TEST(Overdue, APersonGivesItMoreTime) {
  Story story(with_person());
  story.submit();
  story.due_at(story.purchase.deadline_at);
  story.now = story.now + DurationMs{7'000'000};
  EXPECT_EQ(story.retry(), Verdict::applied);
  EXPECT_FALSE(story.purchase.overdue);
  EXPECT_EQ(story.purchase.deadline_at, story.now + story.definition.deadline);
  EXPECT_EQ(story.calls(), "reserve.try#2");
  story.done(reserve, try_);
  EXPECT_EQ(story.calls(), "charge.try#1");
}

TEST(Overdue, APersonCancelsIt) {
  Story story(with_person());
  story.submit();
  story.due_at(story.purchase.deadline_at);
  story.ask_cancel();
  EXPECT_EQ(story.calls(), "reserve.cancel#1");
  EXPECT_EQ(story.purchase.reason_code, "cancelled_by_request");
}

TEST(Overdue, ARefusalCancelsItWithoutAPerson) {
  Story story(with_person());
  story.submit();
  story.due_at(story.purchase.deadline_at);
  story.told(reserve, try_, Outcome::refused);
  EXPECT_EQ(story.state(), "cancelled");
}

TEST(Overdue, AnExpiringHoldLeavesNothingToRetry) {
  Story story(with_person());
  story.submit();
  story.done(reserve, try_, "{}", story.now + DurationMs{10'000});
  story.due();
  EXPECT_TRUE(story.purchase.overdue);
  story.retry();
  EXPECT_TRUE(story.purchase.overdue) << "more time does not help a hold that ends";
  EXPECT_EQ(story.calls(), "") << "so the try does not leave either";
  EXPECT_TRUE(story.asleep_with_a_person());
}

}  // namespace
}  // namespace settle::test
