// The way forward: reserve -> charge -> issue -> notify.

#include <gtest/gtest.h>

#include "story.hpp"

namespace settle::test {
namespace {

TEST(Forward, I3_EachTryWaitsForTheOneBefore) {
  Story story;
  EXPECT_EQ(story.submit(), Verdict::applied);
  EXPECT_EQ(story.calls(), "reserve.try#1");
  EXPECT_EQ(story.states(), "trying idle idle idle");
  story.done(reserve, try_, R"({"hold":"h-7"})");
  EXPECT_EQ(story.calls(), "charge.try#1");
  EXPECT_EQ(story.step(reserve).try_result, R"({"hold":"h-7"})") << "visible to later steps";
  story.done(charge, try_);
  EXPECT_EQ(story.calls(), "issue.try#1");
  EXPECT_EQ(story.state(), "trying");
}

TEST(Forward, I1_I12_TheLastTryDecidesAndCardsWaitForTheMoney) {
  Story story;
  story.all_tried();
  EXPECT_EQ(story.purchase.decision, Decision::commit);
  EXPECT_EQ(story.purchase.decided_at, story.now);
  EXPECT_EQ(story.calls(), "reserve.confirm#1 charge.confirm#1");
  EXPECT_EQ(story.states(), "confirming confirming tried idle");
  story.done(reserve, confirm);
  EXPECT_EQ(story.calls(), "") << "issue waits for charge, not for reserve";
  story.done(charge, confirm);
  EXPECT_EQ(story.calls(), "issue.confirm#1");
  story.done(issue, confirm, R"({"cards":["sealed"]})");
  EXPECT_EQ(story.step(issue).confirm_result, R"({"cards":["sealed"]})");
  EXPECT_EQ(story.state(), "delivering");
  EXPECT_EQ(story.purchase.confirmed_at, story.now);
  EXPECT_EQ(story.calls(), "notify.deliver#1");
  story.done(notify, deliver);
  EXPECT_EQ(story.state(), "completed");
  EXPECT_EQ(story.states(), "confirmed confirmed confirmed delivered");
  EXPECT_EQ(story.purchase.finished_at, story.now);
  EXPECT_FALSE(story.wake());
  EXPECT_TRUE(pending_effects(story.definition, story.purchase).empty());
}

TEST(Forward, APurchaseWithoutDeliveriesEndsWithItsConfirms) {
  Definition definition = plain_purchase();
  definition.steps.pop_back();
  Story story(definition);
  story.all_confirmed();
  EXPECT_EQ(story.state(), "completed");
  EXPECT_EQ(story.purchase.confirmed_at, story.purchase.finished_at);
}

TEST(Forward, ACompensableStepGetsNoConfirm) {
  Definition definition = plain_purchase();
  definition.steps[charge].mode = StepMode::compensable;
  Story story(definition);
  story.all_tried();
  EXPECT_EQ(story.calls(), "reserve.confirm#1 issue.confirm#1")
      << "its do is final; who waited for its confirm may go";
  EXPECT_EQ(story.state_of(charge), "confirmed");
}

TEST(Forward, WhatWasSubmittedIsKept) {
  Story story;
  story.submit();
  const Purchase& p = story.purchase;
  EXPECT_EQ(p.definition, "purchase");
  EXPECT_EQ(p.definition_version, 1U);
  EXPECT_EQ(p.order.order_id, "A-1");
  EXPECT_EQ(p.request_digest[31], 9);
  EXPECT_EQ(p.submitted_at, story.now);
  EXPECT_EQ(p.deadline_at, story.now + story.definition.deadline);
  EXPECT_EQ(p.revision, 1U);
}

TEST(Forward, I18_AnAttemptIsCountedAndLeasedBeforeItLeaves) {
  Story story;
  story.submit();
  const Step& step = story.step(reserve);
  EXPECT_TRUE(step.in_flight);
  EXPECT_EQ(step.attempts_of(try_), 1);
  EXPECT_EQ(step.wake_at, story.now + DurationMs{5'000 + 60'000});
  const std::vector<Effect> pending = pending_effects(story.definition, story.purchase);
  ASSERT_EQ(pending.size(), 1U);
  EXPECT_EQ(pending[0].operation, try_);
  EXPECT_EQ(pending[0].attempt, 1);
}

TEST(Forward, I21_AReplayGivesTheSameTransitions) {
  Story first, second;
  first.all_confirmed().done(notify, deliver);
  second.all_confirmed().done(notify, deliver);
  EXPECT_EQ(first.last.transitions, second.last.transitions);
  EXPECT_EQ(first.purchase.revision, second.purchase.revision);
}

TEST(Forward, I10_AConfirmIsRepeatedAndThenParkedButNeverUndone) {
  for (const Outcome trouble : {Outcome::unknown, Outcome::not_now, Outcome::refused}) {
    Story story;
    story.all_tried();
    for (int attempt = 1; attempt < 6; ++attempt) {
      story.answer(charge, confirm, trouble);
      EXPECT_EQ(story.state_of(charge), "confirming");
      EXPECT_EQ(story.calls(), "");
      story.due_at(story.step(charge).wake_at);
      EXPECT_NE(story.calls().find("charge.confirm#" + std::to_string(attempt + 1)), std::string::npos)
          << story.calls();
    }
    story.answer(charge, confirm, trouble);
    EXPECT_EQ(story.state_of(charge), "parked") << "six attempts are the cap";
    EXPECT_EQ(story.alerts(), "parked");
    EXPECT_EQ(story.state_of(issue), "tried") << "no card before the money";
    EXPECT_EQ(story.state(), "confirming");
  }
}

TEST(Forward, I20_AContradictionIsRepeatedSlowly) {
  Story story;
  story.all_tried();
  story.answer(reserve, confirm, Outcome::refused);
  EXPECT_EQ(story.step(reserve).wake_at, story.now + DurationMs{60'000})
      << "the policy's longest wait at once";
  EXPECT_EQ(story.step(reserve).last_cause, Cause::contradiction);
  story.answer(charge, confirm, Outcome::unknown);
  EXPECT_EQ(story.step(charge).wake_at, story.now + DurationMs{1'000})
      << "trouble on the way is repeated soon";
}

TEST(Forward, I20_AContradictionToldWhenToComeAgainComesThen) {
  Story story;
  story.all_tried();
  story.answer(reserve, confirm, Outcome::refused, DurationMs{90'000});
  EXPECT_EQ(story.step(reserve).wake_at, story.now + DurationMs{90'000});
}

TEST(Forward, I20_AContradictionsLongWaitDoesNotLeaveTheWindow) {
  Story story;
  for (StepDefinition& step : story.definition.steps)
    step.spec(confirm).retry.window = DurationMs{30'000};  // the longest wait is a minute
  story.all_tried();
  story.answer(reserve, confirm, Outcome::refused);
  EXPECT_EQ(story.state_of(reserve), "parked");
}

TEST(Forward, AFaultOnConfirmIsParkedAtOnce) {
  Story story;
  story.all_tried();
  story.answer(reserve, confirm, Outcome::fault);
  EXPECT_EQ(story.state_of(reserve), "parked");
  EXPECT_EQ(story.step(reserve).parked_from, StepState::confirming);
  story.done(charge, confirm);
  EXPECT_EQ(story.calls(), "issue.confirm#1") << "I19: the others go on";
  story.done(issue, confirm);
  EXPECT_EQ(story.state(), "confirming");
  EXPECT_TRUE(story.asleep_with_a_person());
}

TEST(Forward, I16_ADeliveryIsParkedAfterItsAttemptsAndAbandonedAfterItsWindow) {
  Story story;
  story.all_confirmed();
  const TimeMs first = story.now;
  for (int attempt = 1; attempt < 5; ++attempt) {
    story.answer(notify, deliver, Outcome::unknown);
    story.due();
    EXPECT_EQ(story.calls(), "notify.deliver#" + std::to_string(attempt + 1));
  }
  story.answer(notify, deliver, Outcome::unknown);
  EXPECT_EQ(story.state_of(notify), "parked");
  EXPECT_EQ(story.alerts(), "parked") << "ahead of the 72 hours";
  for (int probes = 0; story.state_of(notify) == "parked"; ++probes) {
    ASSERT_LT(probes, 1'000);
    EXPECT_LE(story.wake(), first + DurationMs{72LL * 3'600'000});
    EXPECT_TRUE(needs_person(story.purchase));
    story.due();
    if (story.state_of(notify) == "parked") {
      EXPECT_EQ(story.alerts().rfind("window_", 0), 0U) << "woken to warn";
      continue;
    }
    if (story.state_of(notify) != "delivering") break;
    EXPECT_TRUE(needs_person(story.purchase)) << "while it is tried again, too";
    story.answer(notify, deliver, Outcome::unknown);
    EXPECT_EQ(story.alerts(), "") << "one alert is enough";
  }
  EXPECT_EQ(story.state_of(notify), "abandoned");
  EXPECT_EQ(story.now, first + DurationMs{72LL * 3'600'000});
  EXPECT_EQ(story.state(), "completed") << "completed, not notified";
}

TEST(Forward, I20_ARetryAfterIsHonouredWithinBounds) {
  Story story;
  story.submit();
  story.answer(reserve, try_, Outcome::not_now, DurationMs{30'000});
  EXPECT_EQ(story.wake(), story.now + DurationMs{30'000});
  story.due();
  EXPECT_EQ(story.calls(), "reserve.try#2") << "the same key, the next attempt";
  story.answer(reserve, try_, Outcome::not_now, DurationMs{1'000});
  EXPECT_EQ(story.wake(), story.now + DurationMs{4'000}) << "never sooner than the policy";
}

}  // namespace
}  // namespace settle::test
