// 202: the participant will tell, or is asked, or is called again; silence has a limit.

#include <gtest/gtest.h>

#include "story.hpp"

namespace settle::test {
namespace {

Story accepted_try(std::uint32_t queryable) {
  Story story;
  story.queryable = queryable;
  story.submit();
  story.answer(reserve, try_, Outcome::accepted);
  EXPECT_EQ(story.state_of(reserve), "awaiting");
  EXPECT_EQ(story.wake(), story.now + story.definition.steps[reserve].await);
  return story;
}

TEST(Accepted, ATryIsToldDone) {
  Story story = accepted_try(0);
  EXPECT_EQ(story.told(reserve, try_, Outcome::done), Verdict::applied);
  EXPECT_EQ(story.step(reserve).try_result, R"({"told":true})");
  EXPECT_EQ(story.calls(), "charge.try#1");
}

TEST(Accepted, ATryIsToldRefused) {
  Story story = accepted_try(0);
  story.told(reserve, try_, Outcome::refused);
  EXPECT_EQ(story.state(), "cancelled") << "a single attempt, refused: nothing is owed";
  EXPECT_EQ(story.purchase.reason_code, "told_no");
}

TEST(Accepted, ATryThatStaysSilentIsAsked) {
  Story story = accepted_try(1);
  story.due();
  EXPECT_EQ(story.calls(), "reserve.query#1");
  story.resume();
  EXPECT_EQ(story.calls(), "reserve.query#2");
  story.says(reserve, QueryState::tried);
  EXPECT_EQ(story.calls(), "charge.try#1");
}

TEST(Accepted, I7_EachAnswerOfAQuery) {
  const std::pair<QueryState, const char*> table[] = {
      {QueryState::tried, "tried"},          {QueryState::refused, "rejected"},
      {QueryState::pending, "awaiting"},     {QueryState::confirmed, "parked"},
      {QueryState::cancelled, "cancelling"}, {QueryState::unknown, "trying"},
      {QueryState::no_answer, "awaiting"}};
  for (const auto& [says, state] : table) {
    SCOPED_TRACE(name_of(says));
    Story story = accepted_try(1);
    story.due();
    story.says(reserve, says);
    EXPECT_EQ(story.state_of(reserve), state);
  }
}

TEST(Accepted, I7_ATryThatStaysSilentAndCannotBeAskedIsRepeated) {
  Story story = accepted_try(0);
  for (int attempt = 2; attempt <= 6; ++attempt) {
    story.due();
    EXPECT_EQ(story.calls(), "reserve.try#" + std::to_string(attempt));
    story.answer(reserve, try_, Outcome::accepted);
  }
  story.due();
  EXPECT_EQ(story.state(), "cancelling");
  EXPECT_EQ(story.step(reserve).last_cause, Cause::lost);
}

TEST(Accepted, AReportThatOvertakesThe202Counts) {
  Story story;
  story.submit();
  story.told(reserve, try_, Outcome::done);
  EXPECT_EQ(story.state_of(reserve), "tried");
  EXPECT_EQ(story.answer(reserve, try_, Outcome::accepted), Verdict::noted);
  EXPECT_EQ(story.state_of(reserve), "tried");
}

TEST(Accepted, AConfirmIsToldOrCalledAgain) {
  Story story;
  story.all_tried();
  story.answer(charge, confirm, Outcome::accepted);
  EXPECT_EQ(story.state_of(charge), "awaiting");
  story.done(reserve, confirm);
  story.due();
  EXPECT_EQ(story.calls(), "charge.confirm#2") << "silence: the same key again";
  story.answer(charge, confirm, Outcome::accepted);
  story.told(charge, confirm, Outcome::done);
  EXPECT_EQ(story.calls(), "issue.confirm#1");
  EXPECT_EQ(story.step(charge).confirm_result, R"({"told":true})");
}

TEST(Accepted, AConfirmToldRefusedIsAContradictionRepeatedSlowly) {
  Story story;
  story.all_tried();
  story.answer(charge, confirm, Outcome::accepted);
  story.told(charge, confirm, Outcome::refused);
  EXPECT_EQ(story.state_of(charge), "confirming");
  EXPECT_EQ(story.step(charge).wake_at, story.now + DurationMs{60'000});
}

TEST(Accepted, ACancelIsToldOrCalledAgain) {
  for (const bool told : {true, false}) {
    Story story;
    story.submit();
    story.ask_cancel();
    story.answer(reserve, cancel, Outcome::accepted);
    EXPECT_EQ(story.state(), "cancelling");
    if (!told) {
      story.due();
      EXPECT_EQ(story.calls(), "reserve.cancel#2");
      story.answer(reserve, cancel, Outcome::accepted);
      EXPECT_EQ(story.told(reserve, cancel, Outcome::refused), Verdict::applied);
      EXPECT_EQ(story.state_of(reserve), "cancelling");
      story.due();
      story.answer(reserve, cancel, Outcome::accepted);
    }
    story.told(reserve, cancel, Outcome::done);
    EXPECT_EQ(story.state(), "cancelled");
  }
}

TEST(Accepted, ADeliveryIsToldOrCalledAgain) {
  for (const bool told : {true, false}) {
    Story story;
    story.all_confirmed();
    story.answer(notify, deliver, Outcome::accepted);
    if (!told) {
      story.due();
      EXPECT_EQ(story.calls(), "notify.deliver#2");
      story.answer(notify, deliver, Outcome::accepted);
      story.told(notify, deliver, Outcome::refused);
      EXPECT_EQ(story.state_of(notify), "delivering");
      story.due();
      story.answer(notify, deliver, Outcome::accepted);
    }
    story.told(notify, deliver, Outcome::done);
    EXPECT_EQ(story.state(), "completed");
  }
}

TEST(Accepted, I18_SilenceAndRefusalsComeToAPersonInTheEnd) {
  for (const bool silent : {true, false}) {
    Story story;
    story.all_tried();
    for (int attempt = 1; attempt <= 6; ++attempt) {
      story.answer(charge, confirm, Outcome::accepted);
      if (!silent) story.told(charge, confirm, Outcome::refused);
      if (silent || attempt < 6) story.due_at(story.step(charge).wake_at);
    }
    EXPECT_EQ(story.state_of(charge), "parked");
    EXPECT_EQ(story.step(charge).attempts_of(confirm), 6);
  }
}

TEST(Accepted, APurchaseThatIsCancelledWhileItWaitsFencesTheTry) {
  Story story = accepted_try(1);
  story.due();
  story.ask_cancel();
  EXPECT_EQ(story.calls(), "reserve.cancel#1");
  EXPECT_EQ(story.says(reserve, QueryState::tried), Verdict::noted) << "the query's answer comes too late";
  EXPECT_EQ(story.told(reserve, try_, Outcome::done), Verdict::noted) << "I8: the cancel fences it";
  EXPECT_EQ(story.state_of(reserve), "cancelling");
}

}  // namespace
}  // namespace settle::test
