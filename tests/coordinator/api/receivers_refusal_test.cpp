// What a receiver refuses for what it is, while it answers, keeps nothing waiting for ever; what does not
// arrive does.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "receivers_support.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

json sms_to(const ListeningServer& server) {
  return {{"kind", "sms"},
          {"url", server.url("/send")},
          {"group_seconds", 0},
          {"per_hour_max", 0},
          {"rules", {{{"types", {"settle.daemon.paused"}}}}},
          {"sms",
           {{"content", "form"},
            {"body", "to={{phone}}&text={{text}}"},
            {"phones", {"13800000001", "13800000002"}}}}};
}

bool is_to(const Heard& heard, const char* phone) {
  return heard.body.find(std::string("to=") + phone) != std::string::npos;
}

std::size_t sent_to(const std::vector<Heard>& heard, const char* phone) {
  return static_cast<std::size_t>(
      std::count_if(heard.begin(), heard.end(), [&](const Heard& one) { return is_to(one, phone); }));
}

json figures(TestDaemon& daemon, const std::string& name, const std::function<bool(const json&)>& enough) {
  json figures;
  for (int i = 0; i < 2'000; ++i) {
    figures = shown_receiver(daemon, name)["figures"];
    if (enough(figures)) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return figures;
}

TEST(ReceiversRefusal, OnePhoneThatTheGatewayRefusesKeepsNobodyElseWaiting) {
  ListeningServer gateway(
      [](std::size_t, const Heard& heard) { return status(is_to(heard, "13800000001") ? 400 : 200); });
  ListeningServer others;
  TestDaemon daemon;
  ASSERT_EQ(put_receiver(daemon, "night", sms_to(gateway)).status, 201);
  json bus = cloudevents_to(others);
  bus["rules"] = {{{"types", {"settle.receiver.message_lost"}}}};
  put_receiver(daemon, "bus", bus);
  for (int i = 0; i < 3; ++i) pause_and_resume(daemon);
  const auto heard = gateway.wait_until([](const auto& all) { return sent_to(all, "13800000002") == 3; });
  EXPECT_EQ(sent_to(heard, "13800000002"), 3U) << "each message, once";
  EXPECT_EQ(sent_to(heard, "13800000001"), 3U + 1 + 1) << "patience once; after that it is shy";
  const json told = figures(daemon, "night", [](const json& now) { return now["sent"] == 3; });
  EXPECT_EQ(told["sent"], 3);
  EXPECT_EQ(told["lost"], 3);
  EXPECT_EQ(told.count("failing_since"), 0U) << "the last request arrived";
  const json lost = others.wait_for(1).at(0).json();
  EXPECT_EQ(lost["type"], "settle.receiver.message_lost");
  EXPECT_EQ(lost["data"]["receiver"], "night");
  EXPECT_EQ(lost["data"]["error"], "status 400");
  EXPECT_EQ(lost["data"]["phones"], 1);
  EXPECT_EQ(lost["data"]["of"], 2);
  EXPECT_EQ(lost["data"]["severity"], "critical");
  EXPECT_EQ(lost.dump().find("13800000001"), std::string::npos) << "no phone numbers in events";
}

TEST(ReceiversRefusal, AMessageThatIsAlwaysRefusedIsPassedOverToldAndCounted) {
  ListeningServer server([](std::size_t, const Heard& heard) {
    return status(heard.json()["type"] == "settle.daemon.paused" ? 422 : 200);
  });
  ListeningServer others;
  TestDaemon daemon;
  json picky = cloudevents_to(server);
  picky["rules"] = {{{"types", {"settle.daemon.paused", "settle.daemon.resumed"}}}};
  put_receiver(daemon, "picky", picky);
  json bus = cloudevents_to(others);
  bus["rules"] = {{{"types", {"settle.receiver.message_lost"}}}};
  put_receiver(daemon, "bus", bus);
  pause_and_resume(daemon);
  const auto heard = server.wait_until(
      [](const auto& all) { return !all.empty() && all.back().json()["type"] == "settle.daemon.resumed"; });
  ASSERT_EQ(heard.size(), 13U) << "twelve refusals, and then what follows";
  for (std::size_t i = 1; i < 12; ++i) EXPECT_EQ(heard[i].body, heard[0].body);
  const json lost = others.wait_for(1).at(0).json()["data"];
  EXPECT_EQ(lost["receiver"], "picky");
  EXPECT_EQ(lost["first"], heard[0].json()["id"]);
  EXPECT_EQ(lost["events"], 1);
  const json told = figures(daemon, "picky", [](const json& now) { return now["sent"] == 1; });
  EXPECT_EQ(told["sent"], 1);
  EXPECT_EQ(told["lost"], 1);
  EXPECT_EQ(told["failed"], 12);
  const RawAnswer metrics = request(daemon.port(), "GET", "/metrics");
  EXPECT_NE(metrics.body.find("settle_receiver_messages_lost{receiver=\"picky\"} 1\n"), std::string::npos);
  EXPECT_NE(metrics.body.find("settle_receiver_attempts_failed{receiver=\"picky\"} 12\n"), std::string::npos);
  EXPECT_NE(metrics.body.find("settle_receiver_messages_lost{receiver=\"bus\"} 0\n"), std::string::npos);
}

// At least once: trouble on the way, trouble on the other side, and a wrong token are nothing that a message
// could be blamed for.
TEST(ReceiversRefusal, I26_WhatIsNoFaultOfTheMessageWaitsForEver) {
  for (const int trouble : {500, 503, 408, 429, 401, 403, 404, 410}) {
    ListeningServer server([trouble](std::size_t n, const Heard&) { return status(n < 30 ? trouble : 200); });
    TestDaemon daemon;
    json bus = cloudevents_to(server);
    bus["rules"] = {{{"types", {"settle.daemon.paused"}}}};
    put_receiver(daemon, "bus", bus);
    pause_and_resume(daemon);
    const auto heard = server.wait_for(31);
    ASSERT_EQ(heard.size(), 31U) << trouble;
    EXPECT_EQ(heard[30].body, heard[0].body) << trouble;
    const json told = figures(daemon, "bus", [](const json& now) { return now["sent"] == 1; });
    EXPECT_EQ(told["sent"], 1) << trouble;
    EXPECT_EQ(told["lost"], 0) << trouble;
  }
}

// A gateway that knows none of the phones (an expired account) loses nothing: it is asked again, in rounds.
TEST(ReceiversRefusal, I26_AGatewayThatRefusesEveryPhoneForWhoWeAreLosesNothing) {
  ListeningServer gateway([](std::size_t n, const Heard&) { return status(n < 24 ? 401 : 200); });
  TestDaemon daemon;
  put_receiver(daemon, "night", sms_to(gateway));
  pause_and_resume(daemon);
  const auto heard = gateway.wait_for(26);
  ASSERT_EQ(heard.size(), 26U);
  EXPECT_NE(is_to(heard[24], "13800000001"), is_to(heard[25], "13800000001")) << "each phone in the end";
  const json told = figures(daemon, "night", [](const json& now) { return now["sent"] == 1; });
  EXPECT_EQ(told["sent"], 1);
  EXPECT_EQ(told["lost"], 0);
}

// Two that refuse everything do not go on telling of each other's losses.
TEST(ReceiversRefusal, ALossThatOnlyTellsOfALossIsNotToldOn) {
  const auto no = [](std::size_t, const Heard&) { return status(400); };
  ListeningServer first(no), second(no);
  TestDaemon daemon;
  for (const auto& [name, server] : {std::pair{"a", &first}, std::pair{"b", &second}}) {
    json bus = cloudevents_to(*server);
    bus["rules"] = {{{"types", {"settle.receiver.message_lost", "settle.daemon.paused"}}}};
    put_receiver(daemon, name, bus);
  }
  pause_and_resume(daemon);
  for (const char* name : {"a", "b"}) {
    const json told = figures(daemon, name, [](const json& now) { return now["lost"] == 2; });
    EXPECT_EQ(told["lost"], 2) << name << ": the pause, and the other's loss of it";
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(shown_receiver(daemon, "a")["figures"]["lost"], 2);
}

}  // namespace
}  // namespace settle::test
