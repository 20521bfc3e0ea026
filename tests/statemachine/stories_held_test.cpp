// Calls that do not leave, since their endpoint is left alone, or enough of them are out: nothing is charged
// to the attempts, nothing is forgotten, and what delays them ends by being told so or by time.

#include <gtest/gtest.h>

#include "story.hpp"

namespace settle::test {
namespace {

constexpr DurationMs hour{3'600'000};
constexpr auto query = Operation::query;

TEST(Held, I18_ACallThatNeverLeftIsNotCounted) {
  Story story;
  story.submit();
  EXPECT_EQ(story.calls(), "reserve.try#1");
  EXPECT_EQ(story.hold(reserve, try_, hour), Verdict::applied);
  EXPECT_EQ(story.step(reserve).attempts_of(try_), 0);
  EXPECT_FALSE(story.step(reserve).first_attempt_at[0]) << "its window has not begun";
  EXPECT_EQ(story.step(reserve).wake_at, story.now + hour);
  story.release(reserve);
  EXPECT_EQ(story.calls(), "reserve.try#1") << "the first that leaves is the first";
}

TEST(Held, I18_AnOutageOfDaysUsesUpNoAttempt) {
  Story story;
  story.all_tried();
  story.done(reserve, confirm);
  for (int i = 0; i < 100; ++i) {
    story.hold(charge, confirm, hour);
    story.due_at(story.step(charge).wake_at);
    EXPECT_EQ(story.calls(), "charge.confirm#1");
  }
  story.done(charge, confirm);
  EXPECT_EQ(story.state_of(charge), "confirmed");
  EXPECT_FALSE(story.step(charge).held_since);
}

TEST(Held, WhatIsDueIsPutOffBeforeItIsCounted) {
  Story story;
  story.all_tried();
  story.answer(charge, confirm, Outcome::not_now);
  EXPECT_EQ(story.hold(charge, confirm, hour, false), Verdict::refused) << "it is not due yet";
  story.now = story.step(charge).wake_at;
  EXPECT_EQ(story.hold(charge, confirm, hour, false), Verdict::applied);
  EXPECT_EQ(story.step(charge).attempts_of(confirm), 1);
  EXPECT_EQ(story.step(charge).held_since, story.now);
  story.release(charge);
  EXPECT_EQ(story.calls(), "charge.confirm#2");
}

TEST(Held, SinceWhenStaysWhileItIsHeldAgain) {
  Story story;
  story.all_tried();
  story.hold(charge, confirm, hour);
  const TimeMs since = story.step(charge).held_since;
  story.now = story.step(charge).wake_at;
  story.hold(charge, confirm, hour, false);
  EXPECT_EQ(story.step(charge).held_since, since);
}

TEST(Held, I16_TheDeadlineFallsAllTheSame) {
  Story story;
  story.submit();
  story.hold(reserve, try_, DurationMs{48 * hour.count});
  EXPECT_EQ(story.wake(), story.purchase.deadline_at);
  story.due();
  EXPECT_EQ(story.state(), "cancelling");
  EXPECT_EQ(story.calls(), "reserve.cancel#1");
}

TEST(Held, ADeliveryThatCouldNeverLeaveIsGivenUpAnHourAfterItsWindow) {
  Story story;
  story.all_confirmed();
  const DurationMs window = story.definition.steps[notify].spec(deliver).retry.window;
  ASSERT_GT(window.count, 0);
  const TimeMs since = story.now;
  story.hold(notify, deliver, hour);
  while (story.state_of(notify) == "delivering") {
    story.now = story.step(notify).wake_at;
    ASSERT_LE(story.now, since + window + held_alone);
    ASSERT_EQ(story.hold(notify, deliver, hour, false), Verdict::applied);
  }
  EXPECT_EQ(story.state_of(notify), "abandoned");
  EXPECT_EQ(story.state(), "completed");
}

TEST(Held, I16_WhatIsHeldForLongIsWithAPersonToo) {
  Story story;
  story.all_tried();
  story.done(reserve, confirm);
  story.hold(charge, confirm, hour);
  EXPECT_FALSE(needs_person(story.purchase)) << "a short outage is nobody's business";
  EXPECT_EQ(story.resolve(charge), Verdict::refused);
  story.now = story.step(charge).wake_at;
  story.hold(charge, confirm, hour, false);
  EXPECT_TRUE(needs_person(story.purchase));
  EXPECT_EQ(story.alerts(), "held");
  story.now = story.step(charge).wake_at;
  story.hold(charge, confirm, hour, false);
  EXPECT_EQ(story.alerts(), "") << "it was told once";
  EXPECT_EQ(story.resolve(charge), Verdict::applied);
  EXPECT_EQ(story.state_of(charge), "confirmed");
  EXPECT_FALSE(needs_person(story.purchase));
}

TEST(Held, AProbeIsMadeAtOnceWhenItsEndpointIsBack) {
  Story story;
  story.all_tried();
  while (story.state_of(charge) == "confirming") {
    story.answer(charge, confirm, Outcome::unknown);
    if (story.state_of(charge) == "confirming") story.due_at(story.step(charge).wake_at);
  }
  ASSERT_EQ(story.state_of(charge), "parked");
  story.now = story.now + DurationMs{1'000};
  EXPECT_EQ(story.release(charge), Verdict::applied);
  story.done(charge, confirm);
  EXPECT_EQ(story.state_of(charge), "confirmed");
}

TEST(Held, NothingIsReleasedThatWaitsByItsPolicy) {
  Story story;
  story.all_tried();
  story.answer(charge, confirm, Outcome::not_now);
  EXPECT_EQ(story.release(charge), Verdict::refused);
  story.due_at(story.step(charge).wake_at);
  EXPECT_EQ(story.release(charge), Verdict::refused) << "its call is out";
}

TEST(Held, AStrangersNumberTakesNothingBack) {
  Story story;
  story.all_tried();
  story.answer(charge, confirm, Outcome::not_now);
  story.due_at(story.step(charge).wake_at);
  Held e;
  e.step = charge;
  e.operation = confirm;
  e.attempt = 1;
  e.until = story.now + hour;
  EXPECT_EQ(story.happen({story.now, 0, e}), Verdict::refused);
  EXPECT_EQ(story.step(charge).attempts_of(confirm), 2);
}

TEST(Held, AnInquiryBesideAHeldQuestionLeavesItHeld) {
  Story story;
  story.queryable = 0xffffffff;
  story.submit();
  story.answer(reserve, try_, Outcome::unknown);
  ASSERT_EQ(story.state_of(reserve), "in_doubt");
  story.due_at(story.step(reserve).wake_at);
  story.hold(reserve, query, hour);
  const Step held = story.step(reserve);
  story.now = story.now + DurationMs{10'000};
  story.inquire();
  EXPECT_TRUE(story.step(reserve).query_in_flight);
  story.hold(reserve, query, hour);
  EXPECT_EQ(story.step(reserve).held_since, held.held_since);
  EXPECT_EQ(story.step(reserve).wake_at, held.wake_at);
  EXPECT_FALSE(story.step(reserve).query_in_flight);
}

TEST(Held, A14_WaitsOfDeliveriesStretchWithTheLoadThatTheEventTells) {
  const auto wait = [](std::uint32_t stretch) {
    Story story;
    story.all_confirmed();
    // The first resend keeps its time (A5); it is the second that gives way.
    story.answer(notify, deliver, Outcome::unknown);
    story.due();
    Answered e;
    e.step = notify;
    e.operation = deliver;
    e.attempt = 2;
    e.outcome = Outcome::unknown;
    e.cause = Cause::answer_timeout;
    Event event{story.now, 0, e};
    event.stretch_percent = stretch;
    story.happen(event);
    return story.step(notify).wake_at - story.now;
  };
  EXPECT_EQ(wait(300).count, 3 * wait(0).count);
  EXPECT_EQ(wait(100), wait(0));
}

}  // namespace
}  // namespace settle::test
