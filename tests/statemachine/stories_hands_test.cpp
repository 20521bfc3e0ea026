// What people tell each other about a purchase, and the resolve that takes two of them (I25).

#include <gtest/gtest.h>

#include "step_snapshot.hpp"
#include "story.hpp"

namespace settle::test {
namespace {

Verdict propose(Story& story, const std::string& who, Resolution as = Resolution::done) {
  return story.happen({story.now, 0, Proposed{who, "the bank called", charge, as, "letter 17"}});
}

Verdict confirm_as(Story& story, const std::string& who, const std::string& proposed_by,
                   Resolution as = Resolution::done) {
  return story.happen(
      {story.now, 0, ResolveRequested{who, "seen too", charge, as, "letter 17", proposed_by}});
}

// A confirm that is a fault is parked at once, and waits for a person alone.
Story parked() {
  Story story;
  story.all_tried();
  story.done(reserve, confirm);
  story.answer(charge, confirm, Outcome::fault);
  EXPECT_EQ(story.state_of(charge), "parked");
  return story;
}

TEST(Hands, I25_ANoteAndAnAssigneeChangeNothingElse) {
  Story story = parked();
  const std::string before = snapshot(story.purchase);
  EXPECT_EQ(story.happen({story.now, 0, Noted{"ann", "asked the bank"}}), Verdict::applied);
  EXPECT_EQ(story.happen({story.now, 0, Assigned{"ann", "on duty", "bob"}}), Verdict::applied);
  EXPECT_EQ(story.purchase.note, "asked the bank");
  EXPECT_EQ(story.purchase.note_by, "ann");
  EXPECT_EQ(story.purchase.note_at, story.now);
  EXPECT_EQ(story.purchase.assignee, "bob");
  EXPECT_TRUE(story.last.transitions.empty());
  EXPECT_TRUE(story.last.effects.empty());
  EXPECT_EQ(story.happen({story.now, 0, Assigned{"ann", "again", "bob"}}), Verdict::noted) << "idempotent";
  story.happen({story.now, 0, Assigned{"ann", "off duty", ""}});
  story.purchase.note.clear();
  story.purchase.note_by.clear();
  story.purchase.note_at = TimeMs{};
  EXPECT_EQ(snapshot(story.purchase), before);
}

TEST(Hands, I14_AFinishedPurchaseTakesANoteAndStaysFinished) {
  Story story;
  story.all_confirmed();
  story.done(notify, deliver);
  EXPECT_EQ(story.happen({story.now, 0, Noted{"ann", "refunded by hand"}}), Verdict::applied);
  EXPECT_EQ(story.state(), "completed");
  EXPECT_FALSE(story.wake());
}

TEST(SecondPerson, I25_AProposalMovesNothingUntilAnotherPersonSaysTheSame) {
  Story story = parked();
  EXPECT_EQ(propose(story, "ann"), Verdict::applied);
  EXPECT_EQ(story.state_of(charge), "parked");
  EXPECT_TRUE(story.last.transitions.empty());
  EXPECT_EQ(story.step(charge).proposed_by, "ann");
  EXPECT_EQ(story.step(charge).proposed_evidence, "letter 17");
  EXPECT_EQ(confirm_as(story, "ann", "ann"), Verdict::refused) << "one person twice is one person";
  EXPECT_EQ(confirm_as(story, "bob", "eve"), Verdict::refused) << "eve proposed nothing";
  EXPECT_EQ(story.state_of(charge), "parked");
  EXPECT_EQ(confirm_as(story, "bob", "ann"), Verdict::applied);
  EXPECT_EQ(story.state_of(charge), "confirmed");
  EXPECT_EQ(story.step(charge).proposed_by, "") << "it is carried out";
}

TEST(SecondPerson, WhatCouldNotBeResolvedIsNotProposed) {
  Story story = parked();
  EXPECT_EQ(propose(story, "ann", Resolution::abandoned), Verdict::refused);
  EXPECT_NE(story.last.refusal.find("money"), std::string::npos) << story.last.refusal;
  Story busy;
  busy.all_tried();
  EXPECT_EQ(propose(busy, "ann"), Verdict::refused) << "its call is out";
  EXPECT_EQ(busy.step(charge).proposed_by, "");
}

TEST(SecondPerson, AProposalIsForgottenAfterADay) {
  Story story = parked();
  propose(story, "ann");
  story.now = story.now + proposal_lasts;
  EXPECT_EQ(confirm_as(story, "bob", "ann"), Verdict::refused);
  EXPECT_EQ(propose(story, "bob"), Verdict::applied);
  story.now = story.now + DurationMs{proposal_lasts.count - 1};
  EXPECT_EQ(confirm_as(story, "ann", "bob"), Verdict::applied);
}

TEST(SecondPerson, AProposalOutlivesAProbeAndEndsWithTheTrouble) {
  Story story;
  story.all_tried();
  story.done(reserve, confirm);
  while (!story.step(charge).probing) {
    story.answer(charge, confirm, Outcome::unknown);
    if (!story.step(charge).probing) story.due();
  }
  propose(story, "ann");
  story.due();
  EXPECT_EQ(story.calls().rfind("charge.confirm", 0), 0U) << story.calls();
  EXPECT_EQ(story.step(charge).proposed_by, "ann") << "a probe asks for the same";
  story.answer(charge, confirm, Outcome::unknown);
  EXPECT_EQ(story.step(charge).proposed_by, "ann");
  story.due();
  story.done(charge, confirm);
  EXPECT_EQ(story.state_of(charge), "confirmed");
  EXPECT_EQ(story.step(charge).proposed_by, "") << "nobody is needed any more";
}

TEST(SecondPerson, ARetryTakesTheProposalBack) {
  Story story = parked();
  propose(story, "ann");
  story.retry(charge);
  EXPECT_EQ(story.step(charge).proposed_by, "");
}

}  // namespace
}  // namespace settle::test
