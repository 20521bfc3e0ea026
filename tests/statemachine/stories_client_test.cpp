// decided_by: client. The client makes its tries itself, enlists each branch, and decides.

#include <gtest/gtest.h>

#include "step_snapshot.hpp"
#include "story.hpp"

namespace settle::test {
namespace {

Definition enlisting(std::size_t count) {
  Definition definition = plain_steps(count, StepMode::enlisted);
  StepDefinition last = plain_purchase().steps[notify];
  last.after = {0};
  definition.steps.push_back(last);
  return definition;
}

TEST(Client, NothingIsCalledBeforeItDecides) {
  Story story(enlisting(2));
  story.submit();
  EXPECT_EQ(story.calls(), "");
  EXPECT_EQ(story.states(), "idle idle idle");
  EXPECT_EQ(story.wake(), story.purchase.deadline_at) << "I17: but for the deadline";
  EXPECT_EQ(story.enlist(0), Verdict::applied);
  EXPECT_EQ(story.enlist(1), Verdict::applied);
  EXPECT_EQ(story.state(), "trying") << "the client decides, not the engine";
  EXPECT_EQ(story.step(0).try_result, R"({"branch":1})");
}

TEST(Client, I1_CommitConfirmsTheBranches) {
  Story story(enlisting(2));
  story.submit();
  story.enlist(0);
  story.enlist(1);
  EXPECT_EQ(story.decide(Decision::commit), Verdict::applied);
  EXPECT_EQ(story.calls(), "a.confirm#1 b.confirm#1");
  EXPECT_EQ(story.decide(Decision::commit), Verdict::noted) << "twice is once";
  EXPECT_EQ(story.decide(Decision::cancel), Verdict::refused) << "one decision";
  story.done(0, confirm);
  story.done(1, confirm);
  EXPECT_EQ(story.calls(), "notify.deliver#1");
}

TEST(Client, I6_CancelCancelsTheBranchesThatJoined) {
  Story story(enlisting(2));
  story.submit();
  story.enlist(1);
  EXPECT_EQ(story.decide(Decision::cancel), Verdict::applied);
  EXPECT_EQ(story.purchase.reason_code, "cancelled_by_client");
  EXPECT_EQ(story.calls(), "b.cancel#1");
  EXPECT_EQ(story.decide(Decision::cancel), Verdict::noted);
  EXPECT_EQ(story.decide(Decision::commit), Verdict::refused);
  story.done(1, cancel);
  EXPECT_EQ(story.state(), "cancelled");
}

TEST(Client, ABranchThatNeverJoinedIsNotWaitedFor) {
  Story story(enlisting(2));
  story.submit();
  story.enlist(1);
  story.decide(Decision::commit);
  EXPECT_EQ(story.calls(), "b.confirm#1");
  story.done(1, confirm);
  EXPECT_EQ(story.calls(), "notify.deliver#1") << "I16: its `after` names a, which never joined";
  story.done(2, deliver);
  EXPECT_EQ(story.state(), "completed");
}

TEST(Client, ABranchIsEnlistedOnceAndNotAfterTheDecision) {
  Story story(enlisting(2));
  story.submit();
  story.enlist(0);
  const std::string before = snapshot(story.purchase);
  EXPECT_EQ(story.enlist(0), Verdict::noted);
  EXPECT_EQ(snapshot(story.purchase), before);
  EXPECT_EQ(story.enlist(9), Verdict::refused);
  EXPECT_EQ(story.enlist(2), Verdict::refused) << "a delivery";
  story.decide(Decision::commit);
  EXPECT_EQ(story.enlist(1), Verdict::refused);
}

TEST(Client, DecidesOnlyWhatIsItsToDecideAndReady) {
  Story engines;
  engines.submit();
  EXPECT_EQ(engines.decide(Decision::commit), Verdict::refused);
  Definition mixed = enlisting(1);
  mixed.steps.push_back(plain_purchase().steps[reserve]);
  Story story(mixed);
  story.submit();
  EXPECT_EQ(story.calls(), "reserve.try#1") << "the engine makes its own tries";
  EXPECT_EQ(story.decide(Decision::commit), Verdict::refused) << "not every try is in";
  story.done(2, try_);
  EXPECT_EQ(story.decide(Decision::commit), Verdict::applied);
}

TEST(Client, I16_ACommitThatComesTooLateIsRefused) {
  Story story(enlisting(1));
  story.submit();
  story.enlist(0);
  story.now = story.purchase.deadline_at;
  EXPECT_EQ(story.decide(Decision::commit), Verdict::refused) << "even where the wake-up has not come yet";
  story.due();
  EXPECT_EQ(story.calls(), "a.cancel#1");
}

TEST(Client, AnOverdueCommitIsStillTheClientsWhileTheHoldsLast) {
  for (const bool expired : {false, true}) {
    Definition definition = enlisting(1);
    definition.on_deadline = OnDeadline::person;
    definition.steps.push_back(plain_purchase().steps[reserve]);
    Story story(definition);
    story.submit();
    const TimeMs deadline = story.purchase.deadline_at;
    story.done(2, try_, "{}", expired ? deadline + DurationMs{5'500} : TimeMs{});
    story.due_at(deadline);
    EXPECT_TRUE(story.purchase.overdue);
    story.now = deadline + DurationMs{1'000};
    EXPECT_EQ(story.decide(Decision::commit), expired ? Verdict::refused : Verdict::applied);
  }
}

TEST(Client, I16_SilenceOfTheClientEndsAtTheDeadline) {
  Story story(enlisting(1));
  story.submit();
  story.enlist(0);
  story.due();
  EXPECT_EQ(story.purchase.reason_code, "deadline_passed");
  EXPECT_EQ(story.calls(), "a.cancel#1");
}

}  // namespace
}  // namespace settle::test
