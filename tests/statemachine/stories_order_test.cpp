// The order of tries, confirms and undos over a graph of steps (I10).

#include <gtest/gtest.h>

#include "story.hpp"

namespace settle::test {
namespace {

//        ┌─▶ b ─┐
//   a ───┤      ├─▶ d
//        └─▶ c ─┘
Definition diamond(StepMode mode) {
  Definition definition = plain_steps(4, mode);
  definition.steps[1].after = {0};
  definition.steps[2].after = {0};
  definition.steps[3].after = {1, 2};
  return definition;
}

TEST(Order, IndependentTriesRunSideBySideAndAJoinWaitsForBoth) {
  Story story(diamond(StepMode::tcc));
  story.submit();
  EXPECT_EQ(story.calls(), "a.try#1");
  story.done(0, try_);
  EXPECT_EQ(story.calls(), "b.try#1 c.try#1");
  story.done(2, try_);
  EXPECT_EQ(story.calls(), "");
  story.done(1, try_);
  EXPECT_EQ(story.calls(), "d.try#1");
}

TEST(Order, I1_TheCommitWaitsForEveryTryInWhateverOrderTheyCome) {
  for (const std::uint8_t last : {0, 1, 2}) {
    Story story(plain_steps(3, StepMode::tcc));
    story.submit();
    for (const std::uint8_t step : {0, 1, 2})
      if (step != last) story.done(step, try_);
    EXPECT_EQ(story.state(), "trying");
    story.done(last, try_);
    EXPECT_EQ(story.calls(), "a.confirm#1 b.confirm#1 c.confirm#1");
  }
}

TEST(Order, I10_HoldsAreReleasedSideBySide) {
  Story story(diamond(StepMode::tcc));
  story.submit();
  for (const std::uint8_t step : {0, 1, 2}) story.done(step, try_);
  story.answer(3, try_, Outcome::fault);
  EXPECT_EQ(story.calls(), "a.cancel#1 b.cancel#1 c.cancel#1 d.cancel#1");
}

TEST(Order, I10_AnUndoWaitsForTheUndosOfWhatCameAfter) {
  Story story(diamond(StepMode::compensable));
  story.submit();
  for (const std::uint8_t step : {0, 1, 2}) story.done(step, try_);
  story.answer(3, try_, Outcome::fault);
  EXPECT_EQ(story.calls(), "d.cancel#1");
  story.done(3, cancel);
  EXPECT_EQ(story.calls(), "b.cancel#1 c.cancel#1") << "the branches side by side";
  story.done(1, cancel);
  EXPECT_EQ(story.calls(), "") << "a waits for both";
  story.done(2, cancel);
  EXPECT_EQ(story.calls(), "a.cancel#1");
  story.done(0, cancel);
  EXPECT_EQ(story.state(), "cancelled");
}

TEST(Order, I10_AnUndoThatHangsKeepsOnlyThoseBelowIt) {
  Definition definition = diamond(StepMode::compensable);
  definition.steps[2].after = {};  // c stands alone, under d only
  Story story(definition);
  story.submit();
  for (const std::uint8_t step : {0, 1, 2}) story.done(step, try_);
  story.answer(3, try_, Outcome::refused);
  EXPECT_EQ(story.calls(), "b.cancel#1 c.cancel#1");
  story.answer(1, cancel, Outcome::fault);
  EXPECT_EQ(story.state_of(1), "parked");
  story.done(2, cancel);
  EXPECT_EQ(story.states(), "tried parked cancelled rejected") << "a waits for b, c did not";
  EXPECT_TRUE(story.asleep_with_a_person());
  story.resolve(1);
  EXPECT_EQ(story.calls(), "a.cancel#1");
}

TEST(Order, I10_AMixedGraph) {
  Definition definition = diamond(StepMode::tcc);
  definition.steps[0].mode = StepMode::compensable;
  Story story(definition);
  story.submit();
  for (const std::uint8_t step : {0, 1, 2}) story.done(step, try_);
  story.ask_cancel();
  EXPECT_EQ(story.calls(), "b.cancel#1 c.cancel#1 d.cancel#1") << "holds at once, the undo after them";
  story.done(1, cancel);
  story.done(2, cancel);
  story.done(3, cancel);
  EXPECT_EQ(story.calls(), "a.cancel#1");
}

TEST(Order, I8_AnUndoableTryThatIsNotInIsCancelledAtOnce) {
  // b joins before a, which it names, has succeeded: nothing of b rests on a.
  Definition definition = plain_steps(2, StepMode::enlisted);
  definition.steps[0].mode = StepMode::compensable;
  definition.steps[1].after = {0};
  Story story(definition);
  story.submit();
  EXPECT_EQ(story.calls(), "a.try#1");
  story.enlist(1);
  story.answer(0, try_, Outcome::not_now);
  story.decide(Decision::cancel);
  EXPECT_EQ(story.calls(), "a.cancel#1 b.cancel#1") << "not tried once more while b is undone";
}

TEST(Order, ConfirmsWaitForTheirOwnGraph) {
  Definition definition = plain_steps(3, StepMode::tcc);
  definition.steps[0].confirm_after = {1, 2};
  definition.steps[1].confirm_after = {2};
  Story story(definition);
  story.submit();
  EXPECT_EQ(story.calls(), "a.try#1 b.try#1 c.try#1");
  for (const std::uint8_t step : {0, 1, 2}) story.done(step, try_);
  EXPECT_EQ(story.calls(), "c.confirm#1");
  story.done(2, confirm);
  EXPECT_EQ(story.calls(), "b.confirm#1");
  story.done(1, confirm);
  EXPECT_EQ(story.calls(), "a.confirm#1");
}

TEST(Order, DeliveriesWaitForDeliveries) {
  Definition definition = plain_purchase();
  definition.steps.push_back(definition.steps[notify]);
  definition.steps.back().name = "tell";
  definition.steps.back().after = {notify};
  Story story(definition);
  story.all_confirmed();
  EXPECT_EQ(story.calls(), "notify.deliver#1");
  story.answer(notify, deliver, Outcome::fault);
  story.resolve(notify, Resolution::abandoned);
  EXPECT_EQ(story.calls(), "tell.deliver#1") << "one that was given up keeps nobody";
  story.done(4, deliver);
  EXPECT_EQ(story.state(), "completed");
}

TEST(Order, I19_ADenseGraphIsUndoneWithoutWalkingEachOfItsWays) {
  Definition definition = plain_steps(steps_max, StepMode::compensable);
  for (std::size_t i = 0; i < steps_max; ++i) {
    definition.steps[i].name = "s" + std::to_string(i);
    for (std::size_t before = 0; before < i; ++before)
      definition.steps[i].after.push_back(static_cast<std::uint8_t>(before));
  }
  Story story(definition);
  story.submit();
  const std::uint8_t last = steps_max - 1;
  for (std::uint8_t step = 0; step < last; ++step)
    story.last = {}, story.purchase = advance(definition, story.purchase,
                                              [&] {
                                                Answered e;
                                                e.step = step;
                                                e.attempt = 1;
                                                e.outcome = Outcome::done;
                                                return Event{story.now, 0, e};
                                              }())
                                          .purchase;
  // Walked naively, the last undos would take 2^30 steps: the test would hang, not fail by a clock.
  story.purchase = advance(definition, story.purchase, {story.now, 0, CancelRequested{"ann", "no"}}).purchase;
  for (int step = last; step >= 0; --step) {
    Answered e;
    e.step = static_cast<std::uint8_t>(step);
    e.operation = cancel;
    e.attempt = 1;
    e.outcome = Outcome::done;
    ASSERT_EQ(story.state_of(e.step), "cancelling") << step;
    story.purchase = advance(definition, story.purchase, {story.now, 0, e}).purchase;
  }
  EXPECT_EQ(story.state(), "cancelled");
}

}  // namespace
}  // namespace settle::test
