// When receivers are told, and in which order; and what a dead one costs the others.

#include <gtest/gtest.h>

#include <future>
#include <mutex>

#include "exposition.hpp"
#include "receivers_support.hpp"
#include "settle/coordinator/log.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

TEST(Receivers, WhatHappensIsToldInItsOrderAndOnce) {
  ListeningServer server;
  TestDaemon daemon;
  put_receiver(daemon, "bus",
               {{"kind", "cloudevents"}, {"url", server.url()}, {"secrets", {receiver_secret}}});
  for (std::size_t n = 0; n < 40; n += 10) {
    buy(daemon, n, 10);
    pause_and_resume(daemon);
  }
  const auto completed = [](const std::vector<Heard>& heard) {
    std::size_t count = 0;
    for (const Heard& one : heard) {
      const json event = one.json();
      count += event["type"] == "settle.purchase.completed" ? 1 : 0;
    }
    return count == 40;
  };
  const auto heard = server.wait_until(completed);
  ASSERT_TRUE(completed(heard));
  EXPECT_EQ(ids_of(heard).size(), heard.size()) << "nothing failed, so nothing is told twice";
  std::string last;
  std::map<std::string, std::size_t> last_lsn;
  for (const Heard& one : heard) {
    const json event = one.json();
    const std::string time = event["time"], id = event["id"];
    EXPECT_LE(last, time) << event;
    last = time;
    const std::string shard = id.substr(0, id.find(':'));
    const std::size_t lsn = std::stoul(id.substr(id.find(':') + 1));
    EXPECT_LT(last_lsn[shard], lsn) << event;
    last_lsn[shard] = lsn;
  }
  EXPECT_EQ(last_lsn.size(), 4U) << "from all shards";
}

TEST(Receivers, I26_WhatIsNotTakenIsSentAgainBeforeWhatFollows) {
  ListeningServer server([](std::size_t n, const Heard&) { return status(n % 3 == 2 ? 200 : 503); });
  TestDaemon daemon;
  put_receiver(daemon, "bus",
               {{"kind", "cloudevents"},
                {"url", server.url()},
                {"secrets", {receiver_secret}},
                {"rules", {{{"types", {"settle.daemon.paused", "settle.daemon.resumed"}}}}}});
  for (int i = 0; i < 3; ++i) pause_and_resume(daemon);
  const auto heard = server.wait_for(18);
  ASSERT_EQ(heard.size(), 18U);
  for (std::size_t n = 0; n < heard.size(); ++n) {
    const char* type = n / 3 % 2 == 0 ? "settle.daemon.paused" : "settle.daemon.resumed";
    EXPECT_EQ(heard[n].json()["type"], type) << n;
    EXPECT_EQ(heard[n].body, heard[n / 3 * 3].body) << "byte for byte the same in each attempt";
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (shown_receiver(daemon, "bus")["figures"]["sent"] != 6 && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_EQ(shown_receiver(daemon, "bus")["figures"]["failed"], 12);
  EXPECT_EQ(shown_receiver(daemon, "bus")["figures"]["sent"], 6);
}

TEST(Receivers, I19_ADeadOneDelaysNobody) {
  ListeningServer alive, dead([](std::size_t, const Heard&) { return status(0); });
  TestDaemon daemon;
  const json rules = {{{"types", {"settle.purchase.completed"}}}};
  put_receiver(
      daemon, "dead",
      {{"kind", "cloudevents"}, {"url", dead.url()}, {"secrets", {receiver_secret}}, {"rules", rules}});
  put_receiver(daemon, "refused",
               {{"kind", "cloudevents"},
                {"url", "http://127.0.0.1:9/"},
                {"secrets", {receiver_secret}},
                {"rules", rules}});
  put_receiver(
      daemon, "alive",
      {{"kind", "cloudevents"}, {"url", alive.url()}, {"secrets", {receiver_secret}}, {"rules", rules}});
  for (std::size_t n = 0; n < 300; ++n)  // more than may wait for one receiver
    ASSERT_EQ(submit(daemon.port(), "k-" + std::to_string(n), order_number(n), "Prefer: wait=10\r\n").status,
              200)
        << n;
  EXPECT_EQ(alive.wait_for(300).size(), 300U);
  EXPECT_EQ(dead.wait_for(1).size(), 1U) << "one request at a time";
  EXPECT_GT(shown_receiver(daemon, "dead")["figures"]["behind"], 300);
  const json refused = shown_receiver(daemon, "refused")["figures"];
  EXPECT_NE(refused["last_error"].get<std::string>().find("refused"), std::string::npos) << refused;
  EXPECT_EQ(refused.count("failing_since"), 1U);
  const Exposition metrics = read_exposition(request(daemon.port(), "GET", "/metrics").body);
  EXPECT_EQ(metrics.breaches, std::vector<std::string>());
  EXPECT_GT(metrics.value("settle_receiver_behind_records{receiver=\"dead\"}"), 300);
  EXPECT_LT(metrics.value("settle_receiver_behind_records{receiver=\"alive\"}"), 300);
  EXPECT_GT(metrics.value("settle_receiver_failing_seconds{receiver=\"refused\"}"), 0);
  EXPECT_EQ(metrics.value("settle_receiver_failing_seconds{receiver=\"alive\"}"), 0);
  EXPECT_GT(metrics.value("settle_receiver_attempts_failed{receiver=\"refused\"}"), 0);
}

TEST(Receivers, OneThatFailsForLongIsAlerted) {
  std::promise<std::string> alerted;
  bool told = false;
  std::mutex mutex;
  set_log_sink([&](std::string_view line) {
    const std::lock_guard lock(mutex);
    if (line.find("a receiver of events has failed for long") == std::string_view::npos) return;
    if (!std::exchange(told, true)) alerted.set_value(std::string(line));
  });
  ListeningServer server([](std::size_t, const Heard&) { return status(500); });
  {
    TestDaemon daemon;
    put_receiver(daemon, "bus", cloudevents_to(server));
    pause_and_resume(daemon);
    auto alert = alerted.get_future();
    ASSERT_EQ(alert.wait_for(std::chrono::seconds(10)), std::future_status::ready);
    const json line = json::parse(alert.get());
    EXPECT_EQ(line["level"], "alert");
    EXPECT_EQ(line["receiver"], "bus");
    EXPECT_GE(line["failing_ms"], 300);
    EXPECT_EQ(line["error"], "status 500");
  }
  set_log_sink(nullptr);
}

TEST(Receivers, WhatGathersIsOneMessageOverTheWire) {
  ListeningServer server;
  TestDaemon daemon;
  put_receiver(daemon, "ops",
               {{"kind", "slack"},
                {"url", server.url()},
                {"group_seconds", 1},
                {"rules", {{{"types", {"settle.purchase.completed"}}}}}});
  buy(daemon, 0, 25);
  const auto total = [](const std::vector<Heard>& heard) {
    std::size_t events = 0;
    for (const Heard& one : heard) {
      const auto text = one.json()["text"].get<std::string>();
      events += text.find("events of Settle") == std::string::npos ? 1 : std::stoul(text);
    }
    return events;
  };
  const auto heard = server.wait_until([&](const auto& all) { return total(all) == 25; });
  EXPECT_EQ(total(heard), 25U);
  EXPECT_LE(heard.size(), 3U) << "not one by one";
}

TEST(Receivers, PerHourMaxHoldsAndWhatIsMoreWaits) {
  ListeningServer server;
  TestDaemon daemon;
  put_receiver(daemon, "ops",
               {{"kind", "slack"},
                {"url", server.url()},
                {"group_seconds", 0},
                {"per_hour_max", 2},
                {"rules", {{{"types", {"settle.daemon.paused"}}}}}});
  for (int i = 0; i < 5; ++i) pause_and_resume(daemon);
  EXPECT_EQ(server.wait_for(2).size(), 2U);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (shown_receiver(daemon, "ops")["figures"]["waiting"] != 3 && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_EQ(shown_receiver(daemon, "ops")["figures"]["waiting"], 3) << "and is not lost";
  EXPECT_EQ(server.wait_for(2).size(), 2U);
}

TEST(Receivers, AnSmsGatewayGetsARequestForEachPhone) {
  ListeningServer server;
  TestDaemon daemon;
  const json sms = {{"content", "form"},
                    {"body", "key={{secret}}&to={{phone}}&text={{text}}"},
                    {"phones", {"+8613800000001", "13800000002"}}};
  ASSERT_EQ(put_receiver(daemon, "night",
                         {{"kind", "sms"},
                          {"url", server.url("/send")},
                          {"secrets", {"k3y"}},
                          {"group_seconds", 0},
                          {"rules", {{{"types", {"settle.daemon.paused"}}}}},
                          {"sms", sms}})
                .status,
            201);
  pause_and_resume(daemon);
  const auto heard = server.wait_for(2);
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[0].headers.at("content-type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(heard[0].body.find("key=k3y&to=%2B8613800000001&text=%5Bwarning%5D%20settle.daemon.paused"), 0U)
      << heard[0].body;
  EXPECT_EQ(heard[1].body.find("key=k3y&to=13800000002&text="), 0U) << heard[1].body;
}

TEST(Receivers, ANewOneBeginsAtTheEndOrWhereItIsTold) {
  ListeningServer late, early;
  TestDaemon daemon;
  const json rules = {{{"types", {"settle.purchase.completed"}}}};
  for (std::size_t n = 0; n < 5; ++n)
    submit(daemon.port(), "k-" + std::to_string(n), order_number(n), "Prefer: wait=10\r\n");
  put_receiver(
      daemon, "late",
      {{"kind", "cloudevents"}, {"url", late.url()}, {"secrets", {receiver_secret}}, {"rules", rules}});
  put_receiver(daemon, "early",
               {{"kind", "cloudevents"},
                {"url", early.url()},
                {"secrets", {receiver_secret}},
                {"rules", rules},
                {"from", "beginning"}});
  EXPECT_EQ(early.wait_for(5).size(), 5U);
  submit(daemon.port(), "k-9", order_number(9));
  EXPECT_EQ(late.wait_for(1).at(0).json()["data"]["order_id"], "A-9");
  EXPECT_EQ(early.wait_for(6).size(), 6U);
}

TEST(Receivers, AChangedOneGoesOnWhereItWas) {
  ListeningServer first([](std::size_t, const Heard&) { return status(500); }), second;
  TestDaemon daemon;
  const json rules = {{{"types", {"settle.daemon.paused"}}}};
  put_receiver(
      daemon, "bus",
      {{"kind", "cloudevents"}, {"url", first.url()}, {"secrets", {receiver_secret}}, {"rules", rules}});
  pause_and_resume(daemon);
  const std::string id = first.wait_for(1).at(0).json()["id"];
  ASSERT_EQ(
      put_receiver(daemon, "bus", {{"kind", "cloudevents"}, {"url", second.url()}, {"rules", rules}}).status,
      200);
  EXPECT_EQ(second.wait_for(1).at(0).json()["id"], id);
}

// What is written of cursors is itself in the journal: it must not be a reason to write again.
TEST(Receivers, NothingHappensWhereNothingHappens) {
  ListeningServer server;
  TestDaemon daemon;
  put_receiver(daemon, "bus",
               {{"kind", "cloudevents"}, {"url", server.url()}, {"secrets", {receiver_secret}}});
  pause_and_resume(daemon);
  server.wait_for(2);
  std::uint64_t before = 0, now = daemon.appends();
  for (int looks = 0; looks < 50 && before != now; ++looks) {
    before = now;
    std::this_thread::sleep_for(std::chrono::milliseconds(150));  // seven times as long as between two writes
    now = daemon.appends();
  }
  EXPECT_EQ(before, now);
}

}  // namespace
}  // namespace settle::test
