// The fingerprint guard (B7, B9): what looks like an earlier purchase is asked about, over restarts and
// before anything is durable; what came to nothing stands in nobody's way.

#include <gtest/gtest.h>

#include "world.hpp"

namespace settle::test {
namespace {

constexpr DurationMs window{600'000};

void reconfigure(World& world, DurationMs span) {
  world.guards.fingerprint_window = span;
  world.restart(world.unsynced());
}

std::unique_ptr<World> guarded(World::Script script = {}) {
  auto world = std::make_unique<World>(std::move(script));
  reconfigure(*world, window);
  return world;
}

// The code it was answered with; "taken", "found".
std::string code(World& world, const SubmitRequest& request) {
  const auto said = world.submit(request).front();
  if (!said.ok()) return said.error().code;
  return said->created ? "taken" : "found";
}

TEST(Guard, B9_TheSameGoodsUnderAnotherKeyAreAskedAbout) {
  const auto guarded_world = guarded();
  World& world = *guarded_world;
  const SubmitRequest first = world.request("k1");
  const PurchaseId id = world.submit(first).front()->purchase.id;
  SubmitRequest second = world.request("k2");
  second.refusal = std::make_shared<GuardRefusal>();
  const std::uint64_t appends = world.journal->figures().appends;
  EXPECT_EQ(code(world, second), "possible_duplicate");
  EXPECT_EQ(second.refusal->earlier, id);
  EXPECT_EQ(second.refusal->earlier_order, "order-k1");
  EXPECT_EQ(world.journal->figures().appends, appends) << "a refused purchase has stored nothing";
  EXPECT_EQ(code(world, first), "found") << "the same key is never a duplicate";
  second.allow_duplicate = true;
  EXPECT_EQ(code(world, second), "taken") << "the refused key is good for the answer";
  second.allow_duplicate = false;
  EXPECT_EQ(code(world, second), "found");
}

TEST(Guard, B9_EachPartOfTheFingerprintCounts) {
  const auto guarded_world = guarded();
  World& world = *guarded_world;
  ASSERT_EQ(code(world, world.request("k1")), "taken");
  int key = 1;
  const auto differs = [&](auto change) {
    SubmitRequest other = world.request("k" + std::to_string(++key));
    change(other.order);
    EXPECT_EQ(code(world, other), "taken");
  };
  differs([](Order& order) { order.shop = "shop-2"; });
  differs([](Order& order) { order.buyer = "buyer-2"; });
  differs([](Order& order) { order.sku = "GAME-50"; });
  differs([](Order& order) { order.currency = "EUR"; });
  differs([](Order& order) { order.quantity = 3; });
  differs([](Order& order) { order.amount_minor = 2'001; });
  SubmitRequest same = world.request("k99");
  same.order.payload = R"({"note":"other"})";
  EXPECT_EQ(code(world, same), "possible_duplicate");
}

TEST(Guard, B9_IsOffByDefaultAndKnowsOnlyWhatWasTakenWhileOn) {
  const auto guarded_world = guarded();
  World& world = *guarded_world;
  reconfigure(world, DurationMs{0});
  EXPECT_EQ(code(world, world.request("k1")), "taken");
  EXPECT_EQ(code(world, world.request("k2")), "taken");
  reconfigure(world, window);
  EXPECT_EQ(code(world, world.request("k3")), "taken");
  EXPECT_EQ(code(world, world.request("k4")), "possible_duplicate");
}

TEST(Guard, B9_HoldsOverARestartAndEndsWithTheWindow) {
  const auto guarded_world = guarded();
  World& world = *guarded_world;
  ASSERT_EQ(code(world, world.request("k1")), "taken");
  const TimeMs taken = world.loop.now_;
  world.run();
  world.restart(0);
  world.loop.now_ = taken + DurationMs{window.count - 60'000};
  if (world.loop.now_ < world.engine->last_journalled()) world.loop.now_ = world.engine->last_journalled();
  EXPECT_EQ(code(world, world.request("k2")), "possible_duplicate");
  world.loop.now_ = taken + window;
  EXPECT_EQ(code(world, world.request("k3")), "taken");
}

TEST(Guard, B9_WhatWasCancelledStandsInNobodysWay) {
  const auto guarded_world = guarded({{"charge:try", {Behaviour::refuse}}});
  World& world = *guarded_world;
  const PurchaseId id = world.submit(world.request("k1")).front()->purchase.id;
  EXPECT_EQ(code(world, world.request("k2")), "possible_duplicate") << "not before its state decides";
  world.run(DurationMs{60'000});
  ASSERT_EQ(world.show(id).purchase.state, PurchaseState::cancelled);
  EXPECT_EQ(code(world, world.request("k3")), "taken");
  EXPECT_EQ(code(world, world.request("k4")), "possible_duplicate") << "k3 stands, though k1 does not";
}

TEST(Guard, B9_WhatIsNotDurableYetIsKnownToo) {
  const auto guarded_world = guarded();
  World& world = *guarded_world;
  std::vector<std::string> first, second;
  const auto to = [](std::vector<std::string>& into) {
    return [&into](const Result<PurchaseView>& said) {
      into.push_back(said.ok() ? "taken" : said.error().code);
    };
  };
  world.engine->submit(world.request("k1"), to(first));
  world.engine->submit(world.request("k2"), to(second));
  EXPECT_TRUE(second.empty()) << "a refusal must not rest on what a crash could take back";
  while (second.empty() && world.step()) {
  }
  EXPECT_EQ(first, std::vector<std::string>{"taken"});
  EXPECT_EQ(second, std::vector<std::string>{"possible_duplicate"});
}

// Whatever the crash took, the second order is taken exactly if the first is gone.
TEST(Guard, B9_ACrashBeforeTheFirstIsDurableLeavesNoGhost) {
  for (const std::size_t survives : {0U, 1U}) {
    const auto guarded_world = guarded();
    World& world = *guarded_world;
    world.engine->submit(world.request("k1"), [](const auto&) {});
    ASSERT_EQ(world.unsynced(), 1U);
    world.restart(survives);
    EXPECT_EQ(code(world, world.request("k2")), survives == 0 ? "taken" : "possible_duplicate");
  }
}

TEST(Guard, B7_ASharedCartIsAnsweredBeforeTheFingerprint) {
  const auto guarded_world = guarded();
  World& world = *guarded_world;
  ASSERT_EQ(code(world, world.request("k1", "cart-1")), "taken");
  EXPECT_EQ(code(world, world.request("k2", "cart-1")), "found");
  EXPECT_EQ(code(world, world.request("k3", "cart-2")), "possible_duplicate");
  EXPECT_EQ(world.claims().size(), 1U) << "what is refused claims no cart";
}

TEST(Guard, B10_ABuyerWhoBuysTooFastWaits) {
  World world;
  world.guards.buyer_per_minute = 2;
  world.guards.buyer_cooldown = DurationMs{45'000};
  world.restart(world.unsynced());
  const SubmitRequest first = world.request("k1");
  ASSERT_TRUE(world.submit(first).front().ok());
  ASSERT_TRUE(world.submit(world.request("k2")).front().ok());
  SubmitRequest third = world.request("k3");
  third.refusal = std::make_shared<GuardRefusal>();
  const auto refused = world.submit(third).front();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, "buyer_rate_limited");
  EXPECT_EQ(third.refusal->retry_after, DurationMs{45'000});
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(world.submit(first).front().ok()) << "a repeated key is no purchase";
  SubmitRequest another = world.request("k4");
  another.order.buyer = "buyer-2";
  EXPECT_TRUE(world.submit(another).front().ok());
  another = world.request("k5");
  another.order.shop = "shop-2";
  EXPECT_TRUE(world.submit(another).front().ok()) << "another shop's buyer of the same name is another one";
  world.loop.now_ = world.loop.now_ + third.refusal->retry_after;
  EXPECT_TRUE(world.submit(third).front().ok());
}

// Whoever clicks on one cart for ever is slowed down as well, and before each click leaves a record.
TEST(Guard, B10_EachNewKeyCountsWhateverItFinds) {
  World world;
  world.guards.buyer_per_minute = 5;
  world.guards.fingerprint_window = window;
  world.restart(world.unsynced());
  ASSERT_EQ(code(world, world.request("k1", "cart-1")), "taken");
  for (int i = 2; i <= 5; ++i)
    EXPECT_EQ(code(world, world.request("k" + std::to_string(i), "cart-1")), "found") << i;
  const std::uint64_t appends = world.journal->figures().appends;
  EXPECT_EQ(code(world, world.request("k6", "cart-1")), "buyer_rate_limited");
  EXPECT_EQ(code(world, world.request("k7")), "buyer_rate_limited") << "not even asked about";
  EXPECT_EQ(world.journal->figures().appends, appends) << "nothing is stored of them";
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(code(world, world.request("k1", "cart-1")), "found") << "the same key again is free";
    EXPECT_EQ(code(world, world.request("k3", "cart-1")), "found") << "also of one that joined";
  }
  world.loop.now_ = world.loop.now_ + DurationMs{60'000};
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(code(world, world.request("d" + std::to_string(i))), "possible_duplicate");
  EXPECT_EQ(code(world, world.request("d5")), "buyer_rate_limited") << "questions count, too";
}

TEST(Guard, B7_ACartForAnotherMerchantIsAnotherPurchase) {
  World world;
  ASSERT_EQ(code(world, world.request("k1", "cart-1")), "taken");
  SubmitRequest other = world.request("k2", "cart-1");
  other.order.merchant = "m-2";
  EXPECT_EQ(code(world, other), "cart_id_reused");
  SubmitRequest same = world.request("k3", "cart-1");
  same.order.payload = R"({"clicked_at":"12:00:01"})";
  EXPECT_EQ(code(world, same), "found") << "the payload is the shop's own words";
}

}  // namespace
}  // namespace settle::test
