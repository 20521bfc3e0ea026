// Gates, with the whole engine behind them: an outage uses up no attempts and leaves nothing for a person,
// what waited goes on by itself, paced, and what limits and budgets allow is all that leaves.

#include <gtest/gtest.h>

#include <algorithm>

#include "gates_rig.hpp"

namespace settle::test {
namespace {

TEST(Gates, A7_AnOutageOfFourMinutesLeavesNothingForAPerson) {
  World world;
  world.always["charge:confirm"] = Behaviour::reset;
  const auto ids = submit_many(world, 60);
  world.pass(DurationMs{4 * minute.count});
  EXPECT_EQ(endpoint(world, "payment", Operation::confirm).state, BreakerState::open);
  EXPECT_LT(calls(world, "charge:confirm").size(), 90U) << "it is left alone, but for its probes";
  EXPECT_TRUE(world.recorded("breaker_opened"));
  world.always.clear();
  world.pass(DurationMs{4 * minute.count});
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 60);
  EXPECT_EQ(endpoint(world, "payment", Operation::confirm).state, BreakerState::closed);
  EXPECT_TRUE(world.recorded("breaker_closed"));
  EXPECT_LE(world.engine->figures().parked, 1U) << "the one that found out for all";
  world.check_books("after the outage");
  world.check_replay("after the outage");
}

TEST(Gates, I18_NoAttemptIsUsedUpWhileTheBreakerIsOpen) {
  World world;
  world.always["charge:confirm"] = Behaviour::busy;
  const auto ids = submit_many(world, 60);
  world.pass(DurationMs{8 * hour.count});
  world.always.clear();
  world.pass(DurationMs{hour.count});
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 60);
  // One of them found out for all; it came to a person, and went on by itself.
  const auto many = std::count_if(ids.begin(), ids.end(), [&](const PurchaseId& id) {
    return world.show(id).purchase.steps[1].attempts_of(Operation::confirm) > 2;
  });
  EXPECT_EQ(many, 1);
  EXPECT_LE(world.engine->figures().parked, 1U);
}

TEST(Gates, ARestartDoesNotHammerWhatWasDown) {
  World world;
  world.always["charge:confirm"] = Behaviour::reset;
  const auto ids = submit_many(world, 60);
  world.pass(minute);
  ASSERT_EQ(endpoint(world, "payment", Operation::confirm).state, BreakerState::open);
  const std::size_t before = calls(world, "charge:confirm").size();
  world.restart(world.unsynced());
  EXPECT_EQ(endpoint(world, "payment", Operation::confirm).state, BreakerState::open);
  world.pass(DurationMs{5 * minute.count});
  EXPECT_LT(calls(world, "charge:confirm").size(), before + 12) << "probes alone";
  world.always.clear();
  world.pass(DurationMs{5 * minute.count});
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 60);
}

TEST(Gates, I17_WhatWasBeingWokenAtACrashIsWokenAfterIt) {
  for (int crash = 1; crash < 60; crash += 7) {
    World world;
    world.always["charge:confirm"] = Behaviour::reset;
    const auto ids = submit_many(world, 40);
    world.pass(minute);
    world.always.clear();
    world.crash_at(world.points() + crash);
    try {
      world.pass(DurationMs{5 * minute.count});
    } catch (const Crash&) {
      world.restart(world.unsynced() / 2);
    }
    world.pass(DurationMs{10 * minute.count});
    EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 40) << "crash after " << crash;
    world.pass(DurationMs{3 * hour.count});  // the wake-ups of what was held lead to nothing any more
    EXPECT_FALSE(world.loop.wake_) << "a timer is left over";
    world.check_replay("after a crash");
  }
}

TEST(Gates, WhatProbesGoesOnAtOnceWhenItsEndpointIsBack) {
  GatePolicy policy;
  policy.breaker.calls_min = 6;
  World world({}, true, policy);
  world.always["charge:confirm"] = Behaviour::fault;
  const auto ids = submit_many(world, 1);
  world.always["charge:confirm"] = Behaviour::reset;
  world.pass(DurationMs{15 * minute.count});  // its attempts are used up before anything opens
  ASSERT_EQ(world.engine->figures().parked, 1U);
  ASSERT_TRUE(world.show(ids[0]).purchase.steps[1].probing);
  const auto more = submit_many(world, 20);
  world.pass(DurationMs{10 * second.count});
  ASSERT_EQ(endpoint(world, "payment", Operation::confirm).state, BreakerState::open);
  world.always.clear();
  const TimeMs planned = world.show(ids[0]).purchase.steps[1].wake_at;
  world.pass(DurationMs{2 * minute.count});
  EXPECT_LT(world.loop.now_, planned);
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 1) << "ten minutes before its probe";
}

TEST(Gates, DisabledIsLeftAloneUntilItIsEnabledAndAPersonsRetryLeavesAllTheSame) {
  World world;
  act(world, false, "payment", Operation::confirm);
  const auto ids = submit_many(world, 3);
  world.pass(DurationMs{2 * hour.count});
  EXPECT_EQ(calls(world, "charge:confirm").size(), 0U);
  EXPECT_EQ(in_state(world, ids, PurchaseState::confirming), 3);
  world.restart(world.unsynced());
  EXPECT_EQ(endpoint(world, "payment", Operation::confirm).state, BreakerState::disabled);
  world.pass(DurationMs{2 * hour.count});
  EXPECT_EQ(calls(world, "charge:confirm").size(), 0U);
  world.engine->retry(ids[0], Act{"ann", "this one"}, "", [](const auto& view) { EXPECT_TRUE(view.ok()); });
  world.pass(minute);
  EXPECT_EQ(world.show(ids[0]).purchase.state, PurchaseState::completed);
  EXPECT_EQ(in_state(world, ids, PurchaseState::confirming), 2);
  act(world, true, "payment", Operation::confirm);
  world.pass(minute);
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 3);
  EXPECT_TRUE(world.recorded("endpoint_disabled"));
  EXPECT_TRUE(world.recorded("endpoint_enabled"));
  world.check_replay("after it was enabled");
}

TEST(Gates, A410DisablesADeliveryAtOnceAndANewAddressReplaysWhatWaited) {
  World world({{"notify:deliver", {Behaviour::gone}}});
  const auto first = submit_many(world, 1);
  world.pass(second);
  EXPECT_EQ(endpoint(world, "$merchant/m-1", Operation::deliver).state, BreakerState::disabled);
  const auto more = submit_many(world, 6);
  world.pass(hour);
  EXPECT_EQ(calls(world, "notify:deliver").size(), 1U);
  auto moved =
      parse_merchant("m-1", R"({"url":"http://merchant/new"})", world.engine->registry().merchant("m-1"));
  ASSERT_TRUE(moved.ok());
  world.engine->put_merchant(std::move(*moved), [](const auto& put) { EXPECT_TRUE(put.ok()); });
  world.pass(minute);
  EXPECT_EQ(in_state(world, more, PurchaseState::completed), 6);
  world.pass(hour);
  EXPECT_EQ(in_state(world, first, PurchaseState::completed), 1);
}

TEST(Gates, ADeliveryThatFailsForDaysDisablesItsEndpoint) {
  GatePolicy policy;
  policy.breaker.disable_after = DurationMs{24 * hour.count};
  World world({}, true, policy);
  world.always["notify:deliver"] = Behaviour::broken;
  submit_many(world, 1);
  world.pass(DurationMs{60 * hour.count});
  EXPECT_EQ(endpoint(world, "$merchant/m-1", Operation::deliver).state, BreakerState::disabled);
  EXPECT_TRUE(world.recorded("endpoint_disabled"));
}

TEST(Gates, B8_RepetitionsStayWithinTheirBudget) {
  GatePolicy policy;
  policy.breakers = false;
  policy.repetitions_per_second = 5;
  policy.repetitions_burst = 10;
  World world({}, true, policy);
  world.always["charge:confirm"] = Behaviour::busy;
  submit_many(world, 200);
  world.pass(minute);
  const std::vector<TimeMs> all = calls(world, "charge:confirm");
  const double seconds = static_cast<double>((world.loop.now_ - all.front()).count) / 1'000;
  // 200 first attempts of each of four operations may add a fifth of themselves.
  EXPECT_LE(static_cast<double>(all.size()), 200 + 10 + 5 * seconds + 0.2 * 200);
  EXPECT_GE(all.size(), 200U + 4U * 50U) << "and they do leave";
  world.always.clear();
  world.pass(DurationMs{30 * minute.count});
  EXPECT_EQ(world.engine->figures().completed, 200U);
}

TEST(Gates, ParticipantsAreCalledNoMoreOftenThanTheyAskedFor) {
  World world;
  Participant payment = *world.engine->registry().participant("payment");
  payment.endpoint_calls[Operation::try_] = EndpointLimits{2, 0};
  payment.endpoint_calls[Operation::confirm] = EndpointLimits{0, 1};
  world.engine->put_participant(payment, [](const auto& put) { EXPECT_TRUE(put.ok()); });
  while (world.step() && world.loop.posted.empty()) {
  }
  const auto ids = submit_many(world, 20);
  world.pass(minute);
  const std::vector<TimeMs> tries = calls(world, "charge:try");
  ASSERT_EQ(tries.size(), 20U);
  for (std::size_t i = 4; i < tries.size(); ++i)
    EXPECT_GE((tries[i] - tries[i - 4]).count, 1'000) << "no more than two a second, and two saved up";
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 20);
  world.check_books("limited");
}

TEST(Gates, A9_WhatWaitedLongestGoesFirst) {
  World world;
  act(world, false, "payment", Operation::confirm);
  std::vector<PurchaseId> ids;
  for (int i = 0; i < 12; ++i) {
    ids.push_back(world.submit(world.request("k" + std::to_string(i)))[0]->purchase.id);
    world.pass(DurationMs{5 * second.count});
  }
  Participant payment = *world.engine->registry().participant("payment");
  payment.endpoint_calls[Operation::confirm] = EndpointLimits{1, 0};
  world.engine->put_participant(payment, [](const auto& put) { EXPECT_TRUE(put.ok()); });
  world.pass(second);
  act(world, true, "payment", Operation::confirm);
  world.pass(minute);
  std::vector<std::string> order;
  for (std::size_t i = 0; i < world.wire.size(); ++i)
    if (world.wire[i].rfind("charge:confirm:", 0) == 0)
      order.push_back(world.requests[i].body.substr(0, 200));
  ASSERT_EQ(order.size(), 12U);
  for (std::size_t i = 0; i < 12; ++i)
    EXPECT_NE(order[i].find(ids[i].text()), std::string::npos) << i << ": " << order[i];
}

TEST(Gates, I17_ADeadlineIsNotHeld) {
  World world;
  act(world, false, "payment", Operation::try_);
  const auto ids = submit_many(world, 2);
  world.pass(DurationMs{20 * minute.count});
  EXPECT_EQ(in_state(world, ids, PurchaseState::cancelled), 2);
  EXPECT_EQ(calls(world, "charge:try").size(), 0U);
  world.check_books("cancelled at the deadline");
}

}  // namespace
}  // namespace settle::test
