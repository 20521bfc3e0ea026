// In doubt: an outcome that is not known is asked about or repeated under the same key, never guessed (I7).

#include <gtest/gtest.h>

#include "story.hpp"

namespace settle::test {
namespace {

constexpr std::uint32_t all_queryable = 0xffffffff;

// A purchase whose step `at` is in doubt after its first attempt.
Story in_doubt(std::uint8_t at, std::uint32_t queryable) {
  Story story;
  story.queryable = queryable;
  story.submit();
  for (std::uint8_t step = 0; step < at; ++step) story.done(step, try_);
  story.answer(at, try_, Outcome::unknown);
  EXPECT_EQ(story.state_of(at), "in_doubt");
  EXPECT_EQ(story.state(), "trying") << "nothing is decided by not knowing";
  EXPECT_EQ(story.calls(), "");
  return story;
}

std::string at_step(const Story& story, std::uint8_t step, const char* rest) {
  return story.definition.steps[step].name + rest;
}

TEST(InDoubt, I7_WithoutAQueryTheTryIsRepeatedUnderItsKey) {
  for (const std::uint8_t at : {reserve, charge, issue}) {
    Story story = in_doubt(at, 0);
    story.due();
    EXPECT_EQ(story.calls(), at_step(story, at, ".try#2"));
    EXPECT_EQ(story.state_of(at), "trying");
    story.done(at, try_);
    EXPECT_EQ(story.state_of(at), "tried") << "issue waits for its confirm";
  }
}

TEST(InDoubt, I7_WithAQueryItIsAsked) {
  for (const std::uint8_t at : {reserve, charge, issue}) {
    Story story = in_doubt(at, all_queryable);
    story.due();
    EXPECT_EQ(story.calls(), at_step(story, at, ".query#1"));
    EXPECT_EQ(story.state_of(at), "in_doubt");
  }
}

TEST(InDoubt, B1_WhoeverAsksHowItStandsMakesUsAskAtOnce) {
  Story story = in_doubt(charge, all_queryable);
  story.now = story.now + DurationMs{4'999};
  EXPECT_EQ(story.inquire(), Verdict::refused) << "the participant was called a moment ago";
  story.now = story.now + DurationMs{1};
  EXPECT_EQ(story.inquire(), Verdict::applied);
  EXPECT_EQ(story.calls(), "charge.query#1");
  EXPECT_EQ(story.inquire(), Verdict::refused) << "the question is out";
  story.says(charge, QueryState::tried);
  EXPECT_EQ(story.state_of(charge), "tried");
  EXPECT_EQ(story.inquire(), Verdict::refused) << "nothing is in doubt";
}

TEST(InDoubt, C11_WhatWaitsForAReportIsAskedAboutToo) {
  Story story;
  story.queryable = all_queryable;
  story.submit();
  story.answer(reserve, try_, Outcome::accepted);
  story.now = story.now + DurationMs{5'000};
  EXPECT_EQ(story.inquire(), Verdict::applied);
  EXPECT_EQ(story.calls(), "reserve.query#1");
}

// Found by a review: a buyer who reloaded used up the try's attempts, and a good sale was cancelled.
TEST(InDoubt, I18_AnInquiryCountsNoAttemptAndKeepsThePlan) {
  Story story;
  story.queryable = all_queryable;
  story.submit();
  story.answer(reserve, try_, Outcome::accepted);
  const TimeMs planned = story.step(reserve).wake_at;
  for (const QueryState said : {QueryState::unknown, QueryState::pending, QueryState::no_answer,
                                QueryState::unknown, QueryState::unknown, QueryState::unknown}) {
    story.now = story.now + DurationMs{5'000};
    ASSERT_EQ(story.inquire(), Verdict::applied);
    story.says(reserve, said);
    EXPECT_EQ(story.state_of(reserve), "awaiting");
    EXPECT_EQ(story.calls(), "") << "no try is sent for it";
    EXPECT_EQ(story.step(reserve).wake_at, planned);
  }
  EXPECT_EQ(story.step(reserve).attempts_of(try_), 1);
  story.due();
  EXPECT_NE(story.calls().find("reserve.query#"), std::string::npos) << "as was planned";
}

TEST(InDoubt, I7_AnInquirySettlesWhatIsKnown) {
  Story story = in_doubt(charge, all_queryable);
  story.now = story.now + DurationMs{5'000};
  story.inquire();
  story.resume();
  EXPECT_EQ(story.calls(), "charge.query#2") << "a restart repeats it";
  story.says(charge, QueryState::unknown);
  EXPECT_EQ(story.state_of(charge), "in_doubt");
  story.now = story.now + DurationMs{5'000};
  story.inquire();
  story.says(charge, QueryState::tried);
  EXPECT_EQ(story.state_of(charge), "tried");
}

TEST(InDoubt, WhereNobodyCanBeAskedAnInquiryChangesNothing) {
  Story story = in_doubt(charge, 0);
  story.now = story.now + DurationMs{5'000};
  EXPECT_EQ(story.inquire(), Verdict::refused);
}

TEST(InDoubt, I20_AQuerysRetryAfterIsHonoured) {
  Story story = in_doubt(charge, all_queryable);
  story.due();
  QueryAnswered said;
  said.step = charge;
  said.attempt = 1;
  said.says = QueryState::pending;
  said.retry_after = DurationMs{90'000};
  story.happen({story.now, story.queryable, said});
  EXPECT_EQ(story.step(charge).wake_at, story.now + DurationMs{90'000});
}

struct Said {
  QueryState says;
  const char* state;
  const char* purchase;
  const char* calls;  // at once
};

TEST(InDoubt, I7_EachAnswerOfAQuery) {
  const Said table[] = {
      {QueryState::tried, "tried", "trying", "issue.try#1"},
      {QueryState::refused, "rejected", "cancelling", "reserve.cancel#1"},
      {QueryState::pending, "awaiting", "trying", ""},
      {QueryState::confirmed, "parked", "trying", ""},
      // Somebody else's fence: answered with our own.
      {QueryState::cancelled, "cancelling", "cancelling", "reserve.cancel#1 charge.cancel#1"},
      // Unknown decides nothing: the try may still be on its way.
      {QueryState::unknown, "trying", "trying", "charge.try#2"},
      {QueryState::no_answer, "in_doubt", "trying", ""},
  };
  for (const Said& row : table) {
    SCOPED_TRACE(name_of(row.says));
    Story story = in_doubt(charge, all_queryable);
    story.due();
    EXPECT_EQ(story.says(charge, row.says), Verdict::applied);
    EXPECT_EQ(story.state_of(charge), row.state);
    EXPECT_EQ(story.state(), row.purchase);
    EXPECT_EQ(story.calls(), row.calls);
  }
}

TEST(InDoubt, WhatAQuerySaysIsKept) {
  Story story = in_doubt(charge, all_queryable);
  story.due();
  story.says(charge, QueryState::tried);
  EXPECT_EQ(story.step(charge).try_result, R"({"said":true})");
}

TEST(InDoubt, APendingTryIsAskedAgainUntilItIsKnown) {
  Story story = in_doubt(charge, all_queryable);
  story.due();
  story.says(charge, QueryState::pending);
  story.due();
  EXPECT_EQ(story.calls(), "charge.query#2");
  story.says(charge, QueryState::tried);
  EXPECT_EQ(story.state_of(charge), "tried");
}

TEST(InDoubt, AConfirmationThatNobodyAskedForGoesToAPersonAndIsCancelledInTheEnd) {
  Story story = in_doubt(charge, all_queryable);
  story.due();
  story.says(charge, QueryState::confirmed);
  EXPECT_EQ(story.alerts(), "parked");
  EXPECT_EQ(story.step(charge).last_cause, Cause::contradiction);
  story.due();
  EXPECT_EQ(story.state(), "cancelling") << "I16: the deadline does not wait for the person";
  EXPECT_EQ(story.calls(), "reserve.cancel#1 charge.cancel#1");
}

TEST(InDoubt, I18_UnknownWithoutAttemptsLeftGivesUp) {
  for (const bool queryable : {false, true}) {
    Story story;
    story.queryable = queryable ? all_queryable : 0;
    story.submit();
    for (int attempt = 1; attempt < 6; ++attempt) {
      story.answer(reserve, try_, Outcome::unknown);
      story.due();
      if (queryable) story.says(reserve, QueryState::unknown);
      EXPECT_EQ(story.calls(), "reserve.try#" + std::to_string(attempt + 1));
    }
    story.answer(reserve, try_, Outcome::unknown);
    if (queryable) {
      EXPECT_EQ(story.state(), "trying") << "it can still be asked";
      story.due();
      story.says(reserve, QueryState::unknown);
    }
    EXPECT_EQ(story.state(), "cancelling");
    EXPECT_EQ(story.calls(), "reserve.cancel#1") << "I6";
    EXPECT_EQ(story.alerts(), "try_failed");
  }
}

TEST(InDoubt, I18_AQueryThatFailsIsRepeatedUntilTheDeadline) {
  Story story = in_doubt(reserve, all_queryable);
  int asked = 0;
  while (story.state() == "trying") {
    story.due();
    if (story.calls().find("query") == std::string::npos) continue;
    ++asked;
    story.says(reserve, QueryState::no_answer);
    ASSERT_LT(asked, 100);
  }
  EXPECT_GT(asked, 5);
  EXPECT_EQ(story.purchase.reason_code, "deadline_passed");
  EXPECT_EQ(story.now, story.purchase.deadline_at) << "I16: at the deadline, not after it";
}

TEST(InDoubt, ATryWhoseAnswerNeverComesIsLostWithItsLease) {
  Story story;
  story.submit();
  story.due();
  EXPECT_EQ(story.state_of(reserve), "in_doubt");
  EXPECT_EQ(story.step(reserve).last_cause, Cause::lost);
  EXPECT_FALSE(story.step(reserve).in_flight);
}

TEST(InDoubt, AQueryWhoseAnswerNeverComesIsAskedAgain) {
  Story story = in_doubt(charge, all_queryable);
  story.due();  // asks
  story.due();  // the lease ends
  EXPECT_EQ(story.calls(), "");
  EXPECT_FALSE(story.step(charge).query_in_flight);
  story.due();
  EXPECT_EQ(story.calls(), "charge.query#2");
}

TEST(InDoubt, AnAnswerOfAnOldQueryDecidesNothing) {
  Story story = in_doubt(charge, all_queryable);
  story.due();
  story.due();
  story.due();
  QueryAnswered old;
  old.step = charge;
  old.attempt = 1;
  old.says = QueryState::refused;
  EXPECT_EQ(story.happen({story.now, all_queryable, old}), Verdict::noted);
  EXPECT_EQ(story.state_of(charge), "in_doubt");
}

TEST(InDoubt, AParticipantThatLosesItsQueryEndpointIsTriedAgain) {
  Story story = in_doubt(charge, all_queryable);
  story.queryable = 0;
  story.due();
  EXPECT_EQ(story.calls(), "charge.try#2");
}

TEST(InDoubt, ALateAnswerOfTheTryItselfEndsTheDoubt) {
  Story good = in_doubt(charge, 0);
  EXPECT_EQ(good.answer_to_attempt(1, charge, try_, Outcome::done), Verdict::applied);
  EXPECT_EQ(good.state_of(charge), "tried");
  Story bad = in_doubt(charge, 0);
  bad.answer_to_attempt(1, charge, try_, Outcome::refused);
  EXPECT_EQ(bad.calls(), "reserve.cancel#1") << "its single attempt was refused";
}

TEST(InDoubt, I18_ARestartRepeatsWhatWasOutAndCountsIt) {
  Story story;
  story.submit();
  for (int attempt = 2; attempt <= 6; ++attempt) {
    story.resume();
    EXPECT_EQ(story.calls(), "reserve.try#" + std::to_string(attempt));
  }
  story.resume();
  EXPECT_EQ(story.calls(), "reserve.cancel#1") << "the cap holds over restarts";
  for (int attempt = 2; attempt <= 6; ++attempt) {
    story.resume();
    EXPECT_EQ(story.calls(), "reserve.cancel#" + std::to_string(attempt));
  }
  story.resume();
  EXPECT_EQ(story.state_of(reserve), "parked");
}

TEST(InDoubt, ARestartWithoutAttemptsLeftAsksIfItCan) {
  Story story;
  story.queryable = all_queryable;
  story.submit();
  for (int attempt = 2; attempt <= 6; ++attempt) story.resume();
  story.resume();
  EXPECT_EQ(story.state_of(reserve), "in_doubt");
  story.due();
  EXPECT_EQ(story.calls(), "reserve.query#1");
  story.resume();
  EXPECT_EQ(story.calls(), "reserve.query#2");
}

TEST(InDoubt, ARestartTouchesNothingThatWaits) {
  Story story = in_doubt(charge, 0);
  const TimeMs wake = story.wake();
  story.resume();
  EXPECT_EQ(story.calls(), "");
  EXPECT_EQ(story.wake(), wake);
}

TEST(InDoubt, I18_AConfirmAndADeliveryKeepTheirCapsOverRestarts) {
  Story story;
  story.all_tried();
  for (int attempt = 2; attempt <= 6; ++attempt) story.resume();
  EXPECT_EQ(story.step(charge).attempts_of(confirm), 6);
  story.resume();
  EXPECT_EQ(story.states(), "parked parked tried idle");
  Story other;
  other.all_confirmed();
  for (int attempt = 2; attempt <= 5; ++attempt) other.resume();
  other.resume();
  EXPECT_EQ(other.state_of(notify), "parked");
}

}  // namespace
}  // namespace settle::test
