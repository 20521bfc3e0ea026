// A resolve needs evidence, and where it is configured so, two persons (I25).

#include <gtest/gtest.h>

#include "settle/participants/protocol.hpp"
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

// The issue's first confirm is a fault, after the money is taken.
const World::Script unissued = {{"issue:confirm", {Behaviour::fault}}};
const std::string cards = R"({"cards":[{"code":"BY-HAND-7"}]})";

Result<PurchaseView> resolve_issue(World& world, const PurchaseId& id, const std::string& who,
                                   const std::string& result, Resolution as = Resolution::done) {
  Views views;
  Act act{who, "asked the issuer", "their list"};
  act.result = result;
  world.engine->resolve(id, act, "issue", as,
                        [&views](Result<PurchaseView> view) { views.push_back(std::move(view)); });
  while (views.empty() && world.step()) {
  }
  return views.empty() ? Result<PurchaseView>(Error{"unanswered", ""}) : views.front();
}

// As the shop is shown it.
std::string opened(World& world, const PurchaseId& id) {
  const std::string result = world.show(id).purchase.steps[2].confirm_result;
  const auto plain = unseal_fields(result, id.text() + ":issue", *world.keys);
  return plain.ok() ? *plain : plain.error().code;
}

// The journal as it lies on disk.
bool in_the_clear(const World& world, const std::string& secret) {
  for (std::uint16_t n = 0; n < world.journal->shard_count(); ++n) {
    const auto records = world.journal->scan(Position{ShardId{n}, 1}, 10'000);
    EXPECT_TRUE(records.ok());
    for (const Record& record : *records)
      if (record.event.find(secret) != std::string::npos) return true;
  }
  return false;
}

TEST(ResolveWithAResult, TheShopIsShownTheCardsThatAPersonNames) {
  World world(unissued);
  const PurchaseId id = parked(world);
  const auto refused = resolve_issue(world, id, "ann", "");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, "missing_field");
  EXPECT_EQ(refused.error().detail.rfind("/result: ", 0), 0U) << refused.error().detail;
  EXPECT_NE(refused.error().detail.find("cards"), std::string::npos);
  EXPECT_EQ(resolve_issue(world, id, "ann", R"({"codes":[]})").error().code, "missing_field");
  world.books[id]["issue"].confirmed = true;
  const auto done = resolve_issue(world, id, "ann", cards);
  ASSERT_TRUE(done.ok()) << done.error().detail;
  world.run();
  EXPECT_EQ(world.show(id).purchase.state, PurchaseState::completed);
  EXPECT_EQ(opened(world, id), cards);
  EXPECT_FALSE(in_the_clear(world, "BY-HAND-7")) << "sealed, as an answer's is";
  world.check_replay("cards by hand");
}

TEST(ResolveWithAResult, ItIsBoundedAndReadAsAnAnswersIs) {
  World world(unissued);
  const PurchaseId id = parked(world);
  const auto error = [&](const std::string& result, Resolution as = Resolution::done) {
    const auto said = resolve_issue(world, id, "ann", result, as);
    return said.ok() ? "ok" : said.error().code + " " + said.error().detail.substr(0, 9);
  };
  EXPECT_EQ(error(R"({"cards":")" + std::string(33 << 10, 'x') + R"("})"), "invalid_field /result: ");
  EXPECT_EQ(error(R"({"cards":1,"x":{"$sealed":"v1.a.b.c"}})"), "invalid_field /result: ");
  EXPECT_EQ(error(cards, Resolution::abandoned), "invalid_field /result: ");
}

TEST(ResolveWithAResult, I25_TheSecondPersonSaysTheSameOrNothingOfIt) {
  World world(unissued);
  world.config.resolve_needs_second_person = true;
  world.restart(0);
  const PurchaseId id = parked(world);
  EXPECT_EQ(resolve_issue(world, id, "ann", "").error().code, "missing_field");
  ASSERT_TRUE(resolve_issue(world, id, "ann", cards).ok());
  world.restart(0);
  world.run();
  EXPECT_EQ(resolve_issue(world, id, "bob", R"({"cards":[{"code":"OTHER"}]})").error().code,
            "proposal_differs");
  world.books[id]["issue"].confirmed = true;
  ASSERT_TRUE(resolve_issue(world, id, "bob", cards).ok());
  world.run();
  EXPECT_EQ(opened(world, id), cards);
  EXPECT_FALSE(in_the_clear(world, "BY-HAND-7"));
  world.check_replay("cards by two");
}

}  // namespace
}  // namespace settle::test
