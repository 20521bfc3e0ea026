// Before the window of a delivery ends, somebody is told, thrice; at its end it is abandoned, and that is
// told too.

#include "story.hpp"

namespace settle::test {
namespace {

constexpr std::int64_t hour = 3'600'000;
constexpr DurationMs window{72 * hour};

// A delivery that failed once and is tried again so late that nothing else happens within the window.
Story undelivered(DurationMs wait = DurationMs{1'000 * hour}) {
  Story story;
  OperationSpec& spec = story.definition.steps[notify].spec(deliver);
  spec.retry = RetryPolicy{};
  spec.retry.kind = RetryKind::fixed;
  spec.retry.base = wait;
  spec.retry.jitter_percent = 0;
  spec.retry.attempts_max = 0;
  spec.retry.window = window;
  spec.probe = DurationMs{0};
  story.all_confirmed();
  return story;
}

TEST(Window, I16_WarningsRiseBeforeItEndsAndEachComesOnce) {
  Story story = undelivered();
  const TimeMs first = story.now;
  story.answer(notify, deliver, Outcome::unknown);
  ASSERT_EQ(story.state_of(notify), "parked") << "no attempt is left within the window";
  for (const auto& [hours, code] : {std::pair{36, "window_half"}, {54, "window_ending"}}) {
    EXPECT_EQ(story.wake(), first + DurationMs{hours * hour});
    story.due();
    EXPECT_EQ(story.alerts(), code);
    EXPECT_EQ(story.calls(), "");
    EXPECT_TRUE(story.last.transitions.empty()) << "nothing else happens because of it";
  }
  EXPECT_EQ(story.wake(), first + DurationMs{window.count * 95 / 100});
  story.due();
  EXPECT_EQ(story.alerts(), "window_last_chance");
  EXPECT_EQ(story.wake(), first + window);
  story.due();
  EXPECT_EQ(story.calls(), "notify.deliver#2") << "nobody has called for three days";
  EXPECT_TRUE(needs_person(story.purchase)) << "it stays on the list";
  story.answer(notify, deliver, Outcome::unknown);
  EXPECT_EQ(story.alerts(), "") << "a person knows";
  story.due();
  EXPECT_EQ(story.alerts(), "delivery_abandoned");
  EXPECT_EQ(story.state_of(notify), "abandoned");
  EXPECT_EQ(story.state(), "completed");
  EXPECT_FALSE(story.wake());
}

TEST(Window, I17_AWarningWakesOnlyToWarn) {
  Story story = undelivered(DurationMs{40 * hour});
  const TimeMs first = story.now;
  story.answer(notify, deliver, Outcome::unknown);
  story.due();
  EXPECT_EQ(story.now, first + DurationMs{36 * hour});
  EXPECT_EQ(story.alerts(), "window_half");
  EXPECT_EQ(story.calls(), "") << "the attempt keeps its own time";
  story.due();
  EXPECT_EQ(story.now, first + DurationMs{40 * hour});
  EXPECT_EQ(story.alerts(), "");
  EXPECT_EQ(story.calls(), "notify.deliver#2");
}

TEST(Window, WhatIsOutOrAwaitedIsWarnedOfToo) {
  Story story = undelivered();
  story.definition.steps[notify].await = DurationMs{1'000 * hour};
  story.answer(notify, deliver, Outcome::accepted);
  ASSERT_EQ(story.state_of(notify), "awaiting");
  story.due();
  EXPECT_EQ(story.alerts(), "window_half");
  EXPECT_EQ(story.state_of(notify), "awaiting");
}

TEST(Window, WarningsThatWereSleptThroughAreGivenTogetherInTheirOrder) {
  Story story = undelivered();
  const TimeMs first = story.now;
  story.answer(notify, deliver, Outcome::unknown);
  story.due_at(first + DurationMs{60 * hour});
  EXPECT_EQ(story.alerts(), "window_half window_ending");
  story.due_at(first + DurationMs{61 * hour});
  EXPECT_EQ(story.alerts(), "");
}

TEST(Window, NothingIsWarnedOfAfterItsEnd) {
  Story story = undelivered();
  const TimeMs first = story.now;
  story.answer(notify, deliver, Outcome::unknown);
  story.due_at(first + DurationMs{80 * hour});
  EXPECT_EQ(story.alerts(), "");
  EXPECT_EQ(story.calls(), "notify.deliver#2");
  story.answer(notify, deliver, Outcome::unknown);
  story.due();
  EXPECT_EQ(story.alerts(), "delivery_abandoned");
}

TEST(Window, ADeliveryThatComesThroughIsNotWarnedOf) {
  Story story = undelivered();
  story.done(notify, deliver);
  EXPECT_EQ(story.state(), "completed");
  EXPECT_FALSE(story.wake());
}

TEST(Window, APersonsRetryBeginsItAnew) {
  Story story = undelivered();
  story.answer(notify, deliver, Outcome::unknown);
  story.due();
  ASSERT_EQ(story.alerts(), "window_half");
  story.retry(notify);
  const TimeMs again = story.now;
  story.answer(notify, deliver, Outcome::unknown);
  EXPECT_EQ(story.wake(), again + DurationMs{36 * hour});
  story.due();
  EXPECT_EQ(story.alerts(), "window_half");
}

TEST(Window, ALongerWindowOfTheSamePolicyMovesTheNextWarning) {
  Story story = undelivered();
  const TimeMs first = story.now;
  story.answer(notify, deliver, Outcome::unknown);
  story.definition.steps[notify].spec(deliver).retry.window = DurationMs{2 * window.count};
  story.due();
  EXPECT_EQ(story.alerts(), "") << "what was half of the window is a quarter now";
  EXPECT_EQ(story.wake(), first + window);
  story.due();
  EXPECT_EQ(story.alerts(), "window_half");
}

TEST(Window, I16_WhatNeverLeftIsWarnedOfTooAndItsWindowBeginsWhenItDoes) {
  Story story = undelivered();
  const DurationMs days{1'000 * hour};
  story.hold(notify, deliver, days);  // its endpoint is left alone
  const TimeMs since = story.now;
  EXPECT_EQ(story.wake(), since + DurationMs{36 * hour});
  story.due();
  EXPECT_EQ(story.alerts(), "window_half");
  EXPECT_EQ(story.calls(), "");
  story.happen(Event{story.now, 0, Released{notify}, 0});
  EXPECT_EQ(story.calls(), "notify.deliver#1");
  const TimeMs first = story.now;
  story.answer(notify, deliver, Outcome::unknown);
  EXPECT_EQ(story.wake(), first + DurationMs{36 * hour}) << "a window from its first attempt on";
}

TEST(Window, I16_WhatIsHeldToItsEndIsGivenUpAndThatIsTold) {
  Story story = undelivered();
  story.hold(notify, deliver, DurationMs{1'000 * hour});
  std::string told;
  for (int i = 0; i < 3; ++i) {
    story.due();
    told += story.alerts() + " ";
  }
  EXPECT_EQ(told, "window_half window_ending window_last_chance ");
  for (int i = 0; i < 2; ++i) {  // at the end, and an hour later, when its gate has not opened
    story.now = story.wake();
    story.hold(notify, deliver, DurationMs{1'000 * hour}, false);
  }
  EXPECT_EQ(story.alerts(), "delivery_abandoned");
  EXPECT_EQ(story.state_of(notify), "abandoned");
}

TEST(Window, WithoutAWindowNobodyIsWarned) {
  Story story = undelivered();
  story.definition.steps[notify].spec(deliver).retry.window = DurationMs{0};
  story.answer(notify, deliver, Outcome::unknown);
  EXPECT_EQ(story.step(notify).warned, WindowWarnings{});
  EXPECT_EQ(story.wake(), story.now + DurationMs{1'000 * hour});
}

TEST(Window, WhatAPersonGivesUpIsNoNews) {
  Story story = undelivered();
  story.answer(notify, deliver, Outcome::unknown);
  story.resolve(notify, Resolution::abandoned);
  EXPECT_EQ(story.state_of(notify), "abandoned");
  EXPECT_EQ(story.alerts(), "");
}

TEST(Window, StepsThatHoldMoneyStockOrCardsAreNeverGivenUpNorWarnedOf) {
  Story story;
  for (StepDefinition& step : story.definition.steps) step.spec(confirm).retry.window = DurationMs{30'000};
  story.all_tried();
  story.answer(reserve, confirm, Outcome::fault);
  EXPECT_EQ(story.state_of(reserve), "parked");
  EXPECT_EQ(story.step(reserve).warned, WindowWarnings{});
}

}  // namespace
}  // namespace settle::test
