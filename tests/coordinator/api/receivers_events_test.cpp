// What receivers are told: the events, over real sockets.

#include <gtest/gtest.h>

#include "receivers_support.hpp"
#include "settle/kit/signature.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

TEST(Receivers, I26_CloudEventsAreSignedAndTellWhatHappened) {
  ListeningServer server;
  TestDaemon daemon({{"charge:try", {409, R"({"code":"declined","detail":"no"})"}}});
  ASSERT_EQ(put_receiver(daemon, "bus",
                         {{"kind", "cloudevents"},
                          {"url", server.url("/events")},
                          {"secrets", {receiver_secret}},
                          {"rules", {{{"types", {"settle.purchase.cancelled", "settle.daemon.paused"}}}}}})
                .status,
            201);
  buy(daemon, 7, 1);
  const Heard heard = server.wait_for(1).at(0);
  EXPECT_EQ(heard.headers.at("content-type"), "application/cloudevents+json");
  const json event = heard.json();
  EXPECT_EQ(event["type"], "settle.purchase.cancelled");
  EXPECT_EQ(event["source"], "/settle");
  EXPECT_EQ(event["subject"], submit(daemon.port(), "k-7", order_number(7)).json()["id"]);
  EXPECT_EQ(event["data"]["order_id"], "A-7");
  EXPECT_EQ(event["data"]["merchant"], "m-1");
  EXPECT_EQ(event["data"]["reason"], "declined");
  EXPECT_EQ(event["data"]["step"], "charge");
  EXPECT_EQ(heard.body.find("for a friend"), std::string::npos) << "no payload";
  const auto keys = kit::Secrets::parse({receiver_secret});
  ASSERT_TRUE(keys.ok());
  const auto& at = heard.headers;
  EXPECT_EQ(at.at("webhook-id"), event["id"]);
  EXPECT_TRUE(
      keys->verify(at.at("webhook-id"), at.at("webhook-timestamp"), heard.body, at.at("webhook-signature")));
  EXPECT_FALSE(keys->verify(at.at("webhook-id"), at.at("webhook-timestamp"), heard.body + " ",
                            at.at("webhook-signature")));
}

TEST(Receivers, AParkedStepIsToldWithItsCauseAndThatItGoesOn) {
  ListeningServer server;
  TestDaemon daemon({{"issue:confirm", {404, R"({"code":"gone","detail":"no such card"})"}}});
  json bus = cloudevents_to(server);
  bus["rules"] = {{{"types", {"settle.step.parked", "settle.step.unparked"}}}};
  put_receiver(daemon, "bus", bus);
  buy(daemon, 1, 1);
  const json parked = server.wait_for(1).at(0).json();
  EXPECT_EQ(parked["type"], "settle.step.parked");
  EXPECT_EQ(parked["data"], json::parse(R"({"shop":"shop-1","order_id":"A-1","merchant":"m-1","code":"parked",
      "step":"issue","target":"card","operation":"confirm","cause":"bad_status","status":404,"error":"gone",
      "severity":"critical"})"));
  const std::string id = parked["subject"];
  request(daemon.port(), "POST", "/v1/purchases/" + id + "/retry", R"({"who":"ann","why":"mended"})");
  const auto heard = server.wait_for(3);
  ASSERT_GE(heard.size(), 3U);
  EXPECT_EQ(heard[1].json()["type"], "settle.step.unparked");
  EXPECT_EQ(heard[1].json()["data"]["step"], "issue");
  EXPECT_EQ(heard[2].json()["type"], "settle.step.parked") << "it was not";
}

TEST(Receivers, AContradictionIsToldThoughItChangesNothing) {
  ListeningServer server;
  TestDaemon daemon({{"reserve:try", {202, ""}}, {"charge:try", {0, ""}}});
  json bus = cloudevents_to(server);
  bus["rules"] = {{{"min_severity", "critical"}}};
  put_receiver(daemon, "bus", bus);
  buy(daemon, 1, 1);
  std::string url;
  while (url.empty()) url = daemon.ask([&] { return daemon.client->last_callback; });
  const std::string path = url.substr(url.find("/v1/"));
  ASSERT_EQ(request(daemon.port(), "POST", path, R"({"outcome":"done"})").status, 200);
  ASSERT_EQ(request(daemon.port(), "POST", path, R"({"outcome":"refused","code":"c"})").status, 409);
  const json event = server.wait_for(1).at(0).json();
  EXPECT_EQ(event["type"], "settle.step.contradiction");
  EXPECT_EQ(event["data"]["step"], "reserve");
  EXPECT_EQ(event["data"]["order_id"], "A-1");
}

TEST(Receivers, AReopenedPurchaseIsToldWithItsSuccessor) {
  ListeningServer server;
  TestDaemon daemon({{"charge:try", {409, R"({"code":"declined","detail":"no"})"}}});
  json bus = cloudevents_to(server);
  bus["rules"] = {{{"types", {"settle.purchase.reopened"}}}};
  put_receiver(daemon, "bus", bus);
  const std::string id = submit(daemon.port(), "k-1", order_number(1), "Prefer: wait=10\r\n").json()["id"];
  const RawAnswer reopened =
      request(daemon.port(), "POST", "/v1/purchases/" + id + "/reopen", R"({"who":"ann","why":"again"})");
  ASSERT_LT(reopened.status, 300) << reopened.body;
  const json event = server.wait_for(1).at(0).json();
  EXPECT_EQ(event["subject"], id);
  EXPECT_EQ(event["data"]["successor"], reopened.json()["id"]);
}

TEST(Receivers, WhatConcernsTheWholeIsToldAsWell) {
  ListeningServer server;
  TestDaemon daemon({}, TestDaemon::quick_limits(), false);
  json bus = cloudevents_to(server);
  bus["from"] = "beginning";
  bus["rules"] = {{{"types",
                    {"settle.endpoint.breaker_opened", "settle.endpoint.disabled", "settle.daemon.started",
                     "settle.daemon.paused"}}},
                  {{"types", {"settle.registry.changed"}}}};
  put_receiver(daemon, "bus", bus);
  pause_and_resume(daemon);
  for (const char* what : {"breaker_opened", "endpoint_disabled", "something_else"})
    daemon.ask([&] {
      daemon.engine->note(
          RecordKind::engine,
          json{{"event", what}, {"target", "payment"}, {"operation", "try"}, {"x", "y"}}.dump(), {},
          [](const auto&) {});
    });
  std::map<std::string, json> last;
  const auto heard = server.wait_until([](const std::vector<Heard>& all) {
    return !all.empty() && all.back().json()["type"] == "settle.endpoint.disabled";
  });
  for (const Heard& one : heard) {
    const json event = one.json();
    last[event["type"]] = event["data"];
  }
  EXPECT_EQ(last["settle.daemon.started"]["severity"], "info");
  EXPECT_EQ(last["settle.daemon.paused"]["who"], "ann");
  EXPECT_EQ(last["settle.registry.changed"]["event"], "receiver_put");
  EXPECT_EQ(last["settle.registry.changed"].count("receiver"), 0U);
  EXPECT_EQ(last["settle.endpoint.breaker_opened"]["target"], "payment");
  EXPECT_EQ(last["settle.endpoint.disabled"].count("x"), 0U);
  EXPECT_EQ(last.size(), 5U);
}

}  // namespace
}  // namespace settle::test
