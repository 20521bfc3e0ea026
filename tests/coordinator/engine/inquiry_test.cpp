// Whoever looks at a purchase whose try is in doubt makes the participant be asked at once, and seldom (B1,
// C11).

#include <gtest/gtest.h>

#include <algorithm>

#include "world.hpp"

namespace settle::test {
namespace {

std::size_t queries(const World& world) {
  return static_cast<std::size_t>(std::count_if(world.wire.begin(), world.wire.end(), [](const auto& call) {
    return call.find(":query:") != std::string::npos;
  }));
}

// The next version of `purchase`, in which that operation waits for five minutes whatever went wrong.
void call_seldom(World& world, std::size_t step, Operation operation, std::uint32_t attempts_max) {
  Definition definition = purchase_definition();
  OperationSpec& spec = definition.steps[step].spec(operation);
  spec.retry = RetryPolicy();
  spec.retry.kind = RetryKind::fixed;
  spec.retry.base = DurationMs{300'000};
  spec.retry.attempts_max = attempts_max;
  spec.retry_name.clear();
  spec.on.clear();
  definition.version = 2;
  world.definitions[2] = definition;
  bool done = false;
  world.engine->put_definition(definition, [&](const auto& put) { done = put.ok(); });
  while (!done && world.step()) {
  }
}

// By itself nobody is asked for long.
void ask_seldom(World& world) {
  call_seldom(world, 1, Operation::query, 0);
}

// The charge was made, and its answer was lost; the next query is far off.
PurchaseId doubtful(World& world, const std::string& cart = "") {
  ask_seldom(world);
  const PurchaseId id = world.submit(world.request("k1", cart))[0]->purchase.id;
  // Not by looking, which would ask: the second try's time-out is over.
  while (world.wire.size() < 2 && world.step()) {
  }
  const TimeMs over = world.sent_at.at(1) + DurationMs{5'000};
  while (world.loop.now_ < over && world.step()) {
  }
  EXPECT_EQ(queries(world), 0U);
  return id;
}

TEST(Inquiry, B1_ALookAtWhatIsInDoubtSettlesItAtOnce) {
  World world({{"charge:try", {Behaviour::lose_answer}}});
  const PurchaseId id = doubtful(world);
  const TimeMs began = world.loop.now_;
  while (queries(world) == 0 && world.loop.now_ < began + DurationMs{60'000}) {
    world.loop.now_ = world.loop.now_ + DurationMs{1'000};  // the buyer reloads every second
    (void)world.show(id);
    world.run(DurationMs{10});
  }
  EXPECT_EQ(queries(world), 1U);
  EXPECT_LT(world.loop.now_, began + DurationMs{60'000}) << "the policy alone would wait for five minutes";
  world.run();
  EXPECT_EQ(world.show(id).purchase.state, PurchaseState::completed);
  world.check_books("after an inquiry");
  world.check_replay("after an inquiry");
}

TEST(Inquiry, WhoeverWaitsForTheOutcomeAsksToo) {
  World world({{"charge:try", {Behaviour::lose_answer}}});
  const PurchaseId id = doubtful(world);
  const TimeMs began = world.loop.now_;
  bool told = false;
  world.engine->await_outcome(id, DurationMs{30'000}, [&](const Result<PurchaseView>& view) {
    ASSERT_TRUE(view.ok());
    EXPECT_EQ(view->purchase.steps[1].state, StepState::confirmed);
    told = true;
  });
  while (!told && world.step()) {
  }
  EXPECT_TRUE(told);
  EXPECT_LT(world.loop.now_, began + DurationMs{30'000});
}

TEST(Inquiry, HoweverOftenSomebodyLooksTheParticipantIsAskedOnce) {
  World world({{"charge:try", {Behaviour::lose_request}}});
  const PurchaseId id = doubtful(world);
  for (int looks = 0; looks < 1'000; ++looks) (void)world.show(id);
  EXPECT_EQ(queries(world), 1U);
}

// A shop polls like this: it submits again under its key.
TEST(Inquiry, C11_AShopThatSubmitsAgainAsksToo) {
  World world({{"charge:try", {Behaviour::lose_answer}}});
  const PurchaseId id = doubtful(world);
  world.pass(DurationMs{5'000});
  ASSERT_EQ(queries(world), 0U);
  const auto again = world.submit(world.request("k1"));
  ASSERT_TRUE(again.at(0).ok());
  EXPECT_EQ(again[0]->purchase.id, id);
  world.run(DurationMs{1'000});
  EXPECT_EQ(queries(world), 1U);
  EXPECT_EQ(world.show(id).purchase.state, PurchaseState::completed);
}

TEST(Inquiry, C11_SoDoesTheSecondClickOnACart) {
  World world({{"charge:try", {Behaviour::lose_answer}}});
  const PurchaseId id = doubtful(world, "cart-1");
  world.pass(DurationMs{5'000});
  const auto click = world.submit(world.request("k2", "cart-1"));
  ASSERT_TRUE(click.at(0).ok());
  EXPECT_EQ(click[0]->purchase.id, id);
  world.run(DurationMs{1'000});
  EXPECT_EQ(queries(world), 1U);
}

// The participant was called just now: the question leaves when it may, if somebody still waits for the
// answer.
TEST(Inquiry, B1_WhoeverWaitsIsAskedForAtTheEndOfTheGap) {
  for (const bool patient : {true, false}) {
    World world({{"charge:try", {Behaviour::accepted_silent}}});
    ask_seldom(world);
    const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
    world.pass(DurationMs{1'000});
    const TimeMs may = world.sent_at.at(1) + inquiry_gap;
    ASSERT_LT(world.loop.now_, may) << "within the gap";
    bool settled = false;
    world.engine->await_outcome(id, DurationMs{patient ? 30'000 : 1'000}, [&](const auto& view) {
      ASSERT_TRUE(view.ok());
      settled = view->purchase.state == PurchaseState::completed ||
                view->purchase.state == PurchaseState::delivering;
    });
    world.pass(DurationMs{20'000});
    EXPECT_EQ(settled, patient);
    ASSERT_EQ(queries(world), patient ? 1U : 0U);
    if (patient) {
      EXPECT_EQ(world.sent_at.at(2), may);
    }
  }
}

std::size_t confirms(const World& world) {
  return static_cast<std::size_t>(std::count_if(world.wire.begin(), world.wire.end(), [](const auto& call) {
    return call.find("issue:confirm:") != std::string::npos;
  }));
}

// Paid; the issuer was busy, and is called again in five minutes.
PurchaseId paid_without_card(World& world) {
  call_seldom(world, 2, Operation::confirm, 3);
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  while (confirms(world) < 1 && world.step()) {
  }
  return id;
}

TEST(Inquiry, B1_ALookAtWhatIsPaidAndHasNoCardConfirmsItAtOnce) {
  World world({{"issue:confirm", {Behaviour::busy}}});
  const PurchaseId id = paid_without_card(world);
  const TimeMs began = world.loop.now_;
  while (confirms(world) < 2 && world.loop.now_ < began + DurationMs{60'000}) {
    world.loop.now_ = world.loop.now_ + DurationMs{1'000};  // the buyer reloads every second
    (void)world.show(id);
    world.pass(DurationMs{10});
  }
  EXPECT_LT(world.loop.now_, began + DurationMs{10'000}) << "the policy alone would wait for five minutes";
  EXPECT_GE(world.loop.now_, began + DurationMs{4'900});
  world.run();
  EXPECT_EQ(world.show(id).purchase.state, PurchaseState::completed);
  EXPECT_EQ(confirms(world), 2U);
  world.check_books("after an inquiry");
  world.check_replay("after an inquiry");
}

TEST(Inquiry, I18_HoweverOftenSomebodyLooksNobodyIsAskedForSoonerThanByThePlan) {
  World world;
  world.always["issue:confirm"] = Behaviour::busy;
  const PurchaseId id = paid_without_card(world);
  const TimeMs began = world.loop.now_;
  while (world.loop.now_ < began + DurationMs{590'000}) {
    world.loop.now_ = world.loop.now_ + DurationMs{1'000};
    (void)world.show(id);
    world.pass(DurationMs{10});
  }
  EXPECT_GT(confirms(world), 5U);
  EXPECT_LE(confirms(world), 120U) << "every five seconds at most";
  EXPECT_EQ(world.show(id).purchase.steps[2].state, StepState::confirming) << "the third is still to come";
  world.always.clear();
  world.run();
  EXPECT_EQ(world.show(id).purchase.state, PurchaseState::completed);
  world.check_books("after many looks");
  world.check_replay("after many looks");
}

TEST(Inquiry, AQueryThatIsNotThereGivesWayToTheTry) {
  World world({{"charge:try", {Behaviour::lose_answer}}});
  world.always["charge:query"] = Behaviour::fault;
  const auto submitted = world.submit(world.request("k1"));
  world.run();
  EXPECT_EQ(world.show(submitted[0]->purchase.id).purchase.state, PurchaseState::completed);
  EXPECT_EQ(queries(world), 1U);
  world.check_books("a query that is not there");
  world.check_replay("a query that is not there");
}

}  // namespace
}  // namespace settle::test
