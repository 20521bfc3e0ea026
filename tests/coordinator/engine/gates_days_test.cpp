// Gates over hours and days: what fails for long is disabled, and what was given up on goes on when its cause
// is gone, with no human act.

#include <gtest/gtest.h>

#include "gates_rig.hpp"
#include "settle/wal/codec.hpp"

namespace settle::test {
namespace {

constexpr DurationMs day{86'400'000};
const char* const merchant = "$merchant/m-1";

std::string retried_by(const World& world, const PurchaseId& id) {
  std::string who;
  const auto records = world.journal->scan_purchase(id, 1, 1'000);
  for (const Record& record : *records) {
    const auto event = decode_event(record.event);
    const auto* retry = event.ok() ? std::get_if<RetryRequested>(&event->what) : nullptr;
    if (retry != nullptr && !retry->why.empty()) who += retry->who;
  }
  return who;
}

TEST(GatesDays, AnEndpointThatAnswers404ForDaysIsDisabled) {
  World world;
  world.always["notify:deliver"] = Behaviour::fault;
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(endpoint(world, merchant, Operation::deliver).state, BreakerState::closed) << "day " << i;
    submit_many(world, 1, "k" + std::to_string(i) + "-");
    world.pass(day);
  }
  submit_many(world, 1, "last");
  world.pass(second);
  EXPECT_EQ(endpoint(world, merchant, Operation::deliver).state, BreakerState::disabled);
  EXPECT_EQ(endpoint(world, merchant, Operation::deliver).disabled_by, DisabledBy::failing_for_days);
  EXPECT_TRUE(world.recorded("endpoint_disabled"));
}

TEST(GatesDays, OneGoodAnswerEndsTheDays) {
  World world;
  for (int i = 0; i < 8; ++i) {
    world.always["notify:deliver"] = i == 3 ? Behaviour::ok : Behaviour::fault;
    submit_many(world, 1, "k" + std::to_string(i) + "-");
    world.pass(day);
  }
  EXPECT_EQ(endpoint(world, merchant, Operation::deliver).state, BreakerState::closed);
}

TEST(GatesDays, ANewAddressDeliversWhatWasParkedAtTheOldOne) {
  World world;
  world.always["notify:deliver"] = Behaviour::fault;
  const auto ids = submit_many(world, 40);
  world.pass(hour);
  ASSERT_EQ(in_state(world, ids, PurchaseState::delivering), 40);
  ASSERT_EQ(world.show(ids[0]).purchase.steps[3].state, StepState::parked);
  world.always.clear();
  world.pass(hour);
  ASSERT_EQ(in_state(world, ids, PurchaseState::delivering), 40) << "what cannot get better is not repeated";
  change_merchant(world, [](Merchant& one) { one.url = "http://merchant/new"; });
  world.pass(minute);
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 40);
  for (const PurchaseId& id : ids) EXPECT_EQ(retried_by(world, id), "registry") << "I25";
  world.check_replay("after the new address");
}

TEST(GatesDays, ANewSecretToo) {
  World world;
  world.always["notify:deliver"] = Behaviour::fault;
  const auto ids = submit_many(world, 3);
  world.pass(minute);
  world.always.clear();
  change_merchant(
      world, [](Merchant& one) { one.secrets = {"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}; });
  world.pass(minute);
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 3);
}

TEST(GatesDays, WhatIsParkedAtAnotherTargetStays) {
  World world;
  world.always["notify:deliver"] = Behaviour::fault;
  const auto ids = submit_many(world, 3);
  world.pass(minute);
  change_participant(world, "payment", [](Participant& one) { one.base_urls = {"http://payment-2"}; });
  change_merchant(world, [](Merchant& one) { one.contact = "somebody else"; });
  world.always.clear();
  world.pass(hour);
  EXPECT_EQ(in_state(world, ids, PurchaseState::delivering), 3);
}

TEST(GatesDays, I17_ACrashWhileTheyAreWokenLosesNone) {
  for (int crash = 1; crash < 140; crash += 13) {
    World world;
    world.always["notify:deliver"] = Behaviour::fault;
    const auto ids = submit_many(world, 30);
    world.pass(minute);
    world.always.clear();
    Merchant moved = *world.engine->registry().merchant("m-1");
    moved.url = "http://merchant/new";
    bool told = false;
    world.crash_at(world.points() + crash);
    try {
      world.engine->put_merchant(moved, [&](const auto& put) { told = put.ok(); });
      world.pass(minute);
    } catch (const Crash&) {
      world.restart(world.unsynced() / 2);
    }
    world.pass(DurationMs{10 * minute.count});
    const bool stored = world.engine->registry().merchant("m-1")->url == moved.url;
    EXPECT_TRUE(stored || !told);
    EXPECT_EQ(in_state(world, ids, PurchaseState::completed), stored ? 30 : 0) << "crash after " << crash;
    world.check_replay("after a crash");
  }
}

// Too few calls for a breaker to open: nobody is told that the endpoint is back, but by a call that succeeds.
TEST(GatesDays, WithThinTrafficOneSuccessWakesWhatProbes) {
  World world;
  world.always["charge:confirm"] = Behaviour::reset;
  const auto ids = submit_many(world, 3);
  world.pass(DurationMs{8 * hour.count});
  ASSERT_EQ(endpoint(world, "payment", Operation::confirm).state, BreakerState::closed);
  for (const PurchaseId& id : ids) {
    const Step step = world.show(id).purchase.steps[1];
    ASSERT_TRUE(step.probing);
    ASSERT_GT(step.wake_at, world.loop.now_ + DurationMs{5 * minute.count});
  }
  world.pass(second);  // whoever looks at what is paid makes us call: that fails as well
  world.always.clear();
  submit_many(world, 1, "new");
  world.pass(minute);
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 3);
}

// Somebody is there, and says no. A refusal that woke others, whose refusals woke others, would be a storm.
TEST(GatesDays, B8_ARefusalWakesNobodyThatProbes) {
  World world;
  world.always["notify:deliver"] = Behaviour::refuse;
  const auto ids = submit_many(world, 20);
  world.pass(DurationMs{24 * hour.count});
  EXPECT_LT(calls(world, "notify:deliver").size(), 20U * 20)
      << "each by its own policy, and then its own probes";
  world.always.clear();
  submit_many(world, 1, "new");
  world.pass(minute);
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 20) << "one success tells them all";
}

TEST(GatesDays, AlsoAfterARestart) {
  World world;
  world.always["charge:confirm"] = Behaviour::reset;
  const auto ids = submit_many(world, 3);
  world.pass(DurationMs{8 * hour.count});
  world.restart(world.unsynced());
  world.always.clear();
  submit_many(world, 1, "new");
  world.pass(minute);
  EXPECT_EQ(in_state(world, ids, PurchaseState::completed), 3);
}

TEST(GatesDays, DaysOfFailingAreCountedOverRestarts) {
  World world;
  world.always["notify:deliver"] = Behaviour::broken;
  for (int i = 0; i < 7; ++i) {
    submit_many(world, 1, "k" + std::to_string(i) + "-");
    world.pass(day);
    world.restart(world.unsynced());
  }
  EXPECT_EQ(endpoint(world, merchant, Operation::deliver).state, BreakerState::disabled);
  EXPECT_EQ(endpoint(world, merchant, Operation::deliver).disabled_by, DisabledBy::failing_for_days);
  world.restart(world.unsynced());
  EXPECT_EQ(endpoint(world, merchant, Operation::deliver).disabled_by, DisabledBy::failing_for_days);
}

TEST(GatesDays, AndForgottenOverRestartsOnceItAnswers) {
  World world;
  for (int i = 0; i < 8; ++i) {
    world.always["notify:deliver"] = i == 3 ? Behaviour::ok : Behaviour::broken;
    submit_many(world, 1, "k" + std::to_string(i) + "-");
    world.pass(i == 3 ? minute : DurationMs{10 * hour.count});
    world.restart(world.unsynced());
  }
  world.pass(DurationMs{3 * day.count});
  EXPECT_EQ(endpoint(world, merchant, Operation::deliver).state, BreakerState::closed);
}

}  // namespace
}  // namespace settle::test
