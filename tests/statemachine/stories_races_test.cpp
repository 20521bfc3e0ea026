// Whoever speaks first settles what is in doubt, and who comes later is heard against that: the query, the
// callback and the try's own late answer.

#include <gtest/gtest.h>

#include "story.hpp"

namespace settle::test {
namespace {

// The charge is in doubt, and the question is out.
Story asked() {
  Story story;
  story.queryable = 0xffffffff;
  story.submit();
  story.done(reserve, try_);
  story.answer(charge, try_, Outcome::unknown);
  story.due();
  EXPECT_EQ(story.calls(), "charge.query#1");
  return story;
}

TEST(Races, I7_ToldDoneWhileTheQueryIsOutAndItsRefusalComesTooLate) {
  Story story = asked();
  EXPECT_EQ(story.told(charge, try_, Outcome::done), Verdict::applied);
  EXPECT_EQ(story.state_of(charge), "tried");
  EXPECT_EQ(story.says(charge, QueryState::refused), Verdict::noted) << "it was asked before that";
  EXPECT_EQ(story.state_of(charge), "tried");
  EXPECT_EQ(story.state(), "trying");
}

TEST(Races, I7_RefusedByTheQueryAndToldDoneAfterwardsIsAContradiction) {
  Story story = asked();
  story.says(charge, QueryState::refused);
  EXPECT_EQ(story.state(), "cancelling");
  const std::string before = story.state_of(charge);
  EXPECT_EQ(story.told(charge, try_, Outcome::done), Verdict::contradiction);
  EXPECT_EQ(story.alerts(), "contradiction");
  EXPECT_EQ(before, "rejected");
  EXPECT_EQ(story.state_of(charge), "cancelling") << "I6: it did happen, and is owed an end";
  EXPECT_EQ(story.calls(), "charge.cancel#1");
}

TEST(Races, I7_ToldRefusedWhileTheQueryIsOutAndItSaysTried) {
  Story story = asked();
  EXPECT_EQ(story.told(charge, try_, Outcome::refused), Verdict::applied);
  EXPECT_EQ(story.state(), "cancelling");
  EXPECT_EQ(story.says(charge, QueryState::tried), Verdict::noted);
  EXPECT_EQ(story.state(), "cancelling") << "I1: the decision stands";
}

TEST(Races, I7_ACallbackSettlesWhatIsInDoubt) {
  for (const Outcome outcome : {Outcome::done, Outcome::refused}) {
    Story story;
    story.submit();
    story.done(reserve, try_);
    story.answer(charge, try_, Outcome::unknown);
    ASSERT_EQ(story.state_of(charge), "in_doubt");
    EXPECT_EQ(story.told(charge, try_, outcome), Verdict::applied);
    EXPECT_EQ(story.state_of(charge), outcome == Outcome::done ? "tried" : "rejected");
    EXPECT_EQ(story.calls(), outcome == Outcome::done ? "issue.try#1" : "reserve.cancel#1");
    EXPECT_EQ(story.told(charge, try_, outcome), Verdict::noted) << "I13: the same word once more";
  }
}

}  // namespace
}  // namespace settle::test
