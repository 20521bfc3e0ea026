// What the simulated world found, each as a small story of its own.

#include <gtest/gtest.h>

#include <algorithm>

#include "world.hpp"

namespace settle::sim {
namespace {

// A world in which nothing goes wrong, at its end.
std::unique_ptr<World> calm_world(int purchases) {
  Options options;
  options.purchases = purchases;
  auto world = std::make_unique<World>(options);
  world->faults.only({});
  world->damage_at_end = false;
  world->run();
  return world;
}

// Answers may cross even where nothing goes wrong: a sibling's refusal has a try cancelled whose answer is on
// its way, and comes after the cancel's. Where nobody can be asked then, a person must know (I8).
bool only_crossed(const Purchase& purchase) {
  return purchase.state == PurchaseState::cancelled &&
         std::all_of(purchase.steps.begin(), purchase.steps.end(), [](const Step& step) {
           return step.state != StepState::parked || step.parked_from == StepState::cancelled;
         });
}

// What the world calls fine must be fine: without faults every purchase ends by itself, and only the books
// refuse.
TEST(SimWorld, ACalmWorldNeedsNobody) {
  const auto world = calm_world(200);
  std::size_t completed = 0;
  for (const auto& [id, shadow] : world->oracle.log().all()) {
    EXPECT_TRUE(is_terminal(shadow.purchase.state)) << id.text();
    EXPECT_TRUE(!needs_person(shadow.purchase) || only_crossed(shadow.purchase)) << id.text();
    if (shadow.purchase.state == PurchaseState::completed) ++completed;
  }
  EXPECT_GT(completed, 150U);
}

// Seed 77: a read of a snapshot that failed while recovering was reported as damage of the log, which sends
// an operator to the backups when a restart would do.
TEST(SimFound, I22_AReadThatFailsInRecoveryIsNoDamage) {
  const auto world = calm_world(10);
  Disk& disk = world->daemon.disk();
  int failures = 0;
  for (int fail_at = 1; fail_at < 10'000; ++fail_at) {
    int reads = 0;
    disk.probe = [&](Disk::Point point) { return point == Disk::Point::read && ++reads == fail_at; };
    Clock clock(world->time);
    clock.start();
    const auto engine = Engine::create({}, clock, disk, world->network, world->keys);
    const Status recovered = engine->recover();
    if (recovered.ok()) break;
    ++failures;
    EXPECT_EQ(recovered.error().code, "io") << recovered.error().detail;
  }
  EXPECT_GT(failures, 20) << "recovery read next to nothing: this shows nothing";
}

}  // namespace
}  // namespace settle::sim
