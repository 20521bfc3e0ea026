// From events to messages: rules, thresholds, groups, and how far the cursor may move.

#include "outlet_gather.hpp"

#include <gtest/gtest.h>

namespace settle::test {
namespace {

OutletEvent event(std::uint64_t lsn, std::int64_t at_s, EventType type = EventType::step_parked) {
  OutletEvent made;
  made.type = type;
  made.position = Position{ShardId{static_cast<std::uint16_t>(lsn % 2)}, lsn};
  made.id = made.position.text();
  made.at = TimeMs{at_s * 1'000};
  return made;
}

TimeMs seconds(std::int64_t s) {
  return TimeMs{s * 1'000};
}

TEST(Gatherer, WithoutRulesEverythingIsToldOneByOne) {
  const Receiver receiver;
  Gatherer gatherer(receiver);
  for (std::uint64_t lsn = 1; lsn <= 3; ++lsn) gatherer.take(event(lsn, 5), false);
  for (const char* id : {"1:1", "0:2", "1:3"}) {
    const OutletMessage* message = gatherer.front(seconds(0));
    ASSERT_NE(message, nullptr);
    EXPECT_EQ(message->id(), id);
    EXPECT_TRUE(message->alone);
    gatherer.delivered();
  }
  EXPECT_EQ(gatherer.front(seconds(99)), nullptr);
}

TEST(Gatherer, TheFirstRuleThatFitsDecides) {
  Receiver receiver;
  receiver.rules = {{{EventType::step_parked}, Severity::info, 3, DurationMs{60'000}},
                    {{}, Severity::warning, 1, DurationMs{60'000}}};
  Gatherer gatherer(receiver);
  EXPECT_FALSE(gatherer.wants(EventType::purchase_completed)) << "info, and no rule names it";
  EXPECT_TRUE(gatherer.wants(EventType::step_abandoned));
  gatherer.take(event(1, 1), false);
  EXPECT_EQ(gatherer.front(seconds(9)), nullptr) << "one of three, though the second rule would fit";
}

TEST(Gatherer, AnEventThatIsWorseThanItsTypeIsTakenForThat) {
  Receiver receiver;
  receiver.rules = {{{}, Severity::critical, 1, DurationMs{60'000}}};
  Gatherer gatherer(receiver);
  OutletEvent usual = event(1, 1, EventType::step_window_ending), worse = event(2, 2, usual.type);
  worse.raised = Severity::critical;
  EXPECT_FALSE(gatherer.wants(usual.type));
  EXPECT_TRUE(gatherer.wants(worse.type, severity_of(worse)));
  gatherer.take(usual, false);
  gatherer.take(worse, false);
  const OutletMessage* message = gatherer.front(seconds(9));
  ASSERT_NE(message, nullptr);
  EXPECT_EQ(message->id(), worse.id);
  EXPECT_EQ(message->worst, Severity::critical);
}

TEST(Gatherer, AThresholdIsReachedByEventsOfOneTypeWithinTheTime) {
  Receiver receiver;
  receiver.rules = {{{}, Severity::info, 3, DurationMs{10'000}}};
  Gatherer gatherer(receiver);
  gatherer.take(event(1, 1), false);
  gatherer.take(event(2, 5), false);
  gatherer.take(event(3, 6, EventType::step_contradiction), false);
  gatherer.take(event(4, 11), false);  // the one at 1 s is ten seconds old
  EXPECT_EQ(gatherer.front(seconds(99)), nullptr);
  gatherer.take(event(5, 14), false);
  const OutletMessage* message = gatherer.front(seconds(99));
  ASSERT_NE(message, nullptr);
  EXPECT_EQ(message->count, 3U);
  EXPECT_EQ(message->id(), "0:2..1:5");
  gatherer.delivered();
  gatherer.take(event(6, 14), false);
  EXPECT_EQ(gatherer.front(seconds(99)), nullptr) << "the counting begins anew";
}

TEST(Gatherer, WhatGathersIsOneMessageWithTheCountAndTwentyExamples) {
  Receiver receiver;
  receiver.group = DurationMs{30'000};
  Gatherer gatherer(receiver);
  for (std::uint64_t lsn = 1; lsn <= 33; ++lsn) gatherer.take(event(lsn, 10), false);
  EXPECT_EQ(gatherer.front(seconds(39)), nullptr) << "thirty seconds from the first one on";
  OutletMessage* message = gatherer.front(seconds(40));
  ASSERT_NE(message, nullptr);
  EXPECT_EQ(message->count, 33U);
  EXPECT_EQ(message->by_type.at(EventType::step_parked), 33U);
  EXPECT_EQ(message->examples.size(), examples_max);
  const std::string id = message->id();
  gatherer.take(event(34, 41), false);
  EXPECT_EQ(gatherer.front(seconds(41))->id(), id) << "what is being sent takes no more";
  EXPECT_EQ(gatherer.front(seconds(41))->count, 33U);
  gatherer.delivered();
  EXPECT_EQ(gatherer.front(seconds(70)), nullptr);
  EXPECT_EQ(gatherer.front(seconds(71))->count, 1U);
}

TEST(Gatherer, I26_TheCursorStaysBeforeWhatIsNotDelivered) {
  const Receiver receiver;
  Gatherer gatherer(receiver);
  for (std::uint64_t lsn = 7; lsn <= 10; ++lsn) gatherer.take(event(lsn, 1), false);
  EXPECT_EQ(gatherer.unsent(), (FirstLsns{{0, 8}, {1, 7}}));
  ASSERT_NE(gatherer.front(seconds(1)), nullptr);
  EXPECT_EQ(gatherer.unsent(), (FirstLsns{{0, 8}, {1, 7}})) << "sent is not delivered";
  gatherer.delivered();
  EXPECT_EQ(gatherer.unsent(), (FirstLsns{{0, 8}, {1, 9}}));
}

TEST(Gatherer, WhatOnlyCountsIsCountedAgainAfterARestartAndNotSentAgain) {
  Receiver receiver;
  receiver.rules = {{{EventType::step_parked}, Severity::info, 3, DurationMs{10'000}}, {}};
  Gatherer before(receiver);
  before.take(event(1, 1, EventType::purchase_completed), false);
  before.take(event(2, 1), false);
  before.take(event(3, 2), false);
  before.delivered();
  EXPECT_EQ(before.counting(seconds(3)), (FirstLsns{{0, 2}, {1, 3}}));

  Gatherer after(receiver);  // reads from there on, what is not new as `again`
  after.take(event(2, 1), true);
  after.take(event(3, 2), true);
  after.take(event(5, 2, EventType::purchase_completed), true);
  EXPECT_EQ(after.front(seconds(3)), nullptr);
  after.take(event(6, 3), false);
  ASSERT_NE(after.front(seconds(3)), nullptr);
  EXPECT_EQ(after.front(seconds(3))->count, 3U);
  EXPECT_EQ(before.counting(seconds(11)), (FirstLsns{{1, 3}})) << "ten seconds after the first";
  EXPECT_EQ(before.counting(seconds(12)), FirstLsns{});
}

TEST(Gatherer, TakesNoMoreThanItMayHold) {
  const Receiver receiver;
  Gatherer gatherer(receiver);
  std::uint64_t lsn = 1;
  while (!gatherer.full() && lsn < 10'000) gatherer.take(event(lsn++, 1), false);
  EXPECT_EQ(gatherer.waiting(), messages_waiting_max);
}

}  // namespace
}  // namespace settle::test
