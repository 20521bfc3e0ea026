// The circuit breaker: opens when too much fails, lets single probes through, closes when they succeed (A7,
// B12).

#include "breaker.hpp"

#include <gtest/gtest.h>

#include "gates.hpp"

namespace settle::test {
namespace {

struct Rig {
  Breaker breaker{BreakerPolicy{}};
  TimeMs now{1'700'000'000'000};

  void pass(std::int64_t ms) { now = now + DurationMs{ms}; }
  void fail(int times) {
    for (int i = 0; i < times; ++i) breaker.failed(now);
  }
  void succeed(int times) {
    for (int i = 0; i < times; ++i) breaker.succeeded(now);
  }
  BreakerState state() const { return breaker.state(now); }
  void open() { fail(20); }
};

TEST(Breaker, A7_OpensAtItsThresholdAndNotBefore) {
  Rig rig;
  rig.fail(19);
  EXPECT_EQ(rig.state(), BreakerState::closed) << "nineteen calls prove nothing";
  EXPECT_TRUE(rig.breaker.admit(rig.now));
  rig.fail(1);
  EXPECT_EQ(rig.state(), BreakerState::open);
  EXPECT_FALSE(rig.breaker.admit(rig.now));
  EXPECT_EQ(rig.breaker.opens_at(rig.now), rig.now + DurationMs{15'000});
}

TEST(Breaker, StaysClosedWhileMostSucceeds) {
  Rig rig;
  for (int second = 0; second < 600; ++second) {
    rig.succeed(6);
    rig.fail(4);
    rig.pass(1'000);
    ASSERT_EQ(rig.state(), BreakerState::closed) << second;
  }
}

TEST(Breaker, WhatLiesBehindTheWindowIsForgotten) {
  Rig rig;
  rig.fail(19);
  rig.pass(60'000);
  rig.fail(1);
  EXPECT_EQ(rig.state(), BreakerState::closed);
}

TEST(Breaker, HalfOpenLetsOneProbeThroughAtATime) {
  Rig rig;
  rig.open();
  rig.pass(14'999);
  EXPECT_FALSE(rig.breaker.admit(rig.now));
  rig.pass(1);
  EXPECT_EQ(rig.state(), BreakerState::half_open);
  EXPECT_TRUE(rig.breaker.admit(rig.now));
  EXPECT_FALSE(rig.breaker.admit(rig.now)) << "the probe is out";
  rig.breaker.forgotten();
  EXPECT_TRUE(rig.breaker.admit(rig.now)) << "it never left; the next may";
}

TEST(Breaker, ClosesAfterEnoughProbesAndBeginsAnew) {
  Rig rig;
  rig.open();
  rig.pass(15'000);
  for (int probe = 0; probe < 3; ++probe) {
    EXPECT_EQ(rig.state(), BreakerState::half_open) << probe;
    ASSERT_TRUE(rig.breaker.admit(rig.now));
    rig.succeed(1);
  }
  EXPECT_EQ(rig.state(), BreakerState::closed);
  rig.fail(19);
  EXPECT_EQ(rig.state(), BreakerState::closed) << "the old failures are forgotten";
}

TEST(Breaker, EachOpeningInARowLastsTwiceAsLongUpToItsLongest) {
  Rig rig;
  rig.open();
  for (const std::int64_t seconds : {15, 30, 60, 120, 120}) {
    EXPECT_EQ(rig.breaker.opens_at(rig.now), rig.now + DurationMs{seconds * 1'000});
    rig.pass(seconds * 1'000);
    ASSERT_TRUE(rig.breaker.admit(rig.now));
    rig.fail(1);
    EXPECT_EQ(rig.state(), BreakerState::open) << "one failed probe is enough";
  }
}

// A call that was given a long time to answer ends long after the breaker went on to its next phase.
TEST(Breaker, WhatLeftBeforeItsPhaseSaysNothing) {
  Rig rig;
  const TimeMs left_at = rig.now;
  rig.pass(1);
  rig.open();
  rig.pass(15'000);
  ASSERT_TRUE(rig.breaker.admit(rig.now));
  EXPECT_FALSE(rig.breaker.counts(left_at)) << "it is no probe";
  EXPECT_TRUE(rig.breaker.counts(rig.now)) << "the probe is";
  rig.succeed(3);
  ASSERT_EQ(rig.state(), BreakerState::closed);
  rig.pass(1);
  EXPECT_FALSE(rig.breaker.counts(rig.now - DurationMs{2})) << "nor does it open what a probe has closed";
  EXPECT_TRUE(rig.breaker.counts(rig.now));
}

TEST(Breaker, AStragglerIsNoProbe) {
  const EndpointKey endpoint{"payment", Operation::confirm};
  for (const CallEnd end : {CallEnd::answered, CallEnd::failed, CallEnd::neither}) {
    Gates gates{GatePolicy{}};
    const TimeMs began{1'700'000'000'000}, later = began + DurationMs{60'000};
    for (int i = 0; i < 20; ++i) {
      ASSERT_EQ(gates.admit(endpoint, {}, CallKind::fresh, began), HeldBy::none);
      gates.ended(endpoint, CallEnd::failed, CallKind::fresh, began, began);
    }
    ASSERT_EQ(gates.state(endpoint, later), BreakerState::half_open);
    ASSERT_EQ(gates.admit(endpoint, {}, CallKind::fresh, later), HeldBy::none);
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(gates.ended(endpoint, end, CallKind::fresh, began, later), GateChange::none);
    EXPECT_EQ(gates.state(endpoint, later), BreakerState::half_open);
    EXPECT_EQ(gates.admit(endpoint, {}, CallKind::fresh, later), HeldBy::breaker) << "the probe is still out";
    EXPECT_EQ(gates.ended(endpoint, CallEnd::failed, CallKind::fresh, later, later), GateChange::opened);
  }
}

// Calls of an endpoint with too little traffic for a breaker to open.
struct ThinTraffic {
  Gates gates{GatePolicy{}};
  EndpointKey endpoint{"payment", Operation::confirm};
  TimeMs now{1'700'000'000'000};

  void call(CallEnd end) {
    EXPECT_EQ(gates.admit(endpoint, {}, CallKind::fresh, now), HeldBy::none);
    gates.ended(endpoint, end, CallKind::fresh, now, now);
  }
  std::uint32_t wakes() const { return gates.prober_wakes(endpoint, now); }
};

TEST(Gates, ASuccessWakesTwoOfWhatProbesUntilThereAreNone) {
  ThinTraffic thin;
  EXPECT_EQ(thin.wakes(), 0U) << "nobody knows that it is back";
  thin.call(CallEnd::answered);
  EXPECT_EQ(thin.wakes(), 2U);
  thin.gates.woke_probers(thin.endpoint, 2, thin.now);
  EXPECT_EQ(thin.wakes(), 0U);
  for (int i = 0; i < 100; ++i) thin.call(CallEnd::answered);
  EXPECT_EQ(thin.wakes(), 10U) << "and never many at once";
  thin.gates.no_probers(thin.endpoint);
  thin.call(CallEnd::answered);
  EXPECT_EQ(thin.wakes(), 0U);
  thin.gates.has_probers(thin.endpoint);
  thin.call(CallEnd::answered);
  EXPECT_EQ(thin.wakes(), 2U);
}

TEST(Gates, WhatCannotSucceedIsNotWokenByEachSuccessOfOthers) {
  ThinTraffic thin;
  int woken = 0;
  for (int minutes = 0; minutes < 24 * 60; ++minutes) {
    thin.now = thin.now + DurationMs{60'000};
    thin.call(CallEnd::answered);
    if (thin.wakes() == 0) continue;
    ++woken;
    thin.gates.woke_probers(thin.endpoint, 1, thin.now);
    thin.call(CallEnd::failed);
  }
  EXPECT_LE(woken, 6 + 24) << "in a day with a success a minute";
  EXPECT_GE(woken, 20);
}

TEST(Gates, WhatHasWaitedLeavesAQuarterAndHasAQuarter) {
  Gates gates{GatePolicy{}};
  const EndpointKey confirm{"payment", Operation::confirm}, attempt{"payment", Operation::try_};
  const TimeMs now{1'700'000'000'000};
  CallLimits limits;
  limits.connections = 16;
  for (int i = 0; i < 12; ++i) ASSERT_EQ(gates.admit(confirm, limits, CallKind::waited, now), HeldBy::none);
  EXPECT_EQ(gates.admit(confirm, limits, CallKind::waited, now), HeldBy::concurrency);
  EXPECT_EQ(gates.admit(confirm, limits, CallKind::repeated, now), HeldBy::concurrency);
  for (int i = 0; i < 40; ++i) ASSERT_EQ(gates.admit(attempt, limits, CallKind::fresh, now), HeldBy::none);
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(gates.ended(confirm, CallEnd::answered, CallKind::waited, now, now), GateChange::none);
  EXPECT_EQ(gates.admit(confirm, limits, CallKind::waited, now), HeldBy::concurrency) << "four are out still";
  gates.ended(confirm, CallEnd::answered, CallKind::waited, now, now);
  EXPECT_EQ(gates.admit(confirm, limits, CallKind::waited, now), HeldBy::none)
      << "however much is new, it gets its quarter";
  gates.forgotten(confirm, CallKind::waited);
  EXPECT_EQ(gates.admit(confirm, limits, CallKind::waited, now), HeldBy::none) << "that one never left";
}

TEST(Gates, WhatTheClientGivesBackIsNotSentInCircles) {
  Gates gates{GatePolicy{}};
  const EndpointKey confirm{"payment", Operation::confirm};
  TimeMs now{1'700'000'000'000};
  CallLimits limits;
  limits.connections = 4;
  int sent = 0;
  for (int ms = 0; ms < 10'000; ++ms, now = now + DurationMs{1}) {
    if (gates.admit(confirm, limits, CallKind::waited, now) != HeldBy::none) continue;
    ++sent;
    gates.forgotten(confirm, CallKind::waited);
    gates.gave_back(confirm, limits, now);
  }
  EXPECT_EQ(sent, 10) << "once a second, as long as there should be connections";
  for (int i = 0; i < 4; ++i) ASSERT_EQ(gates.admit(confirm, limits, CallKind::fresh, now), HeldBy::none);
  gates.gave_back(confirm, limits, now + DurationMs{1'000});
  EXPECT_EQ(gates.admit(confirm, limits, CallKind::waited, now + DurationMs{1'000}), HeldBy::none)
      << "there are none left: that is a queue, and passes";
}

TEST(Breaker, FailingForDaysDisablesAndOnlyAPersonLeadsOut) {
  Rig rig;
  rig.open();
  for (int hours = 0; hours < 24 * 6 && rig.state() != BreakerState::disabled; ++hours) {
    rig.pass(3'600'000);
    if (rig.breaker.admit(rig.now)) rig.fail(1);
    if (rig.breaker.disabling_due(rig.now)) rig.breaker.disable(DisabledBy::failing_for_days);
  }
  EXPECT_EQ(rig.state(), BreakerState::disabled);
  rig.pass(86'400'000);
  EXPECT_FALSE(rig.breaker.admit(rig.now));
  EXPECT_FALSE(rig.breaker.opens_at(rig.now));
  rig.breaker.enable(rig.now);
  EXPECT_TRUE(rig.breaker.admit(rig.now));
}

TEST(Breaker, OneSuccessEndsTheDaysOfFailing) {
  Rig rig;
  rig.fail(1);
  rig.pass(431'999'999);
  rig.succeed(1);
  rig.pass(1'000'000);
  rig.fail(1);
  EXPECT_EQ(rig.state(), BreakerState::closed);
}

TEST(Breaker, ItsMemoryCarriesItOverARestart) {
  Rig rig;
  rig.open();
  Breaker after(BreakerPolicy{}, rig.breaker.memory());
  EXPECT_EQ(after.state(rig.now), BreakerState::open) << "a restart does not hammer what was down";
  EXPECT_FALSE(after.admit(rig.now));
  EXPECT_TRUE(after.admit(rig.now + DurationMs{15'000}));
}

// Whatever the calls' fates, it never stays shut for longer than its longest.
TEST(Breaker, I16_ItAlwaysOpensAgain) {
  BreakerPolicy policy;
  policy.disable_after = DurationMs{0};
  Breaker breaker(policy);
  TimeMs now{1'700'000'000'000};
  std::uint64_t random = 7;
  TimeMs shut_since;
  for (int step = 0; step < 200'000; ++step) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    now = now + DurationMs{static_cast<std::int64_t>(random >> 33) % 2'000};
    if (!breaker.admit(now)) {
      if (!shut_since) shut_since = now;
      ASSERT_LE((now - shut_since).count, policy.open_for_max.count + 2'000);
      continue;
    }
    shut_since = TimeMs{};
    const bool bad_day = (now.count / 7'200'000) % 2 == 0;
    if ((random >> 20) % 100 < (bad_day ? 90U : 10U))
      breaker.failed(now);
    else
      breaker.succeeded(now);
  }
}

}  // namespace
}  // namespace settle::test
