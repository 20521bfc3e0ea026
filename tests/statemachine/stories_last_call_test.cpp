// A delivery is given up only after a call near the end of its window: who slept over that, or was stopped,
// or whose clock was set ahead, makes one more call first. And it does end (I16).

#include <gtest/gtest.h>

#include "story.hpp"

namespace settle::test {
namespace {

constexpr std::int64_t hour = 3'600'000;
constexpr DurationMs window{72 * hour};

// Told, and not heard; with a window of 72 hours and waits of `wait`.
Story undelivered(DurationMs wait = DurationMs{hour}) {
  Story story;
  RetryPolicy& policy = story.definition.steps[notify].spec(deliver).retry;
  policy = RetryPolicy{};
  policy.kind = RetryKind::fixed;
  policy.base = wait;
  policy.jitter_percent = 0;
  policy.attempts_max = 3;
  policy.window = window;
  story.all_confirmed();
  story.answer(notify, deliver, Outcome::unknown);
  return story;
}

Story probing() {
  Story story = undelivered();
  for (int i = 0; i < 20 && story.state_of(notify) == "delivering"; ++i) {
    story.due();
    story.answer(notify, deliver, Outcome::unknown);
  }
  EXPECT_TRUE(story.step(notify).probing);
  return story;
}

TEST(LastCall, I16_WhoSleptOverTheEndCallsOnceMore) {
  Story story = probing();
  story.due_at(story.now + DurationMs{200 * hour});
  EXPECT_EQ(story.calls().rfind("notify.deliver#", 0), 0U) << "nothing was tried for long";
  story.done(notify, deliver);
  EXPECT_EQ(story.state_of(notify), "delivered");
  EXPECT_EQ(story.state(), "completed");
}

TEST(LastCall, I16_ItsFailureEndsIt) {
  for (const Outcome outcome : {Outcome::unknown, Outcome::not_now, Outcome::refused, Outcome::fault}) {
    Story story = probing();
    story.due_at(story.now + DurationMs{200 * hour});
    story.answer(notify, deliver, outcome);
    if (story.state_of(notify) != "abandoned") story.due();
    EXPECT_EQ(story.state_of(notify), "abandoned") << name_of(outcome);
    EXPECT_EQ(story.alerts(), "delivery_abandoned");
    EXPECT_EQ(story.state(), "completed");
    EXPECT_FALSE(story.wake());
  }
}

TEST(LastCall, SoDoesItsLossAndARestart) {
  for (const bool restarts : {false, true}) {
    Story story = probing();
    story.due_at(story.now + DurationMs{200 * hour});
    restarts ? story.resume() : story.due();
    for (int i = 0; i < 3 && story.state() != "completed"; ++i) story.due();
    EXPECT_EQ(story.state_of(notify), "abandoned");
  }
}

TEST(LastCall, WhatWasTriedNearTheEndIsGivenUpWithoutAnother) {
  Story story = probing();
  const TimeMs end = story.step(notify).first_attempt_at[3] + window;
  story.due_at(TimeMs{end.count - hour});
  ASSERT_NE(story.calls(), "");
  for (int i = 0; i < 20 && story.state_of(notify) != "abandoned"; ++i) {
    if (!story.calls().empty()) story.answer(notify, deliver, Outcome::unknown);
    story.due();
  }
  EXPECT_EQ(story.now, end);
  EXPECT_EQ(story.calls(), "");
  EXPECT_EQ(story.state_of(notify), "abandoned");
}

TEST(LastCall, WhatAFaultParkedIsCalledOnceMoreToo) {
  Story story;
  story.all_confirmed();
  story.answer(notify, deliver, Outcome::fault);
  ASSERT_FALSE(story.step(notify).probing);
  for (int i = 0; i < 5 && story.calls().empty(); ++i) story.due();
  EXPECT_EQ(story.calls(), "notify.deliver#2") << "its address may be right by now";
  story.answer(notify, deliver, Outcome::fault);
  if (story.state() != "completed") story.due();
  EXPECT_EQ(story.state_of(notify), "abandoned");
}

// Held when the daemon stopped, and no gate shuts it any more.
TEST(LastCall, WhatWasHeldWhenItStoppedLeavesAfterwards) {
  Story story = undelivered();
  story.now = story.step(notify).wake_at;
  story.hold(notify, deliver, DurationMs{hour}, false);
  story.due_at(story.now + DurationMs{200 * hour});
  EXPECT_EQ(story.calls(), "notify.deliver#2");
  story.done(notify, deliver);
  EXPECT_EQ(story.state_of(notify), "delivered");
}

// The gate is shut past the end: there is an hour for it to open, and it opens.
TEST(LastCall, WhatIsHeldPastTheEndHasAnHourMore) {
  Story story = undelivered();
  story.now = story.now + window;
  story.hold(notify, deliver, DurationMs{24 * hour}, false);
  EXPECT_EQ(story.state_of(notify), "delivering");
  EXPECT_EQ(story.step(notify).wake_at, story.now + held_alone);
  story.now = story.now + DurationMs{held_alone.count / 2};
  story.release(notify);
  EXPECT_EQ(story.calls(), "notify.deliver#2");
  story.hold(notify, deliver, DurationMs{24 * hour});
  EXPECT_EQ(story.step(notify).wake_at, story.now + DurationMs{held_alone.count / 2})
      << "held again, it has no more than that";
  story.now = story.step(notify).wake_at;
  story.hold(notify, deliver, DurationMs{24 * hour}, false);
  EXPECT_EQ(story.state_of(notify), "abandoned");
  EXPECT_EQ(story.alerts(), "delivery_abandoned");
  EXPECT_EQ(story.state(), "completed");
}

TEST(LastCall, A202DoesNotOutliveTheWindowByItsPatience) {
  Story story;
  story.definition.steps[notify].await = DurationMs{1'000 * hour};
  story.definition.steps[notify].spec(deliver).retry.window = window;
  story.all_confirmed();
  const TimeMs end = story.now + window;
  story.answer(notify, deliver, Outcome::accepted);
  EXPECT_EQ(story.step(notify).wake_at, end);
  for (int i = 0; i < 9 && story.calls().empty(); ++i) story.due();
  EXPECT_EQ(story.now, end) << "one more call, since the last is long ago";
  story.answer(notify, deliver, Outcome::accepted);
  EXPECT_EQ(story.step(notify).wake_at, story.now + held_alone) << "what is accepted then has an hour";
  for (int i = 0; i < 9 && story.state() != "completed"; ++i) story.due();
  EXPECT_EQ(story.state_of(notify), "abandoned");
  EXPECT_EQ(story.now, end + held_alone);
}

TEST(LastCall, A202IsAwaitedNoLongerThanItsPatience) {
  Story story;
  story.all_confirmed();
  story.answer(notify, deliver, Outcome::accepted);
  EXPECT_EQ(story.step(notify).wake_at, story.now + story.definition.steps[notify].await);
}

TEST(LastCall, I27_WhatWasWrittenBeforeReplaysAsItWas) {
  Story story = probing();
  story.now = story.now + DurationMs{200 * hour};
  Event event{story.now, 0, Due{}};
  event.rules = 0;
  story.happen(event);
  EXPECT_EQ(story.state_of(notify), "abandoned");
}

}  // namespace
}  // namespace settle::test
