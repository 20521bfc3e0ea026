// The dead-letter list: what is with a person, why, since when, and what happens next.

#include <gtest/gtest.h>

#include "daemon.hpp"
#include "raw_client.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

json letters(TestDaemon& daemon, const std::string& query = "") {
  return request(daemon.port(), "GET", "/v1/dead-letters" + query).json()["letters"];
}

// Confirms that are answered 418 are integration faults: parked at once.
json parked(TestDaemon& daemon) {
  submit(daemon.port(), "k-1", good_order());
  for (int i = 0; i < 400 && letters(daemon).empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return letters(daemon);
}

TEST(DeadLetters, SayWhatIsParkedAndWhy) {
  TestDaemon daemon({{"charge:confirm", {418, R"({"code":"teapot","detail":"short and stout"})"}}});
  EXPECT_TRUE(letters(daemon).empty());
  const json all = parked(daemon);
  ASSERT_EQ(all.size(), 1U);
  const json& letter = all[0];
  EXPECT_EQ(letter["step"], "charge");
  EXPECT_EQ(letter["target"], "payment");
  EXPECT_EQ(letter["operation"], "confirm");
  EXPECT_EQ(letter["cause"], "bad_status");
  EXPECT_EQ(letter["status"], 418);
  EXPECT_EQ(letter["code"], "teapot");
  EXPECT_EQ(letter["attempts"], 1);
  EXPECT_EQ(letter["probing"], false) << "what cannot get better is not tried again";
  EXPECT_EQ(letter["order_id"], good_order()["order_id"]);
  EXPECT_FALSE(letter.contains("abandoned_at")) << "money is never given up";
  EXPECT_GE(letter["age_seconds"], 0);
}

TEST(DeadLetters, NarrowByCauseTargetMerchantAndAge) {
  TestDaemon daemon({{"charge:confirm", {418, "{}"}}});
  parked(daemon);
  EXPECT_EQ(letters(daemon, "?cause=bad_status").size(), 1U);
  EXPECT_EQ(letters(daemon, "?cause=reset").size(), 0U);
  EXPECT_EQ(letters(daemon, "?target=payment").size(), 1U);
  EXPECT_EQ(letters(daemon, "?target=card").size(), 0U);
  EXPECT_EQ(letters(daemon, "?merchant=" + good_order()["merchant"].get<std::string>()).size(), 1U);
  EXPECT_EQ(letters(daemon, "?merchant=nobody").size(), 0U);
  EXPECT_EQ(letters(daemon, "?older_than_seconds=0").size(), 1U);
  EXPECT_EQ(letters(daemon, "?older_than_seconds=3600").size(), 0U);
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/dead-letters?cause=luck").code(), "invalid_parameter");
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/dead-letters?older_than_seconds=-1").code(),
            "invalid_parameter");
}

TEST(DeadLetters, LeaveTheListWhenSomebodyHelps) {
  TestDaemon daemon({{"charge:confirm", {418, "{}"}}});
  const std::string id = parked(daemon)[0]["purchase"];
  const std::string act =
      R"({"who":"ann","why":"the bank confirms: charged","step":"charge","resolution":"done",
          "evidence":"statement of the 3rd, line 17"})";
  ASSERT_EQ(request(daemon.port(), "POST", "/v1/purchases/" + id + "/resolve", act).status, 200);
  EXPECT_TRUE(letters(daemon).empty());
}

// Only a delivery is given up: only it has a window that runs out.
TEST(DeadLetters, OnlyADeliveryHasAWindow) {
  const Play teapot = {418, "{}"};
  {
    TestDaemon daemon({{"notify:deliver", teapot}});
    const json all = parked(daemon);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0]["operation"], "deliver");
    EXPECT_GT(all[0]["window_left_seconds"], 0);
    EXPECT_EQ(all[0]["window_ends_at"], all[0]["abandoned_at"]);
  }
  TestDaemon daemon({{"charge:confirm", teapot}});
  // A window of the policy would be the end of the attempts, not of the charge.
  json definition = request(daemon.port(), "GET", "/v1/definitions/purchase").json();
  for (const char* name : {"name", "version"}) definition.erase(name);
  definition["steps"][1]["confirm"]["retry"] = "window";
  ASSERT_LT(request(daemon.port(), "PUT", "/v1/policies/window",
                    R"({"kind":"fixed","base_ms":1000,"window_ms":3600000})")
                .status,
            300);
  const RawAnswer put = request(daemon.port(), "PUT", "/v1/definitions/purchase", definition.dump());
  ASSERT_LT(put.status, 300) << put.body;
  const json all = parked(daemon);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["operation"], "confirm");
  for (const char* name : {"window_ends_at", "window_left_seconds", "abandoned_at"})
    EXPECT_FALSE(all[0].contains(name)) << name;
}

// The charge is undecided at the deadline; when its bank reports, all that is left is the decision.
TEST(DeadLetters, I16_AnOverdueDecisionIsAmongThem) {
  TestDaemon daemon({{"charge:try", {202, ""}}});
  json definition = request(daemon.port(), "GET", "/v1/definitions/purchase").json();
  for (const char* name : {"name", "version"}) definition.erase(name);
  definition["on_deadline"] = "person";
  ASSERT_LT(request(daemon.port(), "PUT", "/v1/definitions/purchase", definition.dump()).status, 300);
  json order = good_order();
  order["deadline_seconds"] = 1;
  const std::string id = submit(daemon.port(), "k-1", order).json()["id"];
  for (int i = 0; i < 1'000 && letters(daemon).empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ASSERT_EQ(letters(daemon).size(), 1U);
  EXPECT_EQ(letters(daemon)[0]["step"], "charge");
  const std::string url = daemon.ask([&] { return daemon.client->last_callback; });
  ASSERT_EQ(request(daemon.port(), "POST", url.substr(url.find("/v1/")), R"({"outcome":"done"})").status,
            200);
  const json all = letters(daemon);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["purchase"], id);
  EXPECT_EQ(all[0]["code"], "decision_overdue");
  EXPECT_EQ(all[0]["cause"], "none");
  EXPECT_EQ(all[0]["probing"], false);
  EXPECT_FALSE(all[0].contains("step"));
  EXPECT_EQ(letters(daemon, "?code=decision_overdue").size(), 1U);
  EXPECT_EQ(letters(daemon, "?step=charge").size(), 0U);
  const json shown = request(daemon.port(), "GET", "/v1/purchases/" + id).json();
  EXPECT_EQ(shown["needs_person"], true);
  ASSERT_TRUE(shown["links"].contains("retry")) << "whoever is asked can act: " << shown["links"];
  EXPECT_EQ(
      request(daemon.port(), "POST", shown["links"]["retry"], R"({"who":"ann","why":"more time"})").status,
      200);
  EXPECT_TRUE(letters(daemon).empty());
}

// The goods are the buyer's, and the merchant does not know: somebody must write to him.
TEST(Notified, WhoWasNotToldCanBeListed) {
  TestDaemon daemon({{"notify:deliver", {418, "{}"}}});
  const std::string id = parked(daemon)[0]["purchase"], path = "/v1/purchases/" + id;
  const auto listed = [&](const std::string& query) {
    return request(daemon.port(), "GET", "/v1/purchases" + query).json()["purchases"];
  };
  EXPECT_FALSE(request(daemon.port(), "GET", path).json().contains("notified")) << "not yet known";
  const std::string act = R"({"who":"ann","why":"told by letter","step":"notify","resolution":"abandoned"})";
  const json gone = request(daemon.port(), "POST", path + "/resolve", act).json();
  EXPECT_EQ(gone["state"], "completed");
  EXPECT_EQ(gone["notified"], false);
  ASSERT_EQ(listed("?notified=false").size(), 1U);
  EXPECT_EQ(listed("?notified=false")[0]["id"], id);
  EXPECT_EQ(listed("?notified=false&state=completed").size(), 1U);
  EXPECT_EQ(listed("?notified=true").size(), 0U);
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/purchases?notified=false&state=trying").code(),
            "invalid_parameter");
  TestDaemon well;
  const json told = submit(well.port(), "k-1", good_order(), "Prefer: wait=10\r\n").json();
  json completed = json::object();
  for (int i = 0; i < 400 && completed.value("state", "") != "completed"; ++i) {
    completed = request(well.port(), "GET", "/v1/purchases/" + told["id"].get<std::string>()).json();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(completed["notified"], true);
  EXPECT_EQ(request(well.port(), "GET", "/v1/purchases?notified=false").json()["purchases"].size(), 0U);
}

}  // namespace
}  // namespace settle::test
