// Acts of people: cancel before the decision, retry, resolve, reopen (I25).

#include <gtest/gtest.h>

#include "step_snapshot.hpp"
#include "story.hpp"

namespace settle::test {
namespace {

// Nothing happened, and the reason says why.
void expect_refused(Story& story, Verdict verdict, const std::string& before, const std::string& reason) {
  EXPECT_EQ(verdict, Verdict::refused);
  EXPECT_NE(story.last.refusal.find(reason), std::string::npos) << story.last.refusal;
  EXPECT_EQ(snapshot(story.purchase), before);
}

TEST(OperatorCancel, I1_OnlyBeforeTheDecision) {
  Story story;
  story.all_tried();
  expect_refused(story, story.ask_cancel(), snapshot(story.purchase), "decided: commit");
  story.done(reserve, confirm);
  story.done(charge, confirm);
  story.done(issue, confirm);
  expect_refused(story, story.ask_cancel(), snapshot(story.purchase), "decided: commit");
  story.done(notify, deliver);
  expect_refused(story, story.ask_cancel(), snapshot(story.purchase), "decided: commit");
}

TEST(OperatorCancel, ReleasesHoldsSideBySide) {
  Story story;
  story.submit();
  story.done(reserve, try_);
  story.done(charge, try_);
  story.ask_cancel();
  EXPECT_EQ(story.calls(), "reserve.cancel#1 charge.cancel#1 issue.cancel#1");
  EXPECT_EQ(story.purchase.reason_code, "cancelled_by_request");
  EXPECT_EQ(story.purchase.reason_detail, "wrong order");
}

TEST(OperatorRetry, ATryThatWaitsIsMadeNow) {
  Story story;
  story.submit();
  story.answer(reserve, try_, Outcome::not_now);
  EXPECT_EQ(story.retry(), Verdict::applied);
  EXPECT_EQ(story.calls(), "reserve.try#2");
}

TEST(OperatorRetry, I25_CannotRaceACallThatIsOut) {
  Story story;
  story.submit();
  expect_refused(story, story.retry(), snapshot(story.purchase), "a call is out");
  expect_refused(story, story.retry(reserve), snapshot(story.purchase), "a call is out");
  expect_refused(story, story.retry(7), snapshot(story.purchase), "no such step");
}

TEST(OperatorRetry, ADoubtIsAskedOrTriedAgain) {
  for (const bool queryable : {true, false}) {
    Story story;
    story.queryable = queryable ? 1 : 0;
    story.submit();
    story.answer(reserve, try_, Outcome::unknown);
    story.retry(reserve);
    EXPECT_EQ(story.calls(), queryable ? "reserve.query#1" : "reserve.try#2");
  }
}

TEST(OperatorRetry, ASilenceIsAskedOrCalledAgain) {
  for (const bool queryable : {true, false}) {
    Story story;
    story.queryable = queryable ? 1 : 0;
    story.submit();
    story.answer(reserve, try_, Outcome::accepted);
    story.retry(reserve);
    EXPECT_EQ(story.calls(), queryable ? "reserve.query#1" : "reserve.try#2");
  }
  Story confirming;
  confirming.all_tried();
  confirming.answer(charge, confirm, Outcome::accepted);
  confirming.retry(charge);
  EXPECT_EQ(confirming.calls(), "charge.confirm#2");
  Story cancelling;
  cancelling.submit();
  cancelling.ask_cancel();
  cancelling.answer(reserve, cancel, Outcome::accepted);
  cancelling.retry(reserve);
  EXPECT_EQ(cancelling.calls(), "reserve.cancel#2");
  Story delivering;
  delivering.all_confirmed();
  delivering.answer(notify, deliver, Outcome::accepted);
  delivering.retry(notify);
  EXPECT_EQ(delivering.calls(), "notify.deliver#2");
}

TEST(OperatorRetry, I18_AParkedConfirmBeginsAnewWithItsWholeCap) {
  Story story;
  story.all_tried();
  story.answer(charge, confirm, Outcome::fault);
  story.retry(charge);
  EXPECT_EQ(story.calls(), "charge.confirm#2") << "numbers go on; the cap begins anew";
  for (int attempt = 3; attempt <= 7; ++attempt) {
    story.answer(charge, confirm, Outcome::unknown);
    story.due_at(story.step(charge).wake_at);
    EXPECT_EQ(story.step(charge).attempts_of(confirm), attempt);
  }
  story.answer(charge, confirm, Outcome::unknown);
  EXPECT_EQ(story.state_of(charge), "parked");
}

TEST(OperatorRetry, AllThatIsParkedAtOnce) {
  Story story;
  story.all_tried();
  story.answer(reserve, confirm, Outcome::fault);
  story.answer(charge, confirm, Outcome::fault);
  story.retry();
  EXPECT_EQ(story.calls(), "reserve.confirm#2 charge.confirm#2");
}

TEST(OperatorRetry, ACancelAndADeliveryThatWaitOrAreParked) {
  Story story;
  story.submit();
  story.ask_cancel();
  story.answer(reserve, cancel, Outcome::unknown);
  story.retry();
  EXPECT_EQ(story.calls(), "reserve.cancel#2");
  story.answer(reserve, cancel, Outcome::fault);
  story.retry(reserve);
  EXPECT_EQ(story.calls(), "reserve.cancel#3");

  Story delivery;
  delivery.all_confirmed();
  delivery.answer(notify, deliver, Outcome::unknown);
  delivery.retry();
  EXPECT_EQ(delivery.calls(), "notify.deliver#2");
  delivery.answer(notify, deliver, Outcome::fault);
  delivery.retry();
  EXPECT_EQ(delivery.calls(), "notify.deliver#3");
}

TEST(OperatorRetry, I14_NothingOfAFinishedPurchase) {
  Story story;
  story.all_confirmed().done(notify, deliver);
  expect_refused(story, story.retry(), snapshot(story.purchase), "nothing is left to do");
}

TEST(OperatorRetry, I18_AttemptNumbersStandStillAtTheirEnd) {
  Story story;
  story.submit();
  story.answer(reserve, try_, Outcome::not_now);
  story.purchase.steps[reserve].attempts[0] = 65'535;
  story.last = advance(story.definition, story.purchase, {story.now, 0, RetryRequested{"ann", "again", -1}});
  EXPECT_EQ(story.last.purchase.steps[reserve].attempts[0], 65'535) << "not 0, which no attempt ever had";
  EXPECT_EQ(story.calls(), "reserve.try#65535");
}

TEST(OperatorResolve, DoneOfEachParkedOperation) {
  Story confirming;
  confirming.all_tried();
  confirming.answer(charge, confirm, Outcome::fault);
  EXPECT_EQ(confirming.resolve(charge), Verdict::applied);
  EXPECT_EQ(confirming.calls(), "issue.confirm#1");

  Story cancelling;
  cancelling.submit();
  cancelling.ask_cancel();
  cancelling.answer(reserve, cancel, Outcome::fault);
  cancelling.resolve(reserve);
  EXPECT_EQ(cancelling.state(), "cancelled");

  Story delivering;
  delivering.all_confirmed();
  delivering.answer(notify, deliver, Outcome::fault);
  delivering.resolve(notify);
  EXPECT_EQ(delivering.state(), "completed");
  EXPECT_EQ(delivering.state_of(notify), "delivered");
}

// A try that a contradiction parked.
Story parked_try() {
  Story story;
  story.queryable = 1;
  story.submit();
  story.answer(reserve, try_, Outcome::unknown);
  story.due();
  story.says(reserve, QueryState::confirmed);
  EXPECT_EQ(story.state_of(reserve), "parked");
  return story;
}

TEST(OperatorResolve, AParkedTry) {
  Story done = parked_try();
  done.resolve(reserve);
  EXPECT_EQ(done.states(), "tried trying idle idle");
  Story abandoned = parked_try();
  abandoned.resolve(reserve, Resolution::abandoned);
  EXPECT_EQ(abandoned.calls(), "reserve.cancel#1") << "I6: taken as refused, and still cancelled";
  Story retried = parked_try();
  retried.retry(reserve);
  EXPECT_EQ(retried.calls(), "reserve.try#2");
  Story told = parked_try();
  EXPECT_EQ(told.told(reserve, try_, Outcome::done), Verdict::applied);
  EXPECT_EQ(told.state_of(reserve), "tried");
}

TEST(OperatorResolve, OnlyADeliveryIsGivenUp) {
  Story story;
  story.all_tried();
  story.answer(charge, confirm, Outcome::fault);
  expect_refused(story, story.resolve(charge, Resolution::abandoned), snapshot(story.purchase),
                 "only a delivery");
  Story cancelling;
  cancelling.submit();
  cancelling.ask_cancel();
  cancelling.answer(reserve, cancel, Outcome::fault);
  expect_refused(cancelling, cancelling.resolve(reserve, Resolution::abandoned),
                 snapshot(cancelling.purchase), "only a delivery");
  for (const bool parked : {true, false}) {
    Story delivering;
    delivering.all_confirmed();
    delivering.answer(notify, deliver, parked ? Outcome::fault : Outcome::unknown);
    EXPECT_EQ(delivering.resolve(notify, Resolution::abandoned), Verdict::applied);
    EXPECT_EQ(delivering.state_of(notify), "abandoned");
    EXPECT_EQ(delivering.state(), "completed");
  }
}

TEST(OperatorResolve, ADeliveryThatWaitsIsTakenAsDone) {
  Story story;
  story.all_confirmed();
  expect_refused(story, story.resolve(notify), snapshot(story.purchase), "neither parked");
  story.answer(notify, deliver, Outcome::unknown);
  story.resolve(notify);
  EXPECT_EQ(story.state_of(notify), "delivered");
}

TEST(OperatorResolve, NotWhatMovesOrIsNotThere) {
  Story story;
  story.submit();
  expect_refused(story, story.resolve(reserve), snapshot(story.purchase), "neither parked");
  expect_refused(story, story.resolve(77), snapshot(story.purchase), "no such step");
  story.done(reserve, try_);
  expect_refused(story, story.resolve(reserve), snapshot(story.purchase), "neither parked");
}

TEST(Parked, AReportOfTheParticipantCounts) {
  Story story;
  story.all_tried();
  story.answer(charge, confirm, Outcome::fault);
  EXPECT_EQ(story.told(charge, confirm, Outcome::refused), Verdict::applied);
  EXPECT_EQ(story.state_of(charge), "parked") << "a refusal says nothing new";
  story.told(charge, confirm, Outcome::done);
  EXPECT_EQ(story.state_of(charge), "confirmed");
}

TEST(Reopen, I14_LinksACancelledPurchaseToItsSuccessor) {
  PurchaseId successor;
  successor.bytes.fill(3);
  Story story;
  story.submit();
  expect_refused(story, story.reopen(successor), snapshot(story.purchase), "only a cancelled purchase");
  story.answer(reserve, try_, Outcome::refused);
  EXPECT_EQ(story.reopen(successor), Verdict::applied);
  EXPECT_EQ(story.purchase.successor, successor);
  EXPECT_EQ(story.state(), "cancelled");
  EXPECT_EQ(story.calls(), "");
  Story done;
  done.all_confirmed().done(notify, deliver);
  expect_refused(done, done.reopen(successor), snapshot(done.purchase), "only a cancelled purchase");
}

TEST(Reopen, TheSuccessorKnowsItsPredecessor) {
  Story story;
  Submitted e;
  e.predecessor.bytes.fill(5);
  e.definition = "purchase";
  story.happen({story.now, 0, e});
  EXPECT_EQ(story.purchase.predecessor, e.predecessor);
}

}  // namespace
}  // namespace settle::test
