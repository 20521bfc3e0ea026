// Named policies at work: a change holds from each purchase's next event on, whatever version of a definition
// it began with, and a replay finds what was in force (I21, I27).

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "definition_book.hpp"
#include "policy_json.hpp"
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
  world.engine->put_policy(name, policy, {}, [&](const Result<Engine::PutOutcome>& put) {
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
  definition.steps[0].spec(Operation::try_).on.clear();
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

// What a build before this one shipped, and left in the journal.
void shipped_otherwise(World& world) {
  PolicySet older = world.policies.rbegin()->second;
  ++older.revision;
  older.named["submit"] = every(7'000);
  older.named.erase("busy");
  older.named.erase("busy-callback");
  world.policies[older.revision] = older;
  nlohmann::json document = {{"revision", older.revision}, {"policies", nlohmann::json::object()}};
  for (const auto& [name, policy] : older.named)
    document["policies"][name] = nlohmann::json::parse(policy_object(policy).dump());
  bool done = false;
  world.engine->note(RecordKind::registry, R"({"event":"policies_shipped"})",
                     {{"policies", DefinitionBook::key_of(older), document.dump()}},
                     [&](const Result<Done>& noted) { done = noted.ok(); });
  while (!done && world.step()) {
  }
  ASSERT_TRUE(done);
}

TEST(Policies, I21_ALaterBuildMendsWhatWasShippedByARevisionOfItsOwn) {
  World world(busy(1));
  shipped_otherwise(world);
  world.restart(world.unsynced());
  world.run(DurationMs{1'000});
  const PolicySet& now = world.engine->policies();
  EXPECT_EQ(now.revision, 3U);
  EXPECT_EQ(now.named.at("submit"), shipped_policies().at("submit"));
  EXPECT_EQ(now.named.count("busy"), 1U);
  world.policies[3] = now;
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  world.run();
  EXPECT_EQ(world.show(id).purchase.state, PurchaseState::completed);
  const Result<VerifyReport> report = verify_journal(*world.journal);
  EXPECT_TRUE(report.ok()) << report.error().detail;
  world.restart(world.unsynced());
  world.run(DurationMs{1'000});
  EXPECT_EQ(world.engine->policies().revision, 3U) << "once";
}

// C1, B13: today's orders are not lost to a participant that is too busy for a few minutes.
TEST(Policies, C1_ASpellOf503sOfMinutesLosesNoOrder) {
  World world;
  world.always["charge:try"] = Behaviour::busy;
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  world.pass(DurationMs{5 * 60'000});
  EXPECT_EQ(world.show(id).purchase.state, PurchaseState::trying);
  world.always.clear();
  world.run();
  EXPECT_EQ(world.show(id).purchase.state, PurchaseState::completed);
  const Result<VerifyReport> report = verify_journal(*world.journal);
  EXPECT_TRUE(report.ok()) << report.error().detail;
}

TEST(Policies, C1_OneThatIsBusyForAsLongAsADecisionMayTakeIsCancelled) {
  World world;
  world.always["charge:try"] = Behaviour::busy;
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  world.run(DurationMs{20 * 60'000});
  EXPECT_EQ(world.show(id).purchase.state, PurchaseState::cancelled);
}

// A14: by load, from the second resend on (A5), and visibly.
TEST(Stretch, A14_UnderLoadADeliveryWaitsLongerAndItsAttemptsSaySo) {
  World world;
  world.config.in_motion_max = 6;
  world.config.rest_after = DurationMs{12LL * 3'600'000};  // what waits stays in memory, and is load
  world.restart(world.unsynced());
  world.always["notify:deliver"] = Behaviour::broken;
  std::vector<PurchaseId> ids;
  for (int i = 0; i < 6; ++i)
    ids.push_back(world.submit(world.request("k" + std::to_string(i)))[0]->purchase.id);
  world.pass(DurationMs{30'000});
  EXPECT_EQ(world.engine->gauges().stretch_percent, 400U);
  world.pass(DurationMs{180'000});
  std::vector<Attempt> deliveries;
  for (Attempt& one : world.attempts(ids.back()))
    if (one.operation == Operation::deliver) deliveries.push_back(std::move(one));
  ASSERT_EQ(deliveries.size(), 2U);
  EXPECT_LE(deliveries[0].wait->count, 5 * 60'000) << "A5: the first resend comes within five minutes";
  EXPECT_EQ(deliveries[0].stretched_percent, 100U);
  EXPECT_EQ(deliveries[1].stretched_percent, 400U);
  EXPECT_GE(deliveries[1].wait->count, 4 * 600'000) << "the policy says 600 s";
  world.restart(world.unsynced());
  const Result<VerifyReport> report = verify_journal(*world.journal);
  EXPECT_TRUE(report.ok()) << report.error().detail;
}

TEST(Policies, AWindowThatIsInUseIsShortenedOnlyIfThatIsMeant) {
  World world;
  RetryPolicy policy = every(1'000);
  policy.window = DurationMs{3'600'000};
  put_policy(world, "mine", policy);
  policy.window = DurationMs{60'000};
  put_policy(world, "mine", policy);  // nobody uses it
  define(world);
  const auto change = [&](DurationMs window, bool meant) {
    policy.window = window;
    std::string code;
    world.engine->put_policy("mine", policy, {Act{"ann", "less patience"}, meant}, [&](const auto& put) {
      code = put.ok() ? "ok" : put.error().code + " " + put.error().detail.substr(0, 10);
    });
    while (code.empty() && world.step()) {
    }
    return code;
  };
  EXPECT_EQ(change(DurationMs{30'000}, false), "policy_window_shorter /window_ms");
  EXPECT_EQ(change(DurationMs{90'000}, false), "ok");
  EXPECT_EQ(change(DurationMs{0}, false), "ok") << "none is longer than any";
  EXPECT_EQ(change(DurationMs{30'000}, false), "policy_window_shorter /window_ms");
  EXPECT_EQ(change(DurationMs{30'000}, true), "ok");
}

}  // namespace
}  // namespace settle::test
