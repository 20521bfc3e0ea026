// Retry policies by name: made, shown, used by definitions, refused with the field that is wrong.

#include <gtest/gtest.h>

#include "daemon.hpp"
#include "raw_client.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

RawAnswer put(TestDaemon& daemon, const std::string& name, const std::string& body) {
  return request(daemon.port(), "PUT", "/v1/policies/" + name, body);
}

json definition_with(const json& confirm) {
  json step = {{"name", "a"}, {"mode", "tcc"}, {"target", "card"}, {"confirm", confirm}};
  return {{"steps", json::array({step})}};
}

TEST(Policies, AreMadeShownAndPutAgain) {
  TestDaemon daemon;
  const RawAnswer made = put(daemon, "mine", R"({"kind":"schedule","waits_ms":[1000,5000]})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.json()["attempts_max"], 3) << "one more than its waits";
  EXPECT_EQ(made.json()["shipped"], false);
  const RawAnswer shown = request(daemon.port(), "GET", "/v1/policies/mine");
  EXPECT_EQ(shown.json(), made.json());
  const json before = request(daemon.port(), "GET", "/v1/policies").json();
  EXPECT_EQ(put(daemon, "mine", shown.body).status, 200) << "what was got can be put";
  const json after = request(daemon.port(), "GET", "/v1/policies").json();
  EXPECT_EQ(before["revision"], after["revision"]) << "nothing changed";
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/policies/yours").status, 404);
}

TEST(Policies, TheShippedOnesAreThereAndStay) {
  TestDaemon daemon;
  const json list = request(daemon.port(), "GET", "/v1/policies").json();
  std::set<std::string> names;
  for (const json& one : list["policies"])
    if (one["shipped"] == true) names.insert(one["name"]);
  for (const char* name :
       {"submit", "graded", "callback", "wechat-pay", "alipay", "svix", "standard-webhooks", "nmi"})
    EXPECT_EQ(names.count(name), 1U) << name;
  EXPECT_EQ(put(daemon, "graded", R"({"kind":"fixed"})").code(), "policy_shipped");
}

TEST(Policies, ADefinitionNamesThemByOperationAndKindOfError) {
  TestDaemon daemon;
  ASSERT_EQ(put(daemon, "mine", R"({"kind":"fixed","base_ms":3000})").status, 201);
  const json definition = definition_with(
      {{"retry", "mine"}, {"on", {{"throttled", "svix"}, {"dns", {{"kind", "fixed"}, {"base_ms", 9}}}}}});
  const RawAnswer made = request(daemon.port(), "PUT", "/v1/definitions/d", definition.dump());
  ASSERT_EQ(made.status, 201) << made.body;
  const json confirm = made.json()["steps"][0]["confirm"];
  EXPECT_EQ(confirm["retry"], "mine");
  EXPECT_EQ(confirm["on"]["throttled"], "svix");
  EXPECT_EQ(confirm["on"]["dns"]["base_ms"], 9);
  EXPECT_EQ(request(daemon.port(), "PUT", "/v1/definitions/d", made.body).json()["version"], 1)
      << "as it was got";
}

TEST(Policies, WhatADefinitionNamesMustBeThereAndStayEnough) {
  TestDaemon daemon;
  const RawAnswer nobody =
      request(daemon.port(), "PUT", "/v1/definitions/d", definition_with({{"retry", "nobody"}}).dump());
  EXPECT_EQ(nobody.code(), "unknown_policy");
  EXPECT_NE(nobody.body.find("/steps/0/confirm/retry"), std::string::npos) << nobody.body;

  for (const char* place : {"/retry", "/retry/try", "/on/dns", "/steps/0/retry/confirm", "/steps/0/on/tls"}) {
    json levels = definition_with(json::object());
    levels[json::json_pointer(place)] = "nobody";
    const RawAnswer answer = request(daemon.port(), "PUT", "/v1/definitions/d", levels.dump());
    EXPECT_EQ(answer.code(), "unknown_policy") << answer.body;
    EXPECT_EQ(answer.json()["pointer"], place);
  }

  ASSERT_EQ(put(daemon, "mine", R"({"kind":"fixed"})").status, 201);
  ASSERT_EQ(
      request(daemon.port(), "PUT", "/v1/definitions/d", definition_with({{"retry", "mine"}}).dump()).status,
      201);
  const RawAnswer endless = put(daemon, "mine", R"({"kind":"fixed","attempts_max":0})");
  EXPECT_EQ(endless.code(), "invalid_policy");
  EXPECT_NE(endless.body.find(R"(definition \"d\" version 1)"), std::string::npos)
      << "a confirm that nobody would ever hear of: " << endless.body;
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/policies/mine").json()["attempts_max"], 5);
}

// I25: who changed it, why, and what it was before.
TEST(Policies, AChangeKeepsWhoAndWhyInTheJournal) {
  TestDaemon daemon;
  ASSERT_EQ(put(daemon, "mine", R"({"kind":"fixed","base_ms":3000,"who":"ann","why":"to begin"})").status,
            201);
  const RawAnswer changed =
      put(daemon, "mine", R"({"kind":"fixed","base_ms":5000,"who":"bob","why":"the bank asked"})");
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_FALSE(changed.json().contains("who")) << "it is of the change, not of the policy";
  const std::string journal = request(daemon.port(), "GET", "/v1/journal").body;
  EXPECT_NE(journal.find(R"("who":"bob","why":"the bank asked")"), std::string::npos) << journal;
  EXPECT_NE(journal.find(R"("before":{"attempts_max":5,"base_ms":3000)"), std::string::npos) << journal;
  const RawAnswer half = put(daemon, "mine", R"({"kind":"fixed","base_ms":9000,"who":"bob"})");
  EXPECT_EQ(half.code(), "missing_field") << "who says who says why";
  EXPECT_EQ(half.json()["pointer"], "/why");
}

TEST(Policies, AShorterWindowOfOneInUseIsToBeConfirmed) {
  TestDaemon daemon;
  ASSERT_EQ(put(daemon, "mine", R"({"kind":"fixed","window_ms":3600000})").status, 201);
  ASSERT_EQ(
      request(daemon.port(), "PUT", "/v1/definitions/d", definition_with({{"retry", "mine"}}).dump()).status,
      201);
  const RawAnswer refused = put(daemon, "mine", R"({"kind":"fixed","window_ms":60000})");
  EXPECT_EQ(refused.status, 409) << refused.body;
  EXPECT_EQ(refused.code(), "policy_window_shorter");
  EXPECT_EQ(refused.json()["pointer"], "/window_ms");
  EXPECT_EQ(put(daemon, "mine", R"({"kind":"fixed","window_ms":60000,"confirm_shorter_window":true})").status,
            200);
}

TEST(Policies, TheJournalShowsWhichRevisionAnEventHad) {
  TestDaemon daemon;
  ASSERT_EQ(put(daemon, "mine", R"({"kind":"fixed"})").status, 201);
  const json order = {{"shop", "s"},   {"order_id", "o"}, {"buyer", "b"},      {"sku", "GAME-100"},
                      {"quantity", 1}, {"amount", 100},   {"currency", "CNY"}, {"merchant", "m-1"}};
  const RawAnswer taken = request(daemon.port(), "POST", "/v1/purchases", order.dump(),
                                  "Idempotency-Key: k-1\r\nPrefer: wait=10\r\n");
  ASSERT_LT(taken.status, 300) << taken.body;
  EXPECT_NE(request(daemon.port(), "GET", "/v1/journal").body.find(R"("policies":2)"), std::string::npos);
}

TEST(Policies, ABadOneIsRefusedWithItsField) {
  TestDaemon daemon;
  const std::pair<const char*, const char*> bad[] = {
      {R"({})", "/kind"},
      {R"({"kind":"sometimes"})", "/kind"},
      {R"({"kind":"fixed","base_ms":0})", "/base_ms"},
      {R"({"kind":"fixed","cap_ms":5})", "/cap_ms"},
      {R"({"kind":"fixed","base_ms":"1 s"})", "/base_ms"},
      {R"({"kind":"exponential","factor_percent":99})", "/factor_percent"},
      {R"({"kind":"exponential","base_ms":1000,"cap_ms":10})", "/cap_ms"},
      {R"({"kind":"exponential","attempts_max":1000000})", "/attempts_max"},
      {R"({"kind":"exponential","window_ms":10})", "/window_ms"},
      {R"({"kind":"schedule"})", "/waits_ms"},
      {R"({"kind":"schedule","waits_ms":[]})", "/waits_ms"},
      {R"({"kind":"schedule","waits_ms":[5,"x"]})", "/waits_ms/1"},
      {R"({"kind":"schedule","waits_ms":[5,4]})", "/waits_ms/1"},
      {R"({"kind":"fixed","name":"yours"})", "/name"},
      {R"([])", "/"},
  };
  for (const auto& [body, pointer] : bad) {
    const RawAnswer answer = put(daemon, "mine", body);
    EXPECT_EQ(answer.status, 422) << body;
    EXPECT_EQ(answer.code(), "invalid_policy") << body;
    EXPECT_NE(answer.body.find(std::string("\"") + pointer), std::string::npos) << body << answer.body;
  }
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/policies/mine").status, 404) << "nothing of it is stored";
}

TEST(Policies, ANameIsANameOrIsRefused) {
  TestDaemon daemon;
  for (const char* name : {"UPPER", "a%20b", "x%0d%0aSet-Cookie:%20a=b", "%01", "..", "-a"}) {
    const RawAnswer answer = put(daemon, name, R"({"kind":"fixed"})");
    EXPECT_GE(answer.status, 400) << name << answer.body;
    EXPECT_LT(answer.status, 500) << name << answer.body;
    EXPECT_TRUE(answer.header("set-cookie").empty()) << name;
  }
  EXPECT_EQ(put(daemon, std::string(65, 'a'), R"({"kind":"fixed"})").code(), "invalid_policy");
  const json listed = request(daemon.port(), "GET", "/v1/policies").json();
  for (const json& one : listed["policies"]) EXPECT_EQ(one["shipped"], true) << one;
}

TEST(Policies, WhatIsWrittenInADefinitionHasNoNameOfItsOwn) {
  TestDaemon daemon;
  for (const char* field : {"name", "shipped", "windw_ms"}) {
    const json definition = definition_with({{"retry", {{"kind", "fixed"}, {field, "graded"}}}});
    const RawAnswer answer = request(daemon.port(), "PUT", "/v1/definitions/d", definition.dump());
    EXPECT_EQ(answer.code(), "invalid_definition") << field;
  }
  const RawAnswer older = request(daemon.port(), "PUT", "/v1/definitions/d",
                                  definition_with({{"attempts_max", 10}, {"windw_ms", 1}}).dump());
  EXPECT_EQ(older.code(), "invalid_definition") << "the form of older journals is read from journals alone";
}

TEST(Policies, AnUnknownKindOfErrorIsRefusedWithTheKnownOnes) {
  TestDaemon daemon;
  const json definition = definition_with({{"on", {{"bad_luck", "graded"}}}});
  const RawAnswer answer = request(daemon.port(), "PUT", "/v1/definitions/d", definition.dump());
  EXPECT_EQ(answer.code(), "invalid_definition");
  EXPECT_NE(answer.body.find("/steps/0/confirm/on/bad_luck"), std::string::npos) << answer.body;
  EXPECT_NE(answer.body.find("throttled"), std::string::npos) << answer.body;
}

}  // namespace
}  // namespace settle::test
