// What a person says that an operation answered is kept as if the participant had said it: later steps, and
// the shop, are told of it.

#include <gtest/gtest.h>

#include "story.hpp"

namespace settle::test {
namespace {

const std::string cards = R"({"cards":{"$sealed":"v1.k.n.c"}})";

ResolveRequested done_with(std::uint8_t step, const std::string& result,
                           const std::string& proposed_by = "") {
  ResolveRequested e{
      proposed_by.empty() ? "ann" : "bob", "seen", step, Resolution::done, "list 3", proposed_by};
  e.result = result;
  return e;
}

// The issue's confirm is a fault: it waits for a person alone.
Story unissued() {
  Story story;
  story.all_tried();
  story.done(reserve, confirm);
  story.done(charge, confirm);
  story.answer(issue, confirm, Outcome::fault);
  EXPECT_EQ(story.state_of(issue), "parked");
  return story;
}

TEST(ResolvedWithAResult, TheConfirmsResultIsKeptAndThePurchaseGoesOn) {
  Story story = unissued();
  EXPECT_EQ(story.happen({story.now, 0, done_with(issue, cards)}), Verdict::applied);
  EXPECT_EQ(story.state_of(issue), "confirmed");
  EXPECT_EQ(story.step(issue).confirm_result, cards);
  EXPECT_EQ(story.calls(), "notify.deliver#1");
}

TEST(ResolvedWithAResult, WithoutOneNothingIsInvented) {
  Story story = unissued();
  story.resolve(issue);
  EXPECT_EQ(story.state_of(issue), "confirmed");
  EXPECT_EQ(story.step(issue).confirm_result, "");
}

TEST(ResolvedWithAResult, AParkedTryKeepsItToo) {
  Story story;
  story.queryable = 0xffffffff;
  story.submit();
  story.answer(reserve, try_, Outcome::unknown);
  story.due();
  story.says(reserve, QueryState::confirmed);
  ASSERT_EQ(story.state_of(reserve), "parked");
  story.happen({story.now, story.queryable, done_with(reserve, R"({"hold":7})")});
  EXPECT_EQ(story.state_of(reserve), "tried");
  EXPECT_EQ(story.step(reserve).try_result, R"({"hold":7})");
}

TEST(ResolvedWithAResult, SoDoesWhatProbesWhileItIsAwaited) {
  Story story;
  story.all_tried();
  story.done(reserve, confirm);
  story.done(charge, confirm);
  for (int i = 0; i < 20 && !story.step(issue).probing; ++i) {
    story.answer(issue, confirm, Outcome::unknown);
    story.due();
  }
  ASSERT_EQ(story.state_of(issue), "confirming") << "the probe is out";
  story.answer(issue, confirm, Outcome::accepted);
  ASSERT_EQ(story.state_of(issue), "awaiting");
  story.happen({story.now, 0, done_with(issue, cards)});
  EXPECT_EQ(story.step(issue).confirm_result, cards);
}

TEST(ResolvedWithAResult, I25_OfTwoPersonsTheFirstOnesIsTaken) {
  Story story = unissued();
  Proposed proposed{"ann", "seen", issue, Resolution::done, "list 3"};
  proposed.result = cards;
  EXPECT_EQ(story.happen({story.now, 0, proposed}), Verdict::applied);
  EXPECT_EQ(story.step(issue).proposed_result, cards);
  EXPECT_EQ(story.step(issue).confirm_result, "") << "nothing has moved";
  story.happen({story.now, 0, done_with(issue, "", "ann")});
  EXPECT_EQ(story.step(issue).confirm_result, cards);
  EXPECT_EQ(story.step(issue).proposed_result, "") << "it is kept once";
}

}  // namespace
}  // namespace settle::test
