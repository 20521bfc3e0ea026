// What people do, and what the daemon mends, is told to receivers over real sockets; and what is worse than
// others of its kind says so.

#include <gtest/gtest.h>

#include <thread>

#include "outlet_derive.hpp"
#include "receivers_support.hpp"
#include "settle/wal/codec.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

const Script faulty = {{"charge:confirm", {418, R"({"code":"teapot","detail":"short"})"}}};

json bus_of(const ListeningServer& server, const std::vector<const char*>& types) {
  json bus = cloudevents_to(server);
  bus["rules"] = {{{"types", types}}};
  return bus;
}

// One purchase whose charge waits for a person; its id.
std::string parked(TestDaemon& daemon) {
  buy(daemon, 1, 1);
  for (int i = 0; i < 1'000; ++i) {
    const json letters = request(daemon.port(), "GET", "/v1/dead-letters").json()["letters"];
    if (!letters.empty()) return letters[0]["purchase"];
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ADD_FAILURE() << "nothing is parked";
  return "";
}

RawAnswer act(TestDaemon& daemon, const std::string& id, const std::string& what, json body) {
  body["who"] = body.value("who", "ann");
  body["why"] = "the bank says so";
  return request(daemon.port(), "POST", "/v1/purchases/" + id + "/" + what, body.dump());
}

TEST(ReceiversHands, ActsOfPersonsAreTold) {
  ListeningServer server;
  TestDaemon daemon(faulty);
  put_receiver(daemon, "bus",
               bus_of(server, {"settle.act.cancelled", "settle.act.retried", "settle.act.resolved"}));
  const std::string id = parked(daemon);
  ASSERT_LT(act(daemon, id, "retry", {{"step", "charge"}}).status, 300);
  const json retried = server.wait_for(1).at(0).json();
  EXPECT_EQ(retried["type"], "settle.act.retried");
  EXPECT_EQ(retried["subject"], id);
  EXPECT_EQ(retried["data"], json::parse(R"({"shop":"shop-1","order_id":"A-1","merchant":"m-1","who":"ann",
      "why":"the bank says so","step":"charge","target":"payment","severity":"info"})"));
  for (int i = 0; i < 1'000 && request(daemon.port(), "GET", "/v1/dead-letters").json()["letters"].empty();
       ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const json resolve = {{"step", "charge"}, {"resolution", "done"}, {"evidence", "statement 17 of Mr Smith"}};
  ASSERT_LT(act(daemon, id, "resolve", resolve).status, 300);
  const json resolved = server.wait_for(2).at(1).json();
  EXPECT_EQ(resolved["type"], "settle.act.resolved");
  EXPECT_EQ(resolved["data"]["as"], "done");
  EXPECT_EQ(resolved["data"]["who"], "ann");
  EXPECT_EQ(resolved["data"]["step"], "charge");
  EXPECT_EQ(resolved.dump().find("Smith"), std::string::npos) << "the evidence stays in the journal";
}

TEST(ReceiversHands, ACancelByHandIsTold) {
  ListeningServer server;
  TestDaemon daemon({{"charge:try", {0, ""}}});
  put_receiver(daemon, "bus", bus_of(server, {"settle.act.cancelled"}));
  const std::string id = submit(daemon.port(), "k-1", order_number(1)).json()["id"];
  ASSERT_LT(act(daemon, id, "cancel", json::object()).status, 300);
  const json cancelled = server.wait_for(1).at(0).json();
  EXPECT_EQ(cancelled["type"], "settle.act.cancelled");
  EXPECT_EQ(cancelled["subject"], id);
  EXPECT_EQ(cancelled["data"]["who"], "ann");
  EXPECT_EQ(cancelled["data"]["why"], "the bank says so");
}

TEST(ReceiversHands, AProposalIsToldSinceASecondPersonMustCome) {
  EngineConfig config;
  config.resolve_needs_second_person = true;
  ListeningServer server;
  TestDaemon daemon(faulty, TestDaemon::quick_limits(), true, config);
  put_receiver(daemon, "bus", bus_of(server, {"settle.act.proposed", "settle.act.resolved"}));
  const std::string id = parked(daemon);
  json resolve = {{"step", "charge"}, {"resolution", "done"}, {"evidence", "statement 17"}};
  ASSERT_EQ(act(daemon, id, "resolve", resolve).status, 202);
  const json proposed = server.wait_for(1).at(0).json();
  EXPECT_EQ(proposed["type"], "settle.act.proposed");
  EXPECT_EQ(proposed["data"]["severity"], "warning");
  EXPECT_EQ(proposed["data"]["as"], "done");
  EXPECT_EQ(proposed["data"]["who"], "ann");
  resolve["who"] = "bob";
  ASSERT_EQ(act(daemon, id, "resolve", resolve).status, 200);
  const json resolved = server.wait_for(2).at(1).json();
  EXPECT_EQ(resolved["type"], "settle.act.resolved");
  EXPECT_EQ(resolved["data"]["who"], "bob");
  EXPECT_EQ(resolved["data"]["proposed_by"], "ann");
}

TEST(ReceiversHands, TheEndOfABulkActIsTold) {
  ListeningServer server;
  TestDaemon daemon(faulty);
  put_receiver(daemon, "bus", bus_of(server, {"settle.bulk.finished"}));
  parked(daemon);
  const RawAnswer begun =
      request(daemon.port(), "POST", "/v1/dead-letters/acts",
              R"({"act":"note","who":"ann","why":"handover","target":"payment","text":"call them"})");
  ASSERT_LT(begun.status, 300) << begun.body;
  const json finished = server.wait_for(1).at(0).json();
  EXPECT_EQ(finished["type"], "settle.bulk.finished");
  EXPECT_EQ(finished["data"]["act"], "note");
  EXPECT_EQ(finished["data"]["who"], "ann");
  EXPECT_EQ(finished["data"]["matched"], 1);
  EXPECT_EQ(finished["data"]["done"], 1);
  EXPECT_EQ(finished["data"]["failed"], 0);
}

// A record of the purchase's shard, behind the engine's back under its own epoch.
Append meddling(TestDaemon& daemon, const std::string& id) {
  Append append;
  append.purchase = *PurchaseId::parse(id);
  append.shard = shard_of(append.purchase, daemon.journal->shard_count());
  append.epoch = Epoch{1};
  append.kind = RecordKind::engine;
  append.at = daemon.engine->gauges().at;
  append.event = R"({"event":"meddled"})";
  return append;
}

TEST(ReceiversHands, WhatTheSweepMendedIsToldAndCounted) {
  ListeningServer server;
  TestDaemon daemon(faulty);
  put_receiver(daemon, "bus", bus_of(server, {"settle.daemon.wakeup_repaired"}));
  const std::string id = parked(daemon);
  daemon.ask([&] {
    Append append = meddling(daemon, id);
    append.due_put = append.at + DurationMs{3'600'000};
    ASSERT_TRUE(daemon.journal->append(append).ok());
  });
  const json report = request(daemon.port(), "POST", "/v1/sweep").json();
  EXPECT_EQ(report["repaired"], 1) << report;
  EXPECT_EQ(report["forgotten"], 0);
  const json repaired = server.wait_for(1).at(0).json();
  EXPECT_EQ(repaired["type"], "settle.daemon.wakeup_repaired");
  EXPECT_EQ(repaired["subject"], id);
  EXPECT_EQ(repaired["data"]["severity"], "warning");
  EXPECT_NE(request(daemon.port(), "GET", "/metrics")
                .body.find("settle_alerts_total{code=\"wakeup_repaired\"} 1\n"),
            std::string::npos);
}

// A snapshot that no row of the tables leads to: its step is out, and nobody will ever ask after it.
TEST(ReceiversHands, AForgottenPurchaseIsTold) {
  ListeningServer server;
  TestDaemon daemon(faulty);
  put_receiver(daemon, "bus", bus_of(server, {"settle.purchase.forgotten"}));
  const std::string id = parked(daemon);
  daemon.ask([&] {
    Append append = meddling(daemon, id);
    Purchase lost = *decode_purchase((*daemon.journal->snapshot(append.purchase))->state);
    for (Step& step : lost.steps)
      if (step.state == StepState::parked) step.state = step.parked_from;
    append.snapshot = encode(lost);
    ASSERT_TRUE(daemon.journal->append(append).ok());
  });
  const json report = request(daemon.port(), "POST", "/v1/sweep").json();
  EXPECT_EQ(report["forgotten"], 1) << report;
  const json told = server.wait_for(1).at(0).json();
  EXPECT_EQ(told["type"], "settle.purchase.forgotten");
  EXPECT_EQ(told["subject"], id);
  EXPECT_EQ(told["data"]["severity"], "critical");
  const json listed = request(daemon.port(), "GET", "/v1/purchases?needs_person=true").json()["purchases"];
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0]["id"], id);
  EXPECT_EQ(listed[0]["needs_person"], true);
}

TEST(ReceiversHands, WhatIsHeldForLongIsCriticalWhereMoneyStockOrCardsWait) {
  Event event;
  event.what = Due{};
  event.notices = "held:1:2,held:1:3,held:3:4,window_half:3:4";
  Record record;
  record.event = encode(event);
  record.transitions = encode(std::vector<Transition>{});
  const auto happenings = happenings_of(record);
  ASSERT_TRUE(happenings.ok());
  ASSERT_EQ(happenings->size(), 4U);
  EXPECT_EQ(happenings->at(0).raised, Severity::critical) << "a confirm";
  EXPECT_EQ(happenings->at(1).raised, Severity::critical) << "a cancel";
  EXPECT_EQ(happenings->at(2).raised, std::nullopt) << "a delivery";
  EXPECT_EQ(happenings->at(3).raised, std::nullopt);
}

TEST(ReceiversHands, TheWarningsOfAWindowRiseAndItsEndIsToldOnce) {
  ListeningServer server;
  TestDaemon daemon({{"notify:deliver", {500, "{}"}}});
  json definition = request(daemon.port(), "GET", "/v1/definitions/purchase").json();
  for (json& step : definition["steps"])
    if (step["name"] == "notify")
      step["deliver"]["retry"] = {{"kind", "fixed"}, {"base_ms", 100}, {"window_ms", 2'000}};
  const RawAnswer put = request(daemon.port(), "PUT", "/v1/definitions/purchase", definition.dump());
  ASSERT_LT(put.status, 300) << put.body;
  put_receiver(daemon, "bus",
               bus_of(server, {"settle.step.window_ending", "settle.step.abandoned", "settle.step.alert"}));
  buy(daemon, 1, 1);
  const auto over = [](const std::vector<Heard>& all) {
    return !all.empty() && all.back().json()["type"] == "settle.step.abandoned";
  };
  const auto heard = server.wait_until(over);
  std::vector<std::string> told;
  for (const Heard& one : heard) {
    const json event = one.json();
    const std::string code = event["data"].value("code", "");
    told.push_back(event["type"].get<std::string>() + " " + code + " " +
                   event["data"]["severity"].get<std::string>());
  }
  EXPECT_EQ(told, (std::vector<std::string>{"settle.step.window_ending window_half warning",
                                            "settle.step.window_ending window_ending warning",
                                            "settle.step.window_ending window_last_chance critical",
                                            "settle.step.abandoned  critical"}))
      << "an abandonment is one event";
}

// What money, stock or cards wait for is worse than what merely has not begun.
TEST(ReceiversHands, ABreakerOfConfirmsIsCriticalAndOneOfTriesAWarning) {
  ListeningServer server;
  TestDaemon daemon;
  json bus = bus_of(server, {"settle.endpoint.breaker_opened"});
  put_receiver(daemon, "bus", bus);
  for (const char* operation : {"try", "confirm", "cancel", "deliver"})
    daemon.ask([&] {
      daemon.engine->note(
          RecordKind::engine,
          json{{"event", "breaker_opened"}, {"target", "payment"}, {"operation", operation}}.dump(), {},
          [](const auto&) {});
    });
  const auto heard = server.wait_for(4);
  std::map<std::string, std::string> severities;
  for (const Heard& one : heard) {
    const json event = one.json();
    severities[event["data"]["operation"]] = event["data"]["severity"];
  }
  EXPECT_EQ(
      severities,
      (std::map<std::string, std::string>{
          {"try", "warning"}, {"confirm", "critical"}, {"cancel", "critical"}, {"deliver", "warning"}}));
}

}  // namespace
}  // namespace settle::test
