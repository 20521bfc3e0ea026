// Receivers over real sockets: the routes, what arrives, in which order, and what a dead one costs the
// others.

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "daemon.hpp"
#include "listening_server.hpp"
#include "raw_client.hpp"
#include "settle/kit/signature.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

constexpr const char* secret = "whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw";

RawAnswer put(TestDaemon& daemon, const std::string& name, const json& receiver) {
  return request(daemon.port(), "PUT", "/v1/receivers/" + name, receiver.dump());
}

json shown(TestDaemon& daemon, const std::string& name) {
  return request(daemon.port(), "GET", "/v1/receivers/" + name).json();
}

json order_number(std::size_t n) {
  json order = good_order();
  order["order_id"] = "A-" + std::to_string(n);
  return order;
}

json cloudevents_to(const ListeningServer& server) {
  return {{"kind", "cloudevents"}, {"url", server.url()}, {"secrets", {secret}}};
}

void buy(TestDaemon& daemon, std::size_t from, std::size_t count) {
  for (std::size_t n = from; n < from + count; ++n)
    ASSERT_LT(submit(daemon.port(), "k-" + std::to_string(n), order_number(n)).status, 300);
}

void pause_and_resume(TestDaemon& daemon) {
  for (const char* path : {"/v1/pause", "/v1/resume"})
    ASSERT_EQ(request(daemon.port(), "POST", path, R"({"who":"ann","why":"to see"})").status, 200);
}

ServerResponse status(int number) {
  ServerResponse response;
  response.status = number;
  return response;
}

std::set<std::string> ids_of(const std::vector<Heard>& heard) {
  std::set<std::string> ids;
  for (const Heard& one : heard) ids.insert(one.json().value("id", ""));
  return ids;
}

TEST(Receivers, AreMadeShownChangedAndDeletedAndNeverShowASecret) {
  TestDaemon daemon;
  const json slack = {{"kind", "slack"}, {"url", "http://127.0.0.1:9/services/T0/B0/sEcReT"}};
  const RawAnswer made = put(daemon, "ops", slack);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.header("location"), "/v1/receivers/ops");
  EXPECT_EQ(made.json()["url"], "http://127.0.0.1:9/***");
  EXPECT_EQ(made.json()["group_seconds"], 30);
  EXPECT_EQ(put(daemon, "ops", shown(daemon, "ops")).status, 200) << "what was got can be put";
  const RawAnswer signed_one = put(daemon, "bus", {{"kind", "cloudevents"}, {"url", "http://127.0.0.1:9/e"}});
  ASSERT_EQ(signed_one.status, 201) << signed_one.body;
  const std::string made_secret = signed_one.json()["new_secret"];
  EXPECT_EQ(put(daemon, "bus", shown(daemon, "bus")).json().count("new_secret"), 0U) << "told once";
  ASSERT_EQ(put(daemon, "bus", {{"kind", "slack"}, {"url", "http://127.0.0.1:9/y"}}).status, 200);
  EXPECT_EQ(shown(daemon, "bus")["secret_count"], 0) << "another kind has nothing of the one before";

  const std::string everything = request(daemon.port(), "GET", "/v1/receivers").body +
                                 request(daemon.port(), "GET", "/v1/journal?limit=500").body;
  EXPECT_EQ(everything.find("sEcReT"), std::string::npos);
  EXPECT_EQ(everything.find(made_secret), std::string::npos);
  for (const Document& document :
       daemon.ask([&] { return *daemon.journal->documents(ShardId{0}, "receiver"); }))
    EXPECT_EQ(document.value.find("sEcReT"), std::string::npos) << "sealed";

  EXPECT_EQ(request(daemon.port(), "DELETE", "/v1/receivers/ops").status, 204);
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/receivers/ops").status, 404);
  EXPECT_EQ(request(daemon.port(), "DELETE", "/v1/receivers/ops").status, 404);
  EXPECT_EQ(request(daemon.port(), "POST", "/v1/receivers/ops/test", "{}").status, 404);
}

TEST(Receivers, ABadOneIsRefusedWithItsField) {
  TestDaemon daemon;
  const std::pair<const char*, const char*> bad[] = {
      {R"({})", "/kind"},
      {R"({"kind":"mail","url":"http://x/"})", "/kind"},
      {R"({"kind":"slack"})", "/url"},
      {R"({"kind":"slack","url":"ftp://x/"})", "/url"},
      {R"({"kind":"slack","url":"http://x/***"})", "/url"},
      {R"({"kind":"cloudevents","url":"http://x/?token=1"})", "/url"},
      {R"({"kind":"slack","url":"http://x/","secrets":["s"]})", "/secrets"},
      {R"({"kind":"cloudevents","url":"http://x/","secrets":["s3cr3t"]})", "/secrets/0"},
      {R"({"kind":"cloudevents","url":"http://x/","secrets":[]})", "/secrets"},
      {R"({"kind":"slack","url":"http://x/","group_seconds":3601})", "/group_seconds"},
      {R"({"kind":"slack","url":"http://x/","per_hour_max":-1})", "/per_hour_max"},
      {R"({"kind":"slack","url":"http://x/","rules":[{"types":["settle.nothing"]}]})", "/rules/0/types/0"},
      {R"({"kind":"slack","url":"http://x/","rules":[{"types":[]}]})", "/rules/0/types"},
      {R"({"kind":"slack","url":"http://x/","rules":[{"at_least":0}]})", "/rules/0/at_least"},
      {R"({"kind":"slack","url":"http://x/","rules":[{"at_least":1001}]})", "/rules/0/at_least"},
      {R"({"kind":"slack","url":"http://x/","rules":[{"within_seconds":3601}]})", "/rules/0/within_seconds"},
      {R"({"kind":"slack","url":"http://x/","rules":[{"min_severity":"loud"}]})", "/rules/0/min_severity"},
      {R"({"kind":"slack","url":"http://x/","sms":{}})", "/sms"},
      {R"({"kind":"sms","url":"http://x/"})", "/sms"},
      {R"({"kind":"sms","url":"http://x/","sms":{"body":"{{text}}","phones":["+861234567"]}})", "/sms/body"},
      {R"({"kind":"sms","url":"http://x/","sms":{"body":"[\"{{text}}{{phone}}\"]","phones":["me"]}})",
       "/sms/phones/0"},
      {R"({"kind":"slack","url":"http://x/","name":"yours"})", "/name"},
      {R"({"kind":"slack","url":"http://x/","from":"yesterday"})", "/from"},
      {R"([])", "/"}};
  for (const auto& [body, pointer] : bad) {
    const RawAnswer answer = request(daemon.port(), "PUT", "/v1/receivers/mine", body);
    EXPECT_EQ(answer.code(), "invalid_receiver") << body << answer.body;
    EXPECT_NE(answer.body.find(std::string("\"") + pointer + "\""), std::string::npos) << body << answer.body;
    EXPECT_EQ(answer.body.find("s3cr3t"), std::string::npos);
  }
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/receivers/mine").status, 404) << "nothing of it is stored";
}

TEST(Receivers, ThereIsAnEndToTheirNumber) {
  TestDaemon daemon;
  const json one = {{"kind", "slack"}, {"url", "http://127.0.0.1:9/"}};
  for (int n = 0; n < 32; ++n) ASSERT_EQ(put(daemon, "r" + std::to_string(n), one).status, 201);
  EXPECT_EQ(put(daemon, "one-more", one).code(), "too_many_receivers");
  EXPECT_EQ(put(daemon, "r7", one).status, 200);
}

TEST(Receivers, ATestSaysWhatCameBack) {
  ListeningServer server([](std::size_t n, const Heard&) {
    ServerResponse response = status(n == 0 ? 200 : 403);
    response.body = n == 0 ? "ok" : "invalid_token";
    return response;
  });
  TestDaemon daemon;
  put(daemon, "ops", {{"kind", "slack"}, {"url", server.url("/hook")}, {"rules", {{{"at_least", 1000}}}}});
  const json good = request(daemon.port(), "POST", "/v1/receivers/ops/test").json();
  EXPECT_EQ(good["delivered"], true) << good;
  EXPECT_EQ(good["answer"], "ok");
  const json bad = request(daemon.port(), "POST", "/v1/receivers/ops/test").json();
  EXPECT_EQ(bad["delivered"], false) << bad;
  EXPECT_EQ(bad["status"], 403);
  EXPECT_EQ(bad["answer"], "invalid_token");
  const auto heard = server.wait_for(2);
  EXPECT_EQ(heard[0].path, "/hook");
  EXPECT_NE(heard[0].body.find("settle.receiver.test"), std::string::npos);
  EXPECT_EQ(shown(daemon, "ops")["figures"]["sent"], 0) << "a test is none of its figures";
}

TEST(Receivers, I26_CloudEventsAreSignedAndTellWhatHappened) {
  ListeningServer server;
  TestDaemon daemon({{"charge:try", {409, R"({"code":"declined","detail":"no"})"}}});
  ASSERT_EQ(put(daemon, "bus",
                {{"kind", "cloudevents"},
                 {"url", server.url("/events")},
                 {"secrets", {secret}},
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
  const auto keys = kit::Secrets::parse({secret});
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
  put(daemon, "bus", bus);
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
  put(daemon, "bus", bus);
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
  put(daemon, "bus", bus);
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
  put(daemon, "bus", bus);
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
  for (const Heard& one : heard) last[one.json()["type"]] = one.json()["data"];
  EXPECT_EQ(last["settle.daemon.started"]["severity"], "info");
  EXPECT_EQ(last["settle.daemon.paused"]["who"], "ann");
  EXPECT_EQ(last["settle.registry.changed"]["event"], "receiver_put");
  EXPECT_EQ(last["settle.registry.changed"].count("receiver"), 0U);
  EXPECT_EQ(last["settle.endpoint.breaker_opened"]["target"], "payment");
  EXPECT_EQ(last["settle.endpoint.disabled"].count("x"), 0U);
  EXPECT_EQ(last.size(), 5U);
}

TEST(Receivers, WhatHappensIsToldInItsOrderAndOnce) {
  ListeningServer server;
  TestDaemon daemon;
  put(daemon, "bus", {{"kind", "cloudevents"}, {"url", server.url()}, {"secrets", {secret}}});
  for (std::size_t n = 0; n < 40; n += 10) {
    buy(daemon, n, 10);
    pause_and_resume(daemon);
  }
  const auto completed = [](const std::vector<Heard>& heard) {
    std::size_t count = 0;
    for (const Heard& one : heard) count += one.json()["type"] == "settle.purchase.completed" ? 1 : 0;
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
  put(daemon, "bus",
      {{"kind", "cloudevents"},
       {"url", server.url()},
       {"secrets", {secret}},
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
  while (shown(daemon, "bus")["figures"]["sent"] != 6 && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_EQ(shown(daemon, "bus")["figures"]["failed"], 12);
  EXPECT_EQ(shown(daemon, "bus")["figures"]["sent"], 6);
}

TEST(Receivers, I19_ADeadOneDelaysNobody) {
  ListeningServer alive, dead([](std::size_t, const Heard&) { return status(0); });
  TestDaemon daemon;
  const json rules = {{{"types", {"settle.purchase.completed"}}}};
  put(daemon, "dead",
      {{"kind", "cloudevents"}, {"url", dead.url()}, {"secrets", {secret}}, {"rules", rules}});
  put(daemon, "refused",
      {{"kind", "cloudevents"}, {"url", "http://127.0.0.1:9/"}, {"secrets", {secret}}, {"rules", rules}});
  put(daemon, "alive",
      {{"kind", "cloudevents"}, {"url", alive.url()}, {"secrets", {secret}}, {"rules", rules}});
  for (std::size_t n = 0; n < 300; ++n)  // more than may wait for one receiver
    ASSERT_EQ(submit(daemon.port(), "k-" + std::to_string(n), order_number(n), "Prefer: wait=10\r\n").status,
              200)
        << n;
  EXPECT_EQ(alive.wait_for(300).size(), 300U);
  EXPECT_EQ(dead.wait_for(1).size(), 1U) << "one request at a time";
  EXPECT_GT(shown(daemon, "dead")["figures"]["behind"], 300);
  const json refused = shown(daemon, "refused")["figures"];
  EXPECT_NE(refused["last_error"].get<std::string>().find("refused"), std::string::npos) << refused;
  EXPECT_EQ(refused.count("failing_since"), 1U);
}

TEST(Receivers, WhatGathersIsOneMessageOverTheWire) {
  ListeningServer server;
  TestDaemon daemon;
  put(daemon, "ops",
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
  put(daemon, "ops",
      {{"kind", "slack"},
       {"url", server.url()},
       {"group_seconds", 0},
       {"per_hour_max", 2},
       {"rules", {{{"types", {"settle.daemon.paused"}}}}}});
  for (int i = 0; i < 5; ++i) pause_and_resume(daemon);
  EXPECT_EQ(server.wait_for(2).size(), 2U);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (shown(daemon, "ops")["figures"]["waiting"] != 3 && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_EQ(shown(daemon, "ops")["figures"]["waiting"], 3) << "and is not lost";
  EXPECT_EQ(server.wait_for(2).size(), 2U);
}

TEST(Receivers, AnSmsGatewayGetsARequestForEachPhone) {
  ListeningServer server;
  TestDaemon daemon;
  const json sms = {{"content", "form"},
                    {"body", "key={{secret}}&to={{phone}}&text={{text}}"},
                    {"phones", {"+8613800000001", "13800000002"}}};
  ASSERT_EQ(put(daemon, "night",
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
  put(daemon, "late",
      {{"kind", "cloudevents"}, {"url", late.url()}, {"secrets", {secret}}, {"rules", rules}});
  put(daemon, "early",
      {{"kind", "cloudevents"},
       {"url", early.url()},
       {"secrets", {secret}},
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
  put(daemon, "bus",
      {{"kind", "cloudevents"}, {"url", first.url()}, {"secrets", {secret}}, {"rules", rules}});
  pause_and_resume(daemon);
  const std::string id = first.wait_for(1).at(0).json()["id"];
  ASSERT_EQ(put(daemon, "bus", {{"kind", "cloudevents"}, {"url", second.url()}, {"rules", rules}}).status,
            200);
  EXPECT_EQ(second.wait_for(1).at(0).json()["id"], id);
}

// What is written of cursors is itself in the journal: it must not be a reason to write again.
TEST(Receivers, NothingHappensWhereNothingHappens) {
  ListeningServer server;
  TestDaemon daemon;
  put(daemon, "bus", {{"kind", "cloudevents"}, {"url", server.url()}, {"secrets", {secret}}});
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
