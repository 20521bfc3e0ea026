// Named policies at work: a change holds from each purchase's next event on, whatever version of a definition
// it began with, and a replay finds what was in force (I21, I27).

#include <gtest/gtest.h>

#include "settle/coordinator/verify.hpp"
#include "world.hpp"

namespace settle::test {
namespace {

RetryPolicy every(std::int64_t ms) {
  RetryPolicy policy;
  policy.kind = RetryKind::fixed;
  policy.base = DurationMs{ms};
  policy.jitter_percent = 0;
  policy.attempts_max = 50;
  return policy;
}

void put_policy(World& world, const char* name, const RetryPolicy& policy) {
  PolicySet next = world.policies.rbegin()->second;
  ++next.revision;
  next.named[name] = policy;
  world.policies[next.revision] = next;
  bool done = false;
  world.engine->put_policy(name, policy, [&](const Result<Engine::PutOutcome>& put) {
    ASSERT_TRUE(put.ok()) << put.error().detail;
    done = true;
  });
  while (!done && world.step()) {
  }
  ASSERT_TRUE(done);
}

// `purchase`, with the tries of reserve under the policy "mine".
void define(World& world) {
  Definition definition = purchase_definition();
  definition.steps[0].spec(Operation::try_).retry_name = "mine";
  definition.version = 2;
  world.definitions[2] = definition;
  bool done = false;
  world.engine->put_definition(definition, [&](const Result<Engine::PutOutcome>& put) {
    ASSERT_TRUE(put.ok()) << put.error().detail;
    done = true;
  });
  while (!done && world.step()) {
  }
}

DurationMs wait_before(const World& world, std::size_t call) {
  return world.sent_at.at(call) - world.sent_at.at(call - 1);
}

World::Script busy(std::size_t times) {
  return {{"reserve:try", std::vector<Behaviour>(times, Behaviour::busy)}};
}

TEST(Policies, I27_AChangeHoldsFromTheNextEventOnAndReplays) {
  World world(busy(4));
  put_policy(world, "mine", every(1'000));
  define(world);
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  while (world.wire.size() < 2 && world.step()) {
  }
  put_policy(world, "mine", every(30'000));  // the second attempt's answer is still to come
  world.run();
  ASSERT_GE(world.wire.size(), 5U);
  EXPECT_LT(wait_before(world, 1).count, 2'000);
  EXPECT_GE(wait_before(world, 2).count, 30'000);
  EXPECT_EQ(world.show(id).purchase.state, PurchaseState::completed);
  const Result<VerifyReport> report = verify_journal(*world.journal);
  EXPECT_TRUE(report.ok()) << report.error().detail;
}

TEST(Policies, I18_ARestartKeepsTheRevisionThatEachEventHad) {
  World world(busy(4));
  put_policy(world, "mine", every(1'000));
  define(world);
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  while (world.wire.size() < 2 && world.step()) {
  }
  put_policy(world, "mine", every(5'000));
  while (world.wire.size() < 3 && world.step()) {
  }
  const std::uint32_t revision = world.engine->policies().revision;
  world.restart(world.unsynced());
  EXPECT_EQ(world.engine->policies().revision, revision);
  EXPECT_EQ(world.engine->policies().named.at("mine").base, DurationMs{5'000});
  world.run();
  EXPECT_EQ(world.show(id).purchase.state, PurchaseState::completed);
  const Result<VerifyReport> report = verify_journal(*world.journal);
  EXPECT_TRUE(report.ok()) << report.error().detail;
}

TEST(Policies, WhatIsShippedIsInTheJournalFromTheFirstStartOn) {
  World world;
  world.run(DurationMs{1'000});
  EXPECT_EQ(world.engine->policies().revision, 1U);
  EXPECT_TRUE(world.recorded("policies_shipped"));
  world.restart(world.unsynced());
  world.run(DurationMs{1'000});
  EXPECT_EQ(world.engine->policies().revision, 1U) << "once";
}

}  // namespace
}  // namespace settle::test
