// A resolve needs evidence, and where it is configured so, two persons (I25).

#include <gtest/gtest.h>

#include "world.hpp"

namespace settle::test {
namespace {

using Views = std::vector<Result<PurchaseView>>;

Result<PurchaseView> resolve(World& world, const PurchaseId& id, const std::string& who,
                             const std::string& evidence = "their statement",
                             Resolution as = Resolution::done) {
  Views views;
  world.engine->resolve(id, {who, "asked the bank", evidence}, "charge", as,
                        [&views](Result<PurchaseView> view) { views.push_back(std::move(view)); });
  while (views.empty() && world.step()) {
  }
  return views.empty() ? Result<PurchaseView>(Error{"unanswered", ""}) : views.front();
}

// The charge's first confirm is a fault: it waits for a person.
PurchaseId parked(World& world) {
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  world.run();
  return id;
}

const World::Script fault = {{"charge:confirm", {Behaviour::fault}}};

TEST(Resolve, I25_DoneOfMoneyNeedsEvidence) {
  World world(fault);
  const PurchaseId id = parked(world);
  const auto refused = resolve(world, id, "ann", "");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, "missing_field");
  EXPECT_EQ(refused.error().detail.rfind("/evidence: ", 0), 0U);
  EXPECT_EQ(world.engine->figures().in_motion, 0U) << "a refusal leaves nothing in memory";
  EXPECT_TRUE(resolve(world, id, "ann").ok());
}

TEST(Resolve, I25_TwoPersonsWhereItIsConfiguredAlsoOverARestart) {
  World world(fault);
  world.config.resolve_needs_second_person = true;
  world.restart(0);
  const PurchaseId id = parked(world);
  const auto proposed = resolve(world, id, "ann");
  ASSERT_TRUE(proposed.ok()) << proposed.error().detail;
  EXPECT_EQ(proposed->purchase.steps[1].proposed_by, "ann");
  EXPECT_EQ(proposed->purchase.steps[1].state, StepState::parked);
  const auto again = resolve(world, id, "ann");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, "second_person_needed");
  world.restart(0);
  world.run();
  EXPECT_EQ(world.show(id).purchase.steps[1].proposed_by, "ann") << "it survives a restart";
  world.books[id]["charge"].confirmed = true;  // the bank did it by hand
  const auto done = resolve(world, id, "bob");
  ASSERT_TRUE(done.ok()) << done.error().detail;
  EXPECT_EQ(done->purchase.steps[1].state, StepState::confirmed);
  world.run();
  world.check_replay("after two persons");
}

TEST(Resolve, WhoIsRefusedForAProposalHearsItOnceThatIsDurable) {
  World world(fault);
  world.config.resolve_needs_second_person = true;
  world.restart(0);
  const PurchaseId id = parked(world);
  Views views;
  const auto into = [&views](Result<PurchaseView> view) { views.push_back(std::move(view)); };
  world.engine->resolve(id, {"ann", "w", "e"}, "charge", Resolution::done, into);
  world.engine->resolve(id, {"ann", "w", "e"}, "charge", Resolution::done, into);
  EXPECT_TRUE(views.empty()) << "refused for what a crash could take back";
  while (views.size() < 2 && world.step()) {
  }
  ASSERT_EQ(views.size(), 2U);
  EXPECT_TRUE(views[0].ok());
  EXPECT_EQ(views[1].error().code, "second_person_needed");
}

// Names are written by hand: spaces and capitals make nobody two persons.
TEST(Resolve, I25_TheSameNameWrittenOtherwiseIsTheSamePerson) {
  World world(fault);
  world.config.resolve_needs_second_person = true;
  world.restart(0);
  const PurchaseId id = parked(world);
  ASSERT_TRUE(resolve(world, id, "ann").ok());
  for (const char* who : {"Ann", " ann", "ANN \t"}) {
    const auto again = resolve(world, id, who);
    ASSERT_FALSE(again.ok()) << who;
    EXPECT_EQ(again.error().code, "second_person_needed") << who;
  }
  world.books[id]["charge"].confirmed = true;
  EXPECT_TRUE(resolve(world, id, "anna").ok());
}

TEST(Resolve, AnotherResolutionIsAnotherProposal) {
  World world({{"charge:try", {Behaviour::accepted_silent}}});
  world.config.resolve_needs_second_person = true;
  world.restart(0);
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  const auto early = resolve(world, id, "ann");
  ASSERT_FALSE(early.ok());
  EXPECT_EQ(early.error().code, "state_forbids") << "what could not be resolved is not proposed";
}

}  // namespace
}  // namespace settle::test
