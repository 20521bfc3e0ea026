// A query that does not work gives way to what is done without one: the try is repeated under its key, and
// somebody is told.

#include <gtest/gtest.h>

#include "story.hpp"

namespace settle::test {
namespace {

Story asked() {
  Story story;
  story.queryable = 0xffffffff;
  story.submit();
  story.answer(reserve, try_, Outcome::unknown);
  story.due();
  EXPECT_EQ(story.calls(), "reserve.query#1");
  return story;
}

Verdict fails(Story& story, Cause cause, std::uint16_t status) {
  QueryAnswered said;
  said.step = reserve;
  said.attempt = story.step(reserve).attempts_of(Operation::query);
  said.cause = cause;
  said.status = status;
  return story.happen({story.now, story.queryable, said});
}

TEST(QueryFails, I7_WhatIsNotThereIsAskedOnceAndTheTryRepeated) {
  const std::pair<Cause, std::uint16_t> answers[] = {
      {Cause::bad_status, 404}, {Cause::bad_status, 405}, {Cause::signature_refused, 401},
      {Cause::bad_status, 501}, {Cause::unregistered, 0}, {Cause::bad_status, 410}};
  for (const auto& [cause, status] : answers) {
    SCOPED_TRACE(status);
    Story story = asked();
    fails(story, cause, status);
    EXPECT_EQ(story.alerts(), "query_failed");
    EXPECT_EQ(story.calls(), "") << "by the try's own policy";
    EXPECT_EQ(story.state_of(reserve), "in_doubt");
    story.due();
    EXPECT_EQ(story.calls(), "reserve.try#2");
    story.done(reserve, try_);
    EXPECT_EQ(story.state_of(reserve), "tried");
  }
}

TEST(QueryFails, I18_TheAlertIsOneAndTheTriesAreCapped) {
  Story story = asked();
  fails(story, Cause::bad_status, 404);
  for (int attempt = 2; attempt <= 6; ++attempt) {
    story.due();
    EXPECT_EQ(story.calls(), "reserve.try#" + std::to_string(attempt));
    story.answer(reserve, try_, Outcome::unknown);
    EXPECT_EQ(story.alerts(), "");
  }
  story.due();
  EXPECT_EQ(story.calls(), "reserve.query#2") << "nothing else is left, and it may be mended";
  EXPECT_EQ(story.state(), "trying");
  story.says(reserve, QueryState::tried);
  EXPECT_EQ(story.state_of(reserve), "tried");
}

TEST(QueryFails, SilenceCountsAgainstTheQuerysOwnAttempts) {
  Story story;
  story.definition.steps[reserve].spec(Operation::query).retry.attempts_max = 3;
  story.queryable = 0xffffffff;
  story.submit();
  story.answer(reserve, try_, Outcome::unknown);
  for (int n = 1; n <= 3; ++n) {
    story.due();
    ASSERT_EQ(story.calls(), "reserve.query#" + std::to_string(n));
    n == 2 ? story.due() : story.says(reserve, QueryState::no_answer);  // one is lost with its lease
    EXPECT_EQ(story.alerts(), n == 3 ? "query_failed" : "");
  }
  story.due();
  EXPECT_EQ(story.calls(), "reserve.try#2");
}

TEST(QueryFails, WhoeverAnswersIsNotGivenUp) {
  Story story;
  story.definition.steps[reserve].spec(Operation::query).retry.attempts_max = 3;
  story.queryable = 0xffffffff;
  story.submit();
  story.answer(reserve, try_, Outcome::unknown);
  for (int n = 0; n < 8; ++n) {
    story.due();
    story.says(reserve, n % 3 == 2 ? QueryState::pending : QueryState::no_answer);
    EXPECT_EQ(story.alerts(), "");
  }
}

TEST(QueryFails, WhatIsAwaitedIsRepeatedToo) {
  Story story;
  story.queryable = 0xffffffff;
  story.submit();
  story.answer(reserve, try_, Outcome::accepted);
  story.due();
  ASSERT_EQ(story.calls(), "reserve.query#1");
  fails(story, Cause::bad_status, 404);
  EXPECT_EQ(story.alerts(), "query_failed");
  story.due();
  EXPECT_EQ(story.calls(), "reserve.try#2");
}

TEST(QueryFails, AnInquiryAsksNobodyThen) {
  Story story = asked();
  fails(story, Cause::bad_status, 404);
  story.now = story.now + inquiry_gap;
  EXPECT_EQ(story.inquire(), Verdict::refused);
}

TEST(QueryFails, TroubleOnTheWayIsNoFault) {
  for (const auto& [cause, status] :
       std::initializer_list<std::pair<Cause, std::uint16_t>>{{Cause::answer_timeout, 0},
                                                              {Cause::bad_status, 500},
                                                              {Cause::bad_status, 408},
                                                              {Cause::throttled, 503},
                                                              {Cause::reset, 0},
                                                              {Cause::format, 200}}) {
    Story story = asked();
    fails(story, cause, status);
    EXPECT_EQ(story.alerts(), "");
    story.due();
    EXPECT_EQ(story.calls(), "reserve.query#2");
  }
}

TEST(QueryFails, I27_WhatWasWrittenBeforeReplaysAsItWas) {
  Story story = asked();
  QueryAnswered said;
  said.step = reserve;
  said.attempt = 1;
  said.cause = Cause::bad_status;
  said.status = 404;
  Event event{story.now, story.queryable, said};
  event.rules = 0;
  story.happen(event);
  EXPECT_EQ(story.alerts(), "");
  story.due();
  EXPECT_EQ(story.calls(), "reserve.query#2");
}

}  // namespace
}  // namespace settle::test
