// Gates, as a flow: what waited leaves no faster than its endpoint takes it, the more important first, and
// new purchases always find room.

#include <gtest/gtest.h>

#include <algorithm>

#include "gates_rig.hpp"

namespace settle::test {
namespace {

// The most calls of "STEP:OPERATION" that were out at once, where each took so long.
std::size_t at_once(const World& world, const std::string& name, DurationMs each) {
  const std::vector<TimeMs> left = calls(world, name);
  std::size_t most = 0;
  for (std::size_t first = 0, i = 0; i < left.size(); ++i) {
    while (left[first] + each <= left[i]) ++first;
    most = std::max(most, i - first + 1);
  }
  return most;
}

// A step, "notify_low", that is told beside "notify" and gives way to it.
void define_with_low(World& world) {
  Definition definition = purchase_definition();
  definition.steps.push_back(definition.steps[3]);
  definition.steps.back().name = "log";
  definition.steps.back().priority = Priority::low;
  definition.version = 2;
  world.definitions[2] = definition;
  bool done = false;
  world.engine->put_definition(definition, [&](const auto& put) { done = put.ok(); });
  while (!done && world.step()) {
  }
  ASSERT_TRUE(done);
}

// An outage is over, and thousands wait: what leaves at once is bounded by what the endpoint takes.
TEST(GatesFlow, A9_WhatWasHeldLeavesAsItIsTakenAndANewPurchaseFindsRoom) {
  World world;
  world.connections["payment"] = 64;
  world.takes["charge:confirm"] = DurationMs{1'500};
  act(world, false, "payment", Operation::confirm);
  const auto ids = submit_many(world, 2'000);
  world.pass(second);
  world.out_at_most.clear();
  world.queued_at_most = 0;
  act(world, true, "payment", Operation::confirm);
  world.pass(DurationMs{2'000});
  const TimeMs submitted = world.loop.now_;
  const PurchaseId fresh = world.submit(world.request("new"))[0]->purchase.id;
  world.pass(DurationMs{5 * second.count});
  const PurchaseView shown = world.show(fresh);
  ASSERT_EQ(shown.purchase.decision, Decision::commit);
  EXPECT_LT((shown.purchase.decided_at - submitted).count, 1'000);
  EXPECT_EQ(shown.purchase.state, PurchaseState::completed) << "nor does it queue behind what waited";
  EXPECT_LE(world.out_at_most["payment"], 50U) << "a quarter is left to what is new";
  EXPECT_GE(world.out_at_most["payment"], 48U) << "and the rest is used";
  world.pass(DurationMs{2 * minute.count});
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 2'000);
  EXPECT_LT(world.queued_at_most, 64U);
  EXPECT_EQ(world.never_left, 0U);
}

TEST(GatesFlow, A9_WhatIsTakenFastIsReleasedFast) {
  World world;
  world.connections["payment"] = 64;
  world.takes["charge:confirm"] = DurationMs{20};
  act(world, false, "payment", Operation::confirm);
  const auto ids = submit_many(world, 1'000);
  world.pass(second);
  act(world, true, "payment", Operation::confirm);
  world.pass(DurationMs{2 * second.count});
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 1'000);
}

// The client gave it back: nobody was called, so nothing is charged.
TEST(GatesFlow, I18_ACallThatFoundNoConnectionIsHeldAndNotCounted) {
  World world;
  world.connections["payment"] = 1;
  world.takes["charge:confirm"] = DurationMs{35'000};
  const auto ids = submit_many(world, 2);
  world.pass(DurationMs{5 * minute.count});
  EXPECT_GE(world.never_left, 1U);
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 2);
  for (const PurchaseId& id : ids)
    EXPECT_EQ(world.show(id).purchase.steps[1].attempts_of(Operation::confirm), 1);
  bool held = false;
  for (const PurchaseId& id : ids)
    for (const Attempt& attempt : world.attempts(id)) held = held || attempt.end == Attempt::End::held;
  EXPECT_TRUE(held) << "and it is told";
  world.check_attempts("never left");
  world.check_replay("never left");
}

TEST(GatesFlow, A13_TheMoreImportantLeavesFirst) {
  World world;
  define_with_low(world);
  for (const char* name : {"inventory", "payment", "card"})
    change_participant(world, name, [](Participant& one) { one.limits.connections_max = 1'000; });
  change_merchant(world, [](Merchant& one) { one.limits.connections_max = 1'000; });
  act(world, false, "$merchant/m-1", Operation::deliver);
  const auto told = submit_many(world, 150, "told");
  world.pass(second);
  act(world, false, "payment", Operation::confirm);
  const auto paid = submit_many(world, 150, "paid");
  world.pass(second);
  const std::size_t before = world.wire.size();
  // The deliveries have waited longest, and their gate opens first.
  act(world, true, "$merchant/m-1", Operation::deliver);
  act(world, true, "payment", Operation::confirm);
  world.pass(minute);
  std::vector<char> order;
  for (std::size_t i = before; i < world.wire.size(); ++i) {
    const std::string& call = world.wire[i];
    if (call.rfind("charge:confirm:", 0) == 0) order.push_back('c');
    // Of those that were held: what is told for the first time waits for nobody.
    const auto id = *PurchaseId::parse(header(world.requests[i], "Settle-Purchase"));
    if (std::find(told.begin(), told.end(), id) == told.end()) continue;
    if (call.rfind("notify:", 0) == 0) order.push_back('d');
    if (call.rfind("log:", 0) == 0) order.push_back('l');
  }
  ASSERT_EQ(order.size(), 450U);
  const auto nth = [&](char kind, int n) {
    std::size_t at = 0;
    for (; at < order.size(); ++at)
      if (order[at] == kind && --n == 0) break;
    return at;
  };
  EXPECT_LT(nth('c', 150), nth('d', 60)) << std::string(order.begin(), order.end());
  EXPECT_LT(nth('d', 150), nth('l', 60)) << std::string(order.begin(), order.end());
  EXPECT_EQ(in_state(world, told, PurchaseState::completed), 150);
  EXPECT_EQ(in_state(world, paid, PurchaseState::completed), 150);
}

TEST(GatesFlow, I19_ALongLaneKeepsNoOtherOfItsRankWaiting) {
  World world;
  for (const char* name : {"inventory", "payment"})
    change_participant(world, name, [](Participant& one) { one.limits.connections_max = 1'000; });
  act(world, false, "inventory", Operation::confirm);
  const auto ids = submit_many(world, 400);
  world.pass(second);
  act(world, false, "payment", Operation::confirm);
  const auto few = submit_many(world, 20, "few");
  world.pass(second);
  const std::size_t before = world.wire.size();
  act(world, true, "inventory", Operation::confirm);
  act(world, true, "payment", Operation::confirm);
  world.pass(minute);
  std::size_t ahead = 0, met = 0;
  for (std::size_t i = before; i < world.wire.size() && met < 20; ++i) {
    ahead += world.wire[i].rfind("reserve:confirm:", 0) == 0 ? 1 : 0;
    met += world.wire[i].rfind("charge:confirm:", 0) == 0 ? 1 : 0;
  }
  EXPECT_EQ(met, 20U);
  EXPECT_LT(ahead, 100U) << "of 420 that wait for another endpoint";
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 400);
}

// A daemon was away: what it owes is past due all at once.
TEST(GatesFlow, A9_AfterALongStopConfirmsComeBeforeOldCallbacks) {
  GatePolicy policy;
  policy.breakers = false;
  policy.repetitions_per_second = 100'000;
  policy.repetitions_burst = 100'000;
  World world({}, true, policy);
  world.always["notify:deliver"] = Behaviour::busy;
  const auto callbacks = submit_many(world, 2'000, "old");
  world.pass(DurationMs{3 * minute.count});
  world.always["charge:confirm"] = Behaviour::busy;
  const auto confirms = submit_many(world, 10, "new");
  world.pass(DurationMs{90 * second.count});
  ASSERT_EQ(in_state(world, callbacks, PurchaseState::delivering), 2'000);
  ASSERT_EQ(in_state(world, confirms, PurchaseState::confirming), 10);
  world.always.clear();
  world.loop.now_ = world.loop.now_ + DurationMs{8 * hour.count};
  const std::size_t before = world.wire.size();
  world.restart(world.unsynced());
  DurationMs lag_seen{0};
  world.at_idle = [&] { lag_seen = std::max(lag_seen, world.engine->gauges().due_lag); };
  world.pass(DurationMs{5});
  world.at_idle = nullptr;
  world.pass(minute);
  std::size_t callbacks_before = 0, met = 0;
  for (std::size_t i = before; i < world.wire.size() && met < 10; ++i) {
    callbacks_before += world.wire[i].rfind("notify:deliver:", 0) == 0 ? 1 : 0;
    met += world.wire[i].rfind("charge:confirm:", 0) == 0 ? 1 : 0;
    if (met == 10) {
      EXPECT_LE((world.sent_at[i] - world.sent_at[before]).count, 1'000);
    }
  }
  EXPECT_EQ(met, 10U);
  EXPECT_LE(callbacks_before, 500U);
  EXPECT_GE(lag_seen.count, 7 * hour.count) << "what is late is shown while it is";
  EXPECT_EQ(world.engine->gauges().due_lag.count, 0);
  EXPECT_EQ(in_state(world, callbacks, PurchaseState::completed), 2'000);
  EXPECT_EQ(in_state(world, confirms, PurchaseState::completed), 10);
}

TEST(GatesFlow, A13_OfWhatIsDueTheLogLikeComesLast) {
  GatePolicy policy;
  policy.breakers = false;
  policy.repetitions_burst = 10'000;
  World world({}, true, policy);
  define_with_low(world);
  world.always["log:deliver"] = Behaviour::busy;
  const auto low = submit_many(world, 150, "low");
  world.pass(DurationMs{10 * second.count});
  world.always = {{"notify:deliver", Behaviour::busy}};
  const auto normal = submit_many(world, 150, "normal");
  world.pass(DurationMs{10 * second.count});
  world.always.clear();
  world.loop.now_ = world.loop.now_ + DurationMs{8 * hour.count};
  const std::size_t before = world.wire.size();
  world.restart(world.unsynced());
  world.pass(minute);
  std::size_t logged = 0, told = 0;
  for (std::size_t i = before; i < world.wire.size() && told < 150; ++i) {
    logged += world.wire[i].rfind("log:", 0) == 0 ? 1 : 0;
    told += world.wire[i].rfind("notify:", 0) == 0 ? 1 : 0;
  }
  EXPECT_EQ(told, 150U);
  EXPECT_LT(logged, 10U) << "although it was due before";
  EXPECT_EQ(in_state(world, low, PurchaseState::completed), 150);
  EXPECT_EQ(in_state(world, normal, PurchaseState::completed), 150);
}

TEST(GatesFlow, AnEndpointsCallsAtOnceAreBounded) {
  World world;
  world.takes["charge:confirm"] = DurationMs{300};
  change_participant(world, "payment", [](Participant& payment) {
    payment.endpoint_calls[Operation::confirm] = EndpointLimits{0, 3};
  });
  const auto ids = submit_many(world, 40);
  world.pass(minute);
  EXPECT_EQ(at_once(world, "charge:confirm", DurationMs{306}), 3U);
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 40);
}

TEST(GatesFlow, AParticipantsCallsAtOnceAreBoundedOverAllItsEndpoints) {
  World world;
  world.connections["payment"] = 64;
  world.takes = {{"charge:try", DurationMs{200}}, {"charge:confirm", DurationMs{300}}};
  change_participant(world, "payment", [](Participant& payment) { payment.calls = EndpointLimits{0, 4}; });
  const auto ids = submit_many(world, 40);
  world.pass(minute);
  EXPECT_EQ(world.out_at_most["payment"], 4U);
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 40);
}

TEST(GatesFlow, AMerchantMayAskForOneCallAtATime) {
  World world;
  world.takes["notify:deliver"] = DurationMs{100};
  change_merchant(world, [](Merchant& merchant) { merchant.calls = EndpointLimits{0, 1}; });
  const auto ids = submit_many(world, 30);
  world.pass(minute);
  EXPECT_EQ(at_once(world, "notify:deliver", DurationMs{106}), 1U);
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 30);
}

// The machine slept: everything that waits is due at once.
TEST(GatesFlow, B8_AJumpOfTheClockIsNoStormOfRetries) {
  GatePolicy policy;
  policy.breakers = false;
  World world({}, true, policy);
  world.always["charge:confirm"] = Behaviour::busy;
  const auto ids = submit_many(world, 1'000);
  world.pass(minute);
  world.loop.now_ = world.loop.now_ + DurationMs{8 * hour.count};
  const TimeMs woke = world.loop.now_;
  world.pass(minute);
  const std::vector<TimeMs> all = calls(world, "charge:confirm");
  const auto first = std::lower_bound(all.begin(), all.end(), woke);
  EXPECT_LE(all.end() - first, 200 + 20 * 60 + 1) << "what is saved up, and 20 a second";
  EXPECT_GE(all.end() - first, 800) << "and they do leave";
  world.always.clear();
  world.pass(DurationMs{10 * minute.count});
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 1'000);
}

// Entries of the index of what is held, whose purchases cannot be read (I19).
TEST(GatesFlow, I19_WhatCannotBeReadKeepsNothingThatIsHeldFromItsTurn) {
  World world;
  act(world, false, "payment", Operation::confirm);
  const auto ids = submit_many(world, 5);
  world.pass(second);
  for (int i = 0; i < 150; ++i) {
    Append poison;
    poison.purchase.bytes.fill(static_cast<std::uint8_t>(i + 1));
    poison.shard = shard_of(poison.purchase, world.journal->shard_count());
    poison.epoch = Epoch{1};
    poison.at = world.loop.now_;
    poison.event = "unreadable";
    poison.snapshot = "\xff\xff unreadable";
    poison.indexes.push_back(
        {true, "held", "0|payment/confirm", TimeMs{(std::int64_t{1} << 52) - 1'000}, poison.purchase});
    ASSERT_TRUE(world.journal->append(std::move(poison)).ok());
  }
  ASSERT_TRUE(world.journal->sync().ok());
  world.restart(0);
  act(world, true, "payment", Operation::confirm);
  world.pass(minute);
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 5);
  EXPECT_EQ(world.engine->figures().alerts, 150U) << "a person is told of each, once";
}

}  // namespace
}  // namespace settle::test
