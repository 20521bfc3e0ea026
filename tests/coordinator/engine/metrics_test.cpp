// What /metrics says of an engine, in virtual time: the families whose numbers need hours, or trouble.

#include <gtest/gtest.h>

#include "../api/exposition.hpp"
#include "api_metrics.hpp"
#include "world.hpp"

namespace settle::test {
namespace {

constexpr DurationMs hour{3'600'000};

Exposition scrape(const World& world) {
  MetricFamilies families;
  add_engine(families, *world.engine);
  Exposition read = read_exposition(families.text());
  EXPECT_EQ(read.breaches, std::vector<std::string>());
  return read;
}

TEST(EngineMetrics, SayHowOperationsEndedAndHowLongTheyWereRetried) {
  World world({{"reserve:try", {Behaviour::busy, Behaviour::busy}}, {"charge:try", {Behaviour::refuse}}});
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  world.run();
  const Purchase p = world.show(id).purchase;
  ASSERT_EQ(p.state, PurchaseState::cancelled);
  const Exposition read = scrape(world);
  const auto ended = [&](const char* operation, const char* ending) {
    return read.value(std::string("settle_operations_ended_total{operation=\"") + operation + "\",ending=\"" +
                      ending + "\"}");
  };
  EXPECT_EQ(ended("try", "succeeded"), 1);
  EXPECT_EQ(ended("try", "refused"), 1);
  EXPECT_EQ(ended("try", "given_up"), 0);
  EXPECT_EQ(ended("cancel", "succeeded"), 1);
  EXPECT_EQ(ended("confirm", "succeeded"), 0);
  EXPECT_EQ(read.value("settle_retry_seconds_count{operation=\"try\"}"), 1);
  EXPECT_GT(read.value("settle_retry_seconds_sum{operation=\"try\"}"), 0);
  EXPECT_EQ(read.value("settle_retry_seconds_bucket{operation=\"try\",le=\"+Inf\"}"), 1);
  EXPECT_EQ(read.value("settle_retry_seconds_bucket{operation=\"try\",le=\"60\"}"), 1);
  EXPECT_EQ(read.value("settle_retry_seconds_count{operation=\"cancel\"}"), 0);
  EXPECT_EQ(read.value("settle_stats_stopped"), 0);
}

TEST(EngineMetrics, SayWhatIsInDoubtAndSinceWhen) {
  World world({{"charge:try", std::vector<Behaviour>(500, Behaviour::lose_request)}});
  EXPECT_EQ(scrape(world).value("settle_in_doubt"), 0);
  EXPECT_EQ(scrape(world).value("settle_in_doubt_oldest_seconds"), 0);
  world.submit(world.request("k1"));
  while (world.engine->gauges().in_doubt == 0 && world.step()) {
  }
  EXPECT_EQ(scrape(world).value("settle_in_doubt"), 1);
  EXPECT_GE(scrape(world).value("settle_in_doubt_oldest_seconds"), 5) << "since the try that timed out";
  EXPECT_LE(scrape(world).value("settle_in_doubt_oldest_seconds"), 66) << "to the minute";
  world.run();
  EXPECT_EQ(scrape(world).value("settle_in_doubt"), 0);
}

TEST(EngineMetrics, DeadLettersGrowOlder) {
  World world({{"charge:confirm", {Behaviour::fault, Behaviour::fault}}});
  const auto letters = [&] {
    std::vector<int> by_age;
    const Exposition read = scrape(world);
    for (const char* age : {"under_1h", "1h_to_6h", "6h_to_24h", "24h_to_72h", "over_72h"})
      by_age.push_back(static_cast<int>(read.value(std::string("settle_dead_letters{age=\"") + age + "\"}")));
    return by_age;
  };
  world.submit(world.request("k1"));
  world.pass(DurationMs{600'000});
  EXPECT_EQ(letters(), (std::vector<int>{1, 0, 0, 0, 0}));
  world.pass(DurationMs{3 * hour.count});
  EXPECT_EQ(letters(), (std::vector<int>{0, 1, 0, 0, 0}));
  world.submit(world.request("k2"));
  world.pass(DurationMs{600'000});
  EXPECT_EQ(letters(), (std::vector<int>{1, 1, 0, 0, 0}));
  world.pass(DurationMs{10 * hour.count});
  EXPECT_EQ(letters(), (std::vector<int>{0, 0, 2, 0, 0}));
  world.pass(DurationMs{30 * hour.count});
  EXPECT_EQ(letters(), (std::vector<int>{0, 0, 0, 2, 0}));
  world.pass(DurationMs{40 * hour.count});
  EXPECT_EQ(letters(), (std::vector<int>{0, 0, 0, 0, 2}));
}

TEST(EngineMetrics, AnOpenBreakerIsTwoAndWhatItHoldsIsCounted) {
  World world;
  world.always["charge:try"] = Behaviour::reset;
  for (int i = 0; i < 30; ++i) world.submit(world.request("k" + std::to_string(i)));
  const std::string breaker = "settle_breaker_state{target=\"payment\",operation=\"try\"}";
  const auto is_open = [&] {
    for (const EndpointView& endpoint : world.engine->endpoints())
      if (endpoint.target == "payment" && endpoint.state == BreakerState::open) return true;
    return false;
  };
  while (!is_open() && world.step()) {
  }
  EXPECT_EQ(scrape(world).value(breaker), 2);
  EXPECT_EQ(scrape(world).value("settle_breaker_state{target=\"inventory\",operation=\"try\"}"), 0);
  world.run(DurationMs{5'000});
  const Exposition read = scrape(world);
  EXPECT_GT(read.value("settle_calls_held_total{by=\"breaker\"}"), 0);
  EXPECT_EQ(read.value("settle_calls_held_total{by=\"breaker\"}"),
            static_cast<double>(world.engine->counters().held[static_cast<std::size_t>(HeldBy::breaker)]));
}

TEST(EngineMetrics, MerchantsBreakersAreCountedByState) {
  World world;
  world.always["notify:deliver"] = Behaviour::reset;
  for (int i = 0; i < 30; ++i) world.submit(world.request("k" + std::to_string(i)));
  const auto merchants = [&](const char* state) {
    return scrape(world).value(std::string("settle_merchant_breakers{state=\"") + state + "\"}");
  };
  world.pass(DurationMs{2'000});
  while (merchants("open") == 0 && world.step()) {
  }
  EXPECT_EQ(merchants("open"), 1);
  EXPECT_EQ(merchants("closed"), 0);
  EXPECT_EQ(scrape(world).families["settle_breaker_state"].samples.size(), 6U) << "merchants are not named";
}

TEST(EngineMetrics, SayWhatTheClientAndTheJournalHaveToDo) {
  World world;
  world.shown_load = {7, 4, 3};
  world.submit(world.request("k1"));
  world.run();
  const Exposition read = scrape(world);
  EXPECT_EQ(read.value("settle_client_queued"), 7);
  EXPECT_EQ(read.value("settle_client_queued_longest"), 4);
  EXPECT_EQ(read.value("settle_client_connections"), 3);
  EXPECT_EQ(read.value("settle_journal_sync_seconds_count"),
            static_cast<double>(world.journal->figures().syncs));
  EXPECT_GT(read.value("settle_journal_sync_seconds_count"), 0);
  EXPECT_EQ(read.value("settle_journal_appends_total"),
            static_cast<double>(world.journal->figures().appends));
}

}  // namespace
}  // namespace settle::test
