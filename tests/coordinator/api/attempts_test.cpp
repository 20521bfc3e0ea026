// GET /v1/purchases/{id}/attempts over a real socket: what it shows, page by page, and what it never shows.

#include <gtest/gtest.h>

#include "daemon.hpp"
#include "raw_client.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

std::string finished(TestDaemon& daemon) {
  return submit(daemon.port(), "k-1", good_order(), "Prefer: wait=10\r\n").json()["id"];
}

json attempts(TestDaemon& daemon, const std::string& id, const std::string& query = "") {
  return request(daemon.port(), "GET", "/v1/purchases/" + id + "/attempts" + query).json();
}

// The first of this step and operation.
json find(const json& page, const std::string& step, const std::string& operation) {
  for (const json& one : page["attempts"])
    if (one["step"] == step && one["operation"] == operation) return one;
  return json::object();
}

TEST(AttemptsRoute, ShowsRequestAndResponse) {
  TestDaemon daemon({{"charge:try", {409, R"({"code":"declined","detail":"no money"})"}}});
  const std::string id = finished(daemon);
  const json page = attempts(daemon, id);
  EXPECT_EQ(page["purchase"], id);
  EXPECT_FALSE(page.contains("next"));
  const json refused = find(page, "charge", "try");
  EXPECT_EQ(refused["end"], "answered");
  EXPECT_EQ(refused["outcome"], "refused");
  EXPECT_EQ(refused["cause"], "business_refusal");
  EXPECT_EQ(refused["code"], "declined");
  EXPECT_EQ(refused["detail"], "no money");
  EXPECT_EQ(refused["policy"], "submit");
  EXPECT_EQ(refused["url"], "http://127.0.0.1:9/try");
  EXPECT_EQ(refused["response"]["status"], 409);
  EXPECT_EQ(refused["response"]["content_type"], "application/problem+json");
  EXPECT_EQ(refused["response"]["body"], R"({"code":"declined","detail":"no money"})");
  const json& headers = refused["request"]["headers"];
  EXPECT_EQ(headers["Idempotency-Key"], id + ":charge:try");
  EXPECT_EQ(headers["Settle-Attempt"], "1");
  EXPECT_EQ(headers["Settle-Epoch"].get<std::string>().find(':'), 1U);
  const json body = json::parse(refused["request"]["body"].get<std::string>());
  EXPECT_EQ(body["purchase"], id);
  EXPECT_EQ(body["sku"], good_order()["sku"]);
  EXPECT_EQ(refused["request"]["bytes"], refused["request"]["body"].get<std::string>().size());
  EXPECT_EQ(find(page, "reserve", "cancel")["outcome"], "done");
}

TEST(AttemptsRoute, I12_ShowsNeitherCardsNorCredentials) {
  const char* const cards = R"({"cards":[{"code":"SECRET-1"}],"batch":7})";
  const char* const echo = R"({"code":"odd","echo":{"results":{"issue":{"cards":[{"code":"SECRET-1"}]}}}})";
  TestDaemon daemon({{"issue:try", {200, cards}}, {"charge:confirm", {418, echo}}});
  const std::string id = submit(daemon.port(), "k-1", good_order()).json()["id"];
  RawAnswer answer = request(daemon.port(), "GET", "/v1/purchases/" + id + "/attempts");
  for (int i = 0; i < 400 && find(answer.json(), "charge", "confirm")["end"] != "answered"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    answer = request(daemon.port(), "GET", "/v1/purchases/" + id + "/attempts");
  }
  const json confirm = find(answer.json(), "charge", "confirm");
  ASSERT_EQ(confirm["end"], "answered") << answer.body;
  EXPECT_NE(confirm["request"]["body"].get<std::string>().find(R"("cards":{"$sealed":true},"batch":7)"),
            std::string::npos)
      << "a confirm is told the results of all tries";
  EXPECT_NE(confirm["response"]["body"].get<std::string>().find(R"("cards":{"$sealed":true})"),
            std::string::npos);
  EXPECT_EQ(find(answer.json(), "issue", "try")["response"]["body"],
            R"({"cards":{"$sealed":true},"batch":7})");
  for (const char* secret :
       {"SECRET-1", "signature", "v1,", "v1.", "/v1/callbacks/", "uthorization", "whsec"})
    EXPECT_EQ(answer.body.find(secret), std::string::npos) << secret;
  const std::string journal = request(daemon.port(), "GET", "/v1/journal?purchase=" + id).body;
  EXPECT_EQ(journal.find("SECRET-1"), std::string::npos);
}

TEST(AttemptsRoute, IsReadInPages) {
  TestDaemon daemon;
  const std::string id = finished(daemon);
  std::vector<std::string> calls;
  std::string query = "?limit=2";
  for (int pages = 0; !query.empty() && pages < 9; ++pages) {
    const json page = attempts(daemon, id, query);
    EXPECT_LE(page["attempts"].size(), 2U);
    for (const json& one : page["attempts"])
      calls.push_back(one["step"].get<std::string>() + ":" + one["operation"].get<std::string>());
    query = page.contains("next") ? "?limit=2&cursor=" + page["next"].get<std::string>() : "";
  }
  const std::vector<std::string> tries(calls.begin(), calls.begin() + 3);
  EXPECT_EQ(tries, (std::vector<std::string>{"reserve:try", "charge:try", "issue:try"}));
  EXPECT_GE(calls.size(), 6U);
}

TEST(AttemptsRoute, RefusesWhatItDoesNotKnow) {
  TestDaemon daemon;
  const std::string id = finished(daemon);
  EXPECT_EQ(attempts(daemon, std::string(32, '0'))["code"], "not_found");
  EXPECT_EQ(attempts(daemon, id, "?cursor=x")["code"], "invalid_cursor");
  EXPECT_EQ(attempts(daemon, id, "?limit=201")["code"], "invalid_parameter");
  EXPECT_EQ(attempts(daemon, id, "?step=charge")["code"], "invalid_parameter");
  EXPECT_EQ(request(daemon.port(), "POST", "/v1/purchases/" + id + "/attempts", "{}").code(),
            "method_not_allowed");
}

}  // namespace
}  // namespace settle::test
