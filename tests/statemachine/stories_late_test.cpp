// Answers to what is no longer under way, and every event twice.

#include <gtest/gtest.h>

#include "step_snapshot.hpp"
#include "story.hpp"

namespace settle::test {
namespace {

// reserve's answer is out when the purchase is cancelled.
Story cancelling(std::uint32_t queryable = 0) {
  Story story;
  story.queryable = queryable;
  story.submit();
  story.ask_cancel();
  EXPECT_EQ(story.calls(), "reserve.cancel#1");
  return story;
}
Story cancelled(std::uint32_t queryable = 0) {
  Story story = cancelling(queryable);
  story.done(reserve, cancel);
  EXPECT_EQ(story.state(), "cancelled");
  return story;
}

TEST(LateSuccess, I8_WhileCancellingTheCancelFencesIt) {
  Story story = cancelling();
  EXPECT_EQ(story.answer(reserve, try_, Outcome::done), Verdict::noted);
  EXPECT_EQ(story.state_of(reserve), "cancelling");
  EXPECT_EQ(story.calls(), "");
  story.done(reserve, cancel);
  EXPECT_EQ(story.state(), "cancelled");
}

TEST(LateSuccess, I8_I14_AfterTheCancelItIsQueriedAndGoesToAPersonIfItHolds) {
  Story story = cancelled(1);
  EXPECT_EQ(story.told(reserve, try_, Outcome::done), Verdict::contradiction);
  EXPECT_EQ(story.alerts(), "contradiction");
  EXPECT_EQ(story.calls(), "reserve.query#1");
  EXPECT_EQ(story.state(), "cancelled") << "for ever";
  story.says(reserve, QueryState::tried);
  EXPECT_EQ(story.state_of(reserve), "parked");
  EXPECT_EQ(story.state(), "cancelled");
  EXPECT_TRUE(needs_person(story.purchase));
  story.retry(reserve);
  EXPECT_EQ(story.calls(), "reserve.cancel#2") << "cancelled once more";
  story.done(reserve, cancel);
  EXPECT_EQ(story.state_of(reserve), "cancelled");
  EXPECT_FALSE(needs_person(story.purchase));
}

TEST(LateSuccess, I8_EachAnswerOfTheQuery) {
  const std::pair<QueryState, const char*> table[] = {
      {QueryState::tried, "parked"},       {QueryState::confirmed, "parked"},
      {QueryState::refused, "cancelled"},  {QueryState::cancelled, "cancelled"},
      {QueryState::unknown, "cancelled"},  {QueryState::pending, "cancelled"},
      {QueryState::no_answer, "cancelled"}};
  for (const auto& [says, state] : table) {
    SCOPED_TRACE(name_of(says));
    Story story = cancelled(1);
    story.told(reserve, try_, Outcome::done);
    story.says(reserve, says);
    EXPECT_EQ(story.state_of(reserve), state);
    const bool asks_again = says == QueryState::pending || says == QueryState::no_answer;
    EXPECT_EQ(bool(story.wake()), asks_again);
  }
}

TEST(LateSuccess, I16_AQueryThatNobodyAnswersEndsWithAPerson) {
  for (const bool restarts : {false, true}) {
    Story story = cancelled(1);
    story.told(reserve, try_, Outcome::done);
    int asked = 1;
    while (story.state_of(reserve) == "cancelled") {
      restarts ? story.resume() : story.due();
      asked += story.calls().empty() ? 0 : 1;
      ASSERT_LT(asked, 20) << "asked for ever";
    }
    EXPECT_EQ(asked, 6) << "with the patience of a cancel";
    EXPECT_EQ(story.state_of(reserve), "parked");
    EXPECT_EQ(story.alerts(), "parked");
  }
}

TEST(LateSuccess, I8_WithoutAQueryItGoesToAPersonAtOnce) {
  Story story = cancelled();
  EXPECT_EQ(story.told(reserve, try_, Outcome::done), Verdict::contradiction);
  EXPECT_EQ(story.state_of(reserve), "parked");
  EXPECT_EQ(story.told(reserve, cancel, Outcome::done), Verdict::applied)
      << "the cancel's own success is no answer to that";
  EXPECT_EQ(story.state_of(reserve), "parked");
  story.resolve(reserve);
  EXPECT_EQ(story.state_of(reserve), "cancelled");
}

TEST(LateSuccess, AQueryEndpointThatIsGoneLeavesItToAPerson) {
  Story story = cancelled(1);
  story.told(reserve, try_, Outcome::done);
  story.says(reserve, QueryState::pending);
  story.queryable = 0;
  story.due();
  EXPECT_EQ(story.state_of(reserve), "parked");
}

TEST(LateSuccess, I6_ARefusedTryThatSucceedsAfterAllIsCancelled) {
  Story story;
  story.submit();
  story.answer(reserve, try_, Outcome::refused);
  EXPECT_EQ(story.state(), "cancelled");
  EXPECT_EQ(story.told(reserve, try_, Outcome::done), Verdict::contradiction);
  EXPECT_EQ(story.calls(), "reserve.cancel#1");
  EXPECT_TRUE(story.step(reserve).try_intended) << "it did happen: it is owed an end";
  EXPECT_EQ(story.state(), "cancelled") << "I14";
  story.done(reserve, cancel);
  EXPECT_EQ(story.state_of(reserve), "cancelled");
  EXPECT_FALSE(story.wake());
}

// Its money may be held still: a second purchase would take it twice (I11).
TEST(LateSuccess, I14_WhatMayBeHeldStillIsNotReopened) {
  PurchaseId fresh;
  fresh.bytes.fill(3);
  Story story = cancelled(1);
  story.told(reserve, try_, Outcome::done);
  EXPECT_EQ(story.reopen(fresh), Verdict::refused) << "it is being asked about";
  story.says(reserve, QueryState::tried);
  ASSERT_EQ(story.state_of(reserve), "parked");
  EXPECT_EQ(story.reopen(fresh), Verdict::refused);
  EXPECT_NE(story.last.refusal.find("reserve"), std::string::npos) << story.last.refusal;
  story.retry(reserve);
  EXPECT_EQ(story.reopen(fresh), Verdict::refused) << "it is being cancelled";
  story.answer(reserve, cancel, Outcome::fault);
  story.resolve(reserve);
  EXPECT_EQ(story.reopen(fresh), Verdict::applied);
  EXPECT_EQ(story.purchase.successor, fresh);
  EXPECT_EQ(story.reopen(PurchaseId{}), Verdict::applied) << "a link is taken back whatever is held";
}

TEST(LateSuccess, I27_AReopenThatWasWrittenBeforeReplaysAsItWas) {
  PurchaseId fresh;
  fresh.bytes.fill(3);
  Story story = cancelled();
  story.told(reserve, try_, Outcome::done);
  Event event{story.now, 0, Reopened{"ann", "again", fresh}};
  event.rules = 0;
  EXPECT_EQ(story.happen(event), Verdict::applied);
}

TEST(LateSuccess, I13_WhatWasKnownBeforeTheCancelIsADuplicate) {
  Story story;
  story.submit();
  story.done(reserve, try_, R"({"hold":"h-1"})");
  story.ask_cancel();
  story.done(reserve, cancel);
  story.done(charge, cancel);
  ASSERT_EQ(story.state(), "cancelled");
  const std::string before = snapshot(story.purchase);
  EXPECT_EQ(story.told(reserve, try_, Outcome::done), Verdict::noted) << "it gets the answer that it got";
  EXPECT_EQ(story.alerts(), "");
  EXPECT_EQ(story.calls(), "");
  EXPECT_EQ(snapshot(story.purchase), before);
  EXPECT_EQ(story.told(charge, try_, Outcome::done), Verdict::contradiction) << "nobody knew of this one";
}

TEST(LateSuccess, OfAFinishedPurchaseChangesNothing) {
  Story story;
  story.all_confirmed().done(notify, deliver);
  const std::string before = snapshot(story.purchase);
  EXPECT_EQ(story.told(charge, try_, Outcome::done), Verdict::noted);
  EXPECT_EQ(snapshot(story.purchase), before);
}

TEST(Contradiction, I13_ALateRefusalOfWhatIsDoneIsAlertedAndChangesNothing) {
  Story story;
  story.all_confirmed().done(notify, deliver);
  const std::string before = snapshot(story.purchase);
  for (const auto& [step, op] : {std::pair{reserve, try_}, {charge, confirm}, {notify, deliver}}) {
    EXPECT_EQ(story.told(step, op, Outcome::refused), Verdict::contradiction) << name_of(op);
    EXPECT_EQ(story.alerts(), "contradiction");
    EXPECT_EQ(snapshot(story.purchase), before);
  }
  EXPECT_EQ(story.told(reserve, cancel, Outcome::done), Verdict::contradiction)
      << "nobody asked for a cancel";
  EXPECT_EQ(story.told(99, try_, Outcome::done), Verdict::noted) << "no such step";
}

TEST(Contradiction, AConfirmThatNobodyAskedForIsAlerted) {
  Story story;
  story.submit();
  EXPECT_EQ(story.told(reserve, confirm, Outcome::done), Verdict::contradiction);
  EXPECT_EQ(story.state_of(reserve), "trying");
  Story over = cancelled();
  EXPECT_EQ(over.told(reserve, cancel, Outcome::refused), Verdict::contradiction);
  EXPECT_EQ(over.state_of(reserve), "cancelled");
}

TEST(Duplicates, I13_EveryAnswerTwiceChangesNothing) {
  struct Turn {
    std::uint8_t step;
    Operation op;
  };
  const Turn turns[] = {{reserve, try_},   {charge, try_},   {issue, try_},    {reserve, confirm},
                        {charge, confirm}, {issue, confirm}, {notify, deliver}};
  Story story;
  story.submit();
  for (const Turn& turn : turns) {
    SCOPED_TRACE(story.definition.steps[turn.step].name + std::string(" ") + name_of(turn.op));
    EXPECT_EQ(story.done(turn.step, turn.op), Verdict::applied);
    const std::string before = snapshot(story.purchase);
    EXPECT_EQ(story.done(turn.step, turn.op, R"({"other":1})"), Verdict::noted);
    EXPECT_EQ(snapshot(story.purchase), before);
    EXPECT_EQ(story.told(turn.step, turn.op, Outcome::done), Verdict::noted);
    EXPECT_EQ(story.answer_to_attempt(1, turn.step, turn.op, Outcome::unknown), Verdict::noted);
    EXPECT_EQ(story.answer_to_attempt(1, turn.step, turn.op, Outcome::accepted), Verdict::noted);
    EXPECT_EQ(story.answer_to_attempt(1, turn.step, turn.op, Outcome::not_now), Verdict::noted);
    EXPECT_EQ(story.answer_to_attempt(1, turn.step, turn.op, Outcome::fault), Verdict::noted);
    EXPECT_EQ(snapshot(story.purchase), before);
    EXPECT_EQ(story.calls(), "");
  }
}

TEST(Duplicates, ATroubledAnswerTwiceCountsOnce) {
  for (const Outcome outcome : {Outcome::unknown, Outcome::not_now, Outcome::accepted}) {
    Story story;
    story.queryable = 1;
    story.submit();
    story.answer(reserve, try_, outcome);
    const std::string before = snapshot(story.purchase);
    EXPECT_EQ(story.answer(reserve, try_, outcome), Verdict::noted) << name_of(outcome);
    EXPECT_EQ(snapshot(story.purchase), before);
  }
}

TEST(Duplicates, AFailureOfAnOldAttemptDoesNotEndTheNewOne) {
  Story story;
  story.submit();
  story.answer(reserve, try_, Outcome::not_now);
  story.due();
  const std::string before = snapshot(story.purchase);
  for (const Outcome outcome : {Outcome::unknown, Outcome::not_now, Outcome::accepted, Outcome::fault})
    EXPECT_EQ(story.answer_to_attempt(1, reserve, try_, outcome), Verdict::noted);
  EXPECT_EQ(snapshot(story.purchase), before);
  EXPECT_EQ(story.answer_to_attempt(1, reserve, try_, Outcome::done), Verdict::applied)
      << "but its success counts";
}

TEST(Duplicates, AWakeUpTwiceOrTooEarlyDoesNothing) {
  Story story;
  story.submit();
  std::string before = snapshot(story.purchase);
  story.due_at(story.now + DurationMs{1});
  EXPECT_EQ(snapshot(story.purchase), before);
  story.answer(reserve, try_, Outcome::not_now);
  story.due();
  before = snapshot(story.purchase);
  story.due_at(story.now);
  EXPECT_EQ(snapshot(story.purchase), before);
}

TEST(Duplicates, ACancelTwiceIsTheSameCancel) {
  Story story = cancelling();
  const std::string before = snapshot(story.purchase);
  EXPECT_EQ(story.ask_cancel(), Verdict::noted);
  EXPECT_EQ(snapshot(story.purchase), before);
  EXPECT_EQ(story.calls(), "");
  story.done(reserve, cancel);
  EXPECT_EQ(story.ask_cancel(), Verdict::noted);
  EXPECT_EQ(story.state(), "cancelled");
}

TEST(Duplicates, AnEventForAStepThatIsNotThereIsNoted) {
  Story story;
  story.submit();
  const std::string before = snapshot(story.purchase);
  Answered answered;
  answered.step = 40;
  EXPECT_EQ(story.happen({story.now, 0, answered}), Verdict::noted);
  QueryAnswered said;
  said.step = 40;
  EXPECT_EQ(story.happen({story.now, 0, said}), Verdict::noted);
  EXPECT_EQ(snapshot(story.purchase), before);
}

}  // namespace
}  // namespace settle::test
