// The rate of one buyer: never more than configured in a minute, bounded in memory, and wrong only in the
// buyer's favour.

#include "buyer_rate.hpp"

#include <gtest/gtest.h>

namespace settle::test {
namespace {

BuyerRate::Buyer buyer(std::uint8_t number) {
  BuyerRate::Buyer buyer{};
  buyer[0] = number;
  return buyer;
}

GuardConfig config(std::uint32_t per_minute, std::int64_t cooldown_ms = 0) {
  return GuardConfig{DurationMs{0}, per_minute, DurationMs{cooldown_ms}};
}

// How many are taken of one that buys as soon as it may, from `now` to `until`.
int take_all(BuyerRate& rate, TimeMs& now, TimeMs until) {
  int taken = 0;
  while (now < until) {
    if (const auto wait = rate.wait(buyer(1), now)) {
      EXPECT_GT(wait->count, 0);
      now = now + *wait;
    } else {
      rate.took(buyer(1), now);
      ++taken;
    }
  }
  return taken;
}

TEST(BuyerRate, B10_AMinutesPurchasesMayComeAtOnceAndNoMore) {
  for (const std::uint32_t per_minute : {1U, 7U, 60U, 5'999U, 6'000U}) {
    BuyerRate rate(config(per_minute));
    TimeMs now{1'700'000'000'000};
    std::uint32_t at_once = 0;
    for (; !rate.wait(buyer(1), now); ++at_once) rate.took(buyer(1), now);
    EXPECT_EQ(at_once, per_minute);
    const int later = take_all(rate, now, TimeMs{1'700'000'600'000});  // ten minutes of as fast as it goes
    EXPECT_NEAR(later, static_cast<double>(per_minute) * 10, per_minute / 100.0 + 1) << per_minute;
  }
}

TEST(BuyerRate, B10_TheCoolDownIsNotLengthenedByAsking) {
  BuyerRate rate(config(60, 30'000));
  const TimeMs now{1'000'000};
  for (int i = 0; i < 60; ++i) rate.took(buyer(1), now);
  EXPECT_EQ(rate.wait(buyer(1), now), DurationMs{30'000});
  EXPECT_EQ(rate.wait(buyer(1), now + DurationMs{10'000}), DurationMs{20'000});
  EXPECT_EQ(rate.wait(buyer(1), now + DurationMs{29'999}), DurationMs{1});
  EXPECT_EQ(rate.wait(buyer(1), now + DurationMs{30'000}), std::nullopt);
}

TEST(BuyerRate, B10_WhoBoughtLongestAgoIsForgottenFirst) {
  BuyerRate rate(config(1), 2);
  const TimeMs now{1'000'000};
  rate.took(buyer(1), now);
  rate.took(buyer(2), now);
  rate.took(buyer(1), now);
  rate.took(buyer(3), now);
  EXPECT_EQ(rate.size(), 2U);
  EXPECT_TRUE(rate.wait(buyer(1), now));
  EXPECT_FALSE(rate.wait(buyer(2), now)) << "forgotten in the buyer's favour";
  EXPECT_TRUE(rate.wait(buyer(3), now));
}

TEST(BuyerRate, B10_OffCostsNothing) {
  BuyerRate rate(config(0, 30'000));
  rate.took(buyer(1), TimeMs{1});
  EXPECT_FALSE(rate.wait(buyer(1), TimeMs{1}));
  EXPECT_EQ(rate.size(), 0U);
}

}  // namespace
}  // namespace settle::test
