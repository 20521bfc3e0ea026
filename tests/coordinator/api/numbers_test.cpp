// /metrics and /v1/stats over real sockets.

#include <gtest/gtest.h>

#include "daemon.hpp"
#include "exposition.hpp"
#include "raw_client.hpp"
#include "stats_bucket.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

Exposition scrape(TestDaemon& daemon) {
  const RawAnswer answer = request(daemon.port(), "GET", "/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  Exposition read = read_exposition(answer.body);
  EXPECT_EQ(read.breaches, std::vector<std::string>());
  return read;
}

json stats(TestDaemon& daemon, const std::string& query = "") {
  return request(daemon.port(), "GET", "/v1/stats" + query).json();
}

void buy(TestDaemon& daemon, const std::string& key) {
  json order = good_order();
  order["order_id"] = key;
  ASSERT_EQ(submit(daemon.port(), key, order, "Prefer: wait=10\r\n").status, 200);
}

// Until the last call's record is in the numbers, too: the shop is told before the merchant.
void settle_down(TestDaemon& daemon, std::size_t finished) {
  for (int i = 0; i < 400; ++i) {
    const json purchases = stats(daemon)["purchases"];
    if (purchases["completed"].get<std::size_t>() + purchases["cancelled"].get<std::size_t>() >= finished)
      return;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

TEST(ReaderOfExpositions, FindsWhatIsWrong) {
  const std::string good =
      "# HELP a_total A.\n# TYPE a_total counter\na_total{x=\"y\\\"z\",w=\"\"} 1\na_total 2\n";
  EXPECT_EQ(read_exposition(good).breaches, std::vector<std::string>());
  for (const char* bad :
       {"# HELP a_total A.\n# TYPE a_total counter\na_total{x=y} 1\n",
        "# HELP a_total A.\n# TYPE a_total counter\na_total 1\na_total 1\n",
        "# HELP a_total A.\n# TYPE a_total counter\nb_total 1\n",
        "# HELP a_total A.\n# TYPE a_total counter\na_total -1\n",
        "# HELP a_total A.\n# TYPE a_total counter\na_total 1", "# HELP a A.\n# TYPE a counter\na 1\n",
        "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count "
        "1\n",
        "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
        "# HELP a A.\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 2\n", "a 1\n", "\n",
        "# HELP a A.\n# TYPE a gauge\n"})
    EXPECT_FALSE(read_exposition(bad).breaches.empty()) << bad;
}

TEST(Metrics, AreReadableBeforeAnythingHappened) {
  TestDaemon daemon;
  const Exposition read = scrape(daemon);
  EXPECT_EQ(read.value("settle_purchases_submitted_total"), 0);
  EXPECT_EQ(read.value("settle_ready"), 1);
  EXPECT_EQ(read.value("settle_due_lag_seconds"), 0);
  EXPECT_EQ(read.value("settle_build_info{version=\"" + std::string(settle_version()) + "\"}"), 1);
  EXPECT_EQ(read.families.count("settle_breaker_state"), 0U)
      << "there are none, and an empty family is left out";
}

TEST(Metrics, CountWhatHappened) {
  TestDaemon daemon({{"charge:confirm", {418, R"({"code":"teapot"})"}}});
  for (const char* key : {"k-1", "k-2"}) {
    json order = good_order();
    order["order_id"] = key;
    ASSERT_EQ(submit(daemon.port(), key, order).status, 202);
  }
  Exposition read;
  for (int i = 0; i < 400; ++i) {
    read = scrape(daemon);
    if (read.value("settle_dead_letters{age=\"under_1h\"}") == 2) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(read.value("settle_dead_letters{age=\"under_1h\"}"), 2);
  EXPECT_EQ(read.value("settle_purchases_submitted_total"), 2);
  EXPECT_EQ(read.value("settle_purchases_completed_total"), 0);
  EXPECT_EQ(read.value("settle_purchases_open"), 2);
  EXPECT_EQ(read.value("settle_purchases_waiting") + read.value("settle_purchases_in_motion"), 2);
  EXPECT_EQ(read.value("settle_calls_total{operation=\"try\"}"), 6);
  EXPECT_EQ(read.value("settle_attempts_failed_total{participant=\"payment\",cause=\"bad_status\"}"), 2);
  EXPECT_EQ(read.value("settle_alerts_total{code=\"parked\"}"), 2);
  EXPECT_EQ(read.value("settle_operation_attempts_bucket{operation=\"try\",le=\"1\"}"), 6);
  EXPECT_EQ(read.value("settle_operation_attempts_count{operation=\"try\"}"), 6);
  EXPECT_EQ(read.value("settle_operations_succeeded_total{operation=\"try\",how=\"first_try\"}"), 6);
  EXPECT_EQ(read.value("settle_calls_out"), 0);
  EXPECT_GT(read.value("settle_journal_sync_records_count"), 0);
  EXPECT_GE(read.value("settle_journal_sync_records_sum"), read.value("settle_journal_sync_records_count"));
  EXPECT_LT(std::abs(read.value("settle_engine_minus_wall_seconds")), 5);
}

TEST(Stats, SayWhatBecameOfPurchases) {
  TestDaemon daemon({{"issue:try", {422, R"({"code":"out_of_cards"})"}}});
  buy(daemon, "k-1");
  settle_down(daemon, 1);
  const json said = stats(daemon);
  EXPECT_EQ(said["step"], "hour");
  EXPECT_EQ(said["behind"], 0);
  EXPECT_EQ(said["purchases"]["submitted"], 1);
  EXPECT_EQ(said["purchases"]["cancelled"], 1);
  EXPECT_EQ(said["purchases"]["cancel_reasons"], json({{"refused", 1}}));
  EXPECT_EQ(said["operations"]["succeeded"], 4) << "two tries, two cancels";
  EXPECT_EQ(said["operations"]["refused"], 1);
  EXPECT_EQ(said["operations"]["success_percent"], 100.0) << "a refusal is an answer";
  EXPECT_EQ(said["attempts"]["1"], 5);
  EXPECT_EQ(said["causes"], json({{"business_refusal", 1}}));
  ASSERT_EQ(said["worst_endpoints"].size(), 1U);
  EXPECT_EQ(said["worst_endpoints"][0]["target"], "card");
  EXPECT_EQ(said["worst_endpoints"][0]["failed_percent"], 100.0);
  EXPECT_EQ(said["stopped"], false);
  EXPECT_EQ(said["incomplete"], false);
  std::uint64_t attempts = 0, ended = 0;
  for (const json& hour : said["time_of_day"]) {
    attempts += hour["attempts"].get<std::uint64_t>();
    ended += hour["ended"].get<std::uint64_t>();
  }
  EXPECT_EQ(attempts, 5U);
  EXPECT_EQ(ended, 5U);
  std::uint64_t points = 0;
  for (const json& point : said["points"]) points += point["operations"]["attempts"].get<std::uint64_t>();
  EXPECT_EQ(points, 5U);
  EXPECT_GE(said["points"].size(), 24U);
}

TEST(Stats, NarrowByTargetAndMerchant) {
  TestDaemon daemon;
  buy(daemon, "k-1");
  settle_down(daemon, 1);
  const json card =
      stats(daemon, "?target=card&step=minute&from=" + stats(daemon, "?step=hour")["to"].get<std::string>() +
                        "&to=2999-01-01T00:00:00Z");
  EXPECT_EQ(card["code"], "invalid_parameter") << "too many minutes";
  const json narrowed = stats(daemon, "?target=card");
  EXPECT_EQ(narrowed["operations"]["succeeded"], 2);
  EXPECT_FALSE(narrowed.contains("purchases"));
  std::uint64_t attempts = 0;
  for (const json& hour : narrowed["time_of_day"]) attempts += hour["attempts"].get<std::uint64_t>();
  EXPECT_EQ(attempts, 2U);
  const std::string merchant = good_order()["merchant"];
  EXPECT_EQ(stats(daemon, "?merchant=" + merchant)["operations"]["succeeded"], 1);
  EXPECT_EQ(stats(daemon, "?merchant=nobody")["operations"]["succeeded"], 0);
  EXPECT_FALSE(stats(daemon, "?merchant=" + merchant + "&step=day").contains("time_of_day"));
  EXPECT_TRUE(stats(daemon, "?step=day").contains("time_of_day"));
}

// A hundred calls of which five fail are more failures than one of one; and a rate of one says nothing.
TEST(Stats, TheWorstByFailuresOrByRateAndMerchantsByName) {
  TestDaemon daemon;
  const auto put = [&](const StatsBucket& bucket) {
    std::promise<void> durable;
    daemon.ask([&] {
      const TimeMs at = start_of(StatsStep::hour, daemon.engine->gauges().at - DurationMs{2 * 3'600'000});
      daemon.engine->note(RecordKind::engine, R"({"event":"meddled"})",
                          {{"stats", "hour:" + std::to_string(at.count / 1'000), encode(bucket)}},
                          [&durable](const auto&) { durable.set_value(); });
    });
    durable.get_future().wait();
  };
  StatsBucket bucket;
  const auto cell = [&](const CellKey& key, std::uint64_t attempts, std::uint64_t failures) {
    bucket.cells[key][cell_counter::attempts] = attempts;
    bucket.cells[key][cell_counter::cause(Cause::reset)] = failures;
  };
  cell({"payment", "", Operation::try_}, 1'000, 50);
  cell({merchant_target, "m-bad", Operation::deliver}, 20, 19);
  cell({merchant_target, "m-good", Operation::deliver}, 1'000, 1);
  cell({merchant_target, "m-once", Operation::deliver}, 1, 1);
  put(bucket);
  const auto worst = [&](const std::string& query) {
    std::vector<std::string> names;
    const json said = stats(daemon, query);
    for (const json& one : said["worst_endpoints"])
      names.push_back(one["target"].get<std::string>() + one.value("merchant", "").insert(0, " "));
    return names;
  };
  const std::string bad = "$merchant m-bad", good = "$merchant m-good", once = "$merchant m-once";
  EXPECT_EQ(worst(""), (std::vector<std::string>{"payment ", bad, good, once}));
  EXPECT_EQ(worst("?order=failures"), worst(""));
  EXPECT_EQ(worst("?order=rate"), (std::vector<std::string>{bad, "payment ", good})) << "one call is no rate";
  EXPECT_EQ(worst("?merchant=m-bad"), (std::vector<std::string>{bad}));
  EXPECT_EQ(worst("?target=$merchant"), (std::vector<std::string>{bad, good, once}));
  EXPECT_EQ(stats(daemon)["worst_endpoints"][1]["failed_percent"], 95.0);
  EXPECT_EQ(stats(daemon, "?merchant=m-bad")["incomplete"], false);
  cell({merchant_target, other_merchant, Operation::deliver}, 5, 5);
  put(bucket);
  EXPECT_EQ(stats(daemon, "?merchant=m-bad")["incomplete"], true);
  EXPECT_EQ(stats(daemon, "?target=payment")["incomplete"], false);
  const RawAnswer refused = request(daemon.port(), "GET", "/v1/stats?order=name");
  EXPECT_EQ(refused.code(), "invalid_parameter");
  EXPECT_EQ(refused.json()["pointer"], "order");
}

TEST(Stats, BadWindowsAreRefusedWithTheirName) {
  TestDaemon daemon;
  for (const auto& [query, name] : std::map<std::string, std::string>{
           {"?from=yesterday", "from"},
           {"?to=2026-01-01", "to"},
           {"?step=week", "step"},
           {"?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from"},
           {"?step=minute&from=2020-01-01T00:00:00Z&to=2020-01-01T01:00:00Z", "step"},
           {"?step=hour&from=2020-01-01T00:00:00Z", "step"},
           {"?from=1970-01-01T00:00:00Z", "step"},
           {"?target=", "target"},
           {"?color=red", "color"}}) {
    const RawAnswer answer = request(daemon.port(), "GET", "/v1/stats" + query);
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_EQ(answer.code(), "invalid_parameter") << query;
    EXPECT_EQ(answer.json()["pointer"], name) << query;
  }
}

}  // namespace
}  // namespace settle::test
