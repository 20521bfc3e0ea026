// The end of a delivery's window, slept through: no delivery is given up for the time that nobody was there
// to make it (I16).

#include <gtest/gtest.h>

#include "world.hpp"

namespace settle::test {
namespace {

constexpr std::int64_t hour = 3'600'000;

// Paid, carded, and the merchant away; then the daemon is down for so long.
PurchaseId undelivered(World& world, DurationMs down) {
  world.always["notify:deliver"] = Behaviour::reset;
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  world.pass(DurationMs{10 * hour});
  EXPECT_EQ(world.show(id).purchase.steps[3].state, StepState::parked);
  world.always.clear();
  world.loop.now_ = world.loop.now_ + down;
  world.restart(0);
  return id;
}

void set_endpoint(World& world, bool enabled) {
  bool done = false;
  const auto then = [&done](const Result<Done>& said) { done = said.ok(); };
  if (enabled)
    world.engine->enable_endpoint("$merchant/m-1", Operation::deliver, {"ann", "it is back"}, then);
  else
    world.engine->disable_endpoint("$merchant/m-1", Operation::deliver, {"ann", "it is away"}, then);
  while (!done && world.step()) {
  }
  EXPECT_TRUE(done);
}

TEST(WindowSleptThrough, I16_ADaemonThatWasDownOverTheEndDeliversAfterAll) {
  World world;
  const PurchaseId id = undelivered(world, DurationMs{200 * hour});
  world.run();
  EXPECT_EQ(world.show(id).purchase.steps[3].state, StepState::delivered);
  world.check_books("slept through");
  world.check_replay("slept through");
}

TEST(WindowSleptThrough, I16_AMerchantThatIsStillAwayIsGivenUpThen) {
  World world;
  const PurchaseId id = undelivered(world, DurationMs{200 * hour});
  world.always["notify:deliver"] = Behaviour::reset;
  const std::size_t calls = world.wire.size();
  world.run();
  EXPECT_EQ(world.wire.size(), calls + 1) << "one more call";
  EXPECT_EQ(world.show(id).purchase.steps[3].state, StepState::abandoned);
  world.check_replay("still away");
}

TEST(WindowSleptThrough, I16_WhatAShutGateHoldsHasAnHourForIt) {
  for (const bool opens : {true, false}) {
    World world;
    world.always["notify:deliver"] = Behaviour::reset;
    const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
    world.pass(DurationMs{10 * hour});
    set_endpoint(world, false);
    world.always.clear();
    world.loop.now_ = world.loop.now_ + DurationMs{200 * hour};
    world.restart(0);
    world.pass(DurationMs{hour / 2});
    EXPECT_EQ(world.show(id).purchase.state, PurchaseState::delivering) << "not given up at once";
    if (opens) set_endpoint(world, true);
    world.pass(DurationMs{2 * hour});
    EXPECT_EQ(world.show(id).purchase.steps[3].state, opens ? StepState::delivered : StepState::abandoned);
    world.check_replay("held over the end");
  }
}

}  // namespace
}  // namespace settle::test
