// Paid, and no card yet: whoever looks makes a confirm that only waits be repeated at once (B1, C11). It
// stands beside the plan: numbered as any call (I18), and not charged.

#include <gtest/gtest.h>

#include "story.hpp"

namespace settle::test {
namespace {

constexpr DurationMs gap = inquiry_gap;

// Charged; the issue's confirm was put off once, and waits.
Story waiting(DurationMs retry_after = {}) {
  Story story;
  story.definition.steps[issue].spec(confirm).retry.waits = {DurationMs{60'000}};
  story.all_tried();
  story.done(reserve, confirm);
  story.done(charge, confirm);
  story.answer(issue, confirm, Outcome::not_now, retry_after);
  EXPECT_EQ(story.state_of(issue), "confirming");
  return story;
}

// Its attempts are used up: with a person, and tried slowly.
Story probing() {
  Story story = waiting();
  for (int i = 0; i < 20 && story.state_of(issue) == "confirming"; ++i) {
    story.due();
    story.answer(issue, confirm, Outcome::unknown);
  }
  EXPECT_TRUE(story.step(issue).probing);
  return story;
}

TEST(InquiredConfirm, B1_ALookRepeatsAConfirmThatOnlyWaits) {
  Story story = waiting();
  story.now = story.now + DurationMs{gap.count - 1};
  EXPECT_EQ(story.inquire(), Verdict::refused) << "it was called a moment ago";
  story.now = story.now + DurationMs{1};
  EXPECT_EQ(story.inquire(), Verdict::applied);
  EXPECT_EQ(story.calls(), "issue.confirm#2");
  EXPECT_EQ(story.inquire(), Verdict::refused) << "it is out";
  story.done(issue, confirm, R"({"cards":1})");
  EXPECT_EQ(story.step(issue).confirm_result, R"({"cards":1})");
  EXPECT_EQ(story.state(), "delivering");
}

TEST(InquiredConfirm, I18_HoweverOftenSomebodyLooksThePlanAndItsPatienceStay) {
  Story story = waiting();
  const TimeMs planned = story.step(issue).wake_at;
  int number = 1;
  for (const Outcome outcome : {Outcome::unknown, Outcome::not_now, Outcome::refused, Outcome::unknown,
                                Outcome::unknown, Outcome::unknown, Outcome::unknown, Outcome::unknown}) {
    story.now = story.now + gap;
    ASSERT_EQ(story.inquire(), Verdict::applied);
    EXPECT_EQ(story.calls(), "issue.confirm#" + std::to_string(++number)) << "each is counted";
    story.answer(issue, confirm, outcome);
    EXPECT_EQ(story.state_of(issue), "confirming");
    EXPECT_EQ(story.step(issue).wake_at, planned);
    EXPECT_EQ(story.calls(), "");
    EXPECT_EQ(story.alerts(), "");
  }
  EXPECT_EQ(story.step(issue).last_cause, Cause::answer_timeout) << "what came is shown";
  int planned_calls = 1;
  while (story.state_of(issue) == "confirming") {
    story.due();
    planned_calls += story.calls().empty() ? 0 : 1;
    story.answer(issue, confirm, Outcome::unknown);
    ASSERT_LT(planned_calls, 20);
  }
  EXPECT_EQ(planned_calls, 6) << "as many as without anybody who looks";
}

TEST(InquiredConfirm, WhatProbesIsRepeatedTooAndGoesBackToItsProbing) {
  Story story = probing();
  const Step before = story.step(issue);
  story.now = story.now + gap;
  ASSERT_EQ(story.inquire(), Verdict::applied);
  EXPECT_EQ(story.state_of(issue), "confirming");
  EXPECT_TRUE(needs_person(story.purchase)) << "as of any probe";
  story.answer(issue, confirm, Outcome::unknown);
  EXPECT_EQ(story.state_of(issue), "parked");
  EXPECT_EQ(story.alerts(), "") << "it was told";
  EXPECT_EQ(story.step(issue).wake_at, before.wake_at);
  EXPECT_EQ(story.step(issue).parked_at, before.parked_at);
  EXPECT_EQ(story.step(issue).row, before.row) << "the next probe comes no later for it";
  story.now = story.now + gap;
  story.inquire();
  story.done(issue, confirm);
  EXPECT_EQ(story.state_of(issue), "confirmed");
  EXPECT_FALSE(needs_person(story.purchase));
}

TEST(InquiredConfirm, AFaultParksItAsEver) {
  Story story = waiting();
  story.now = story.now + gap;
  story.inquire();
  story.answer(issue, confirm, Outcome::fault);
  EXPECT_EQ(story.state_of(issue), "parked");
  EXPECT_EQ(story.alerts(), "parked");
  story.now = story.now + gap;
  EXPECT_EQ(story.inquire(), Verdict::refused) << "repeating it cannot help";
}

TEST(InquiredConfirm, I20_NotBeforeARetryAfterThatWasHonoured) {
  Story story = waiting(DurationMs{120'000});
  const TimeMs until = story.now + DurationMs{120'000};
  story.now = TimeMs{until.count - 1};
  EXPECT_EQ(story.inquire(), Verdict::refused);
  story = waiting();
  story.now = story.now + gap;
  story.inquire();
  story.answer(issue, confirm, Outcome::not_now, DurationMs{300'000});
  EXPECT_EQ(story.step(issue).wake_at, story.now + DurationMs{300'000}) << "the plan, too, has to wait then";
  story.now = story.now + DurationMs{299'999};
  EXPECT_EQ(story.inquire(), Verdict::refused);
}

// Found by the simulator, seed 660: a report without a Retry-After made the one before it forgotten.
TEST(InquiredConfirm, I20_AReportMeanwhileTakesNoPatienceBack) {
  Story story = waiting(DurationMs{120'000});
  const TimeMs until = story.now + DurationMs{120'000};
  story.told(issue, confirm, Outcome::refused);
  EXPECT_EQ(story.state_of(issue), "confirming");
  story.now = story.now + DurationMs{2 * gap.count};
  EXPECT_EQ(story.inquire(), Verdict::refused);
  EXPECT_EQ(story.step(issue).not_before, until);
}

TEST(InquiredConfirm, I20_NeitherIsAQuestion) {
  Story story;
  story.queryable = 0xffffffff;
  story.submit();
  story.answer(reserve, try_, Outcome::unknown);
  story.due();
  QueryAnswered said;
  said.step = reserve;
  said.attempt = 1;
  said.says = QueryState::pending;
  said.retry_after = DurationMs{90'000};
  story.happen({story.now, story.queryable, said});
  story.now = story.now + DurationMs{89'999};
  EXPECT_EQ(story.inquire(), Verdict::refused);
  story.now = story.now + DurationMs{1};
  EXPECT_EQ(story.inquire(), Verdict::applied);
}

TEST(InquiredConfirm, ARestartRepeatsItAsWhatItWas) {
  Story story = waiting();
  const TimeMs planned = story.step(issue).wake_at;
  story.now = story.now + gap;
  story.inquire();
  story.resume();
  EXPECT_EQ(story.calls(), "issue.confirm#3");
  story.answer(issue, confirm, Outcome::unknown);
  EXPECT_EQ(story.step(issue).wake_at, planned);
  story.due();
  EXPECT_EQ(story.calls(), "issue.confirm#4");
}

TEST(InquiredConfirm, WhatNeverComesBackIsLostAndThePlanStays) {
  Story story = waiting();
  story.now = story.now + gap;
  story.inquire();
  story.due();
  EXPECT_EQ(story.step(issue).last_cause, Cause::lost);
  EXPECT_FALSE(story.step(issue).in_flight);
  story.due();
  EXPECT_EQ(story.calls(), "issue.confirm#3");
}

TEST(InquiredConfirm, WhatAGateHoldsIsLeftToTheGate) {
  Story story = waiting();
  const TimeMs planned = story.step(issue).wake_at;
  story.now = story.now + gap;
  story.inquire();
  story.hold(issue, confirm, DurationMs{3'600'000});
  EXPECT_EQ(story.step(issue).attempts_of(confirm), 1) << "it never left";
  EXPECT_EQ(story.step(issue).wake_at, planned);
  story.now = planned;
  story.hold(issue, confirm, DurationMs{3'600'000}, false);
  story.now = story.now + gap;
  EXPECT_EQ(story.inquire(), Verdict::refused) << "it is due as it is";
  Story other = probing();
  other.now = other.now + gap;
  other.inquire();
  other.hold(issue, confirm, DurationMs{3'600'000});
  EXPECT_EQ(other.release(issue), Verdict::applied) << "the gate's opening wakes it";
}

TEST(InquiredConfirm, ATryThatOnlyWaitsAndACancelAreLeftAlone) {
  Story story;
  story.submit();
  story.answer(reserve, try_, Outcome::not_now);
  story.now = story.now + gap;
  EXPECT_EQ(story.inquire(), Verdict::refused);
  story.ask_cancel();
  story.answer(reserve, cancel, Outcome::not_now);
  story.now = story.now + gap;
  EXPECT_EQ(story.inquire(), Verdict::refused);
}

}  // namespace
}  // namespace settle::test
