// What a shop and an operator see of purchases that do not go their straight way.

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <map>
#include <thread>

#include "daemon.hpp"
#include "raw_client.hpp"

namespace settle::test {
namespace {

const Play busy{503, R"({"code":"till_closed","detail":"back at nine"})"};

template <class Until>
nlohmann::json show_until(const TestDaemon& daemon, const std::string& id, const Until& until) {
  nlohmann::json shown;
  for (int i = 0; i < 400; ++i) {
    shown = request(daemon.port(), "GET", "/v1/purchases/" + id).json();
    if (until(shown)) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
  return shown;
}

TEST(Trouble, I16_APurchaseThatIsNotDecidedByItsDeadlineExpires) {
  TestDaemon daemon({{"charge:try", busy}});
  nlohmann::json order = good_order();
  order["deadline_seconds"] = 1;
  const std::string id = submit(daemon.port(), "k-1", order).json()["id"];
  const nlohmann::json shown =
      show_until(daemon, id, [](const nlohmann::json& p) { return p["state"] == "cancelled"; });
  ASSERT_EQ(shown["state"], "cancelled");
  EXPECT_EQ(shown["status"], "expired");
  EXPECT_EQ(shown["reason"]["code"], "deadline_passed");
  EXPECT_GE(shown["decided_at"], shown["deadline_at"]);
  EXPECT_EQ(shown["steps"][0]["state"], "cancelled") << "what was held is released";
}

TEST(Trouble, AStepSaysWhatItsLastErrorWasAndWhenItIsTriedNext) {
  TestDaemon daemon({{"charge:try", busy}});
  const std::string id = submit(daemon.port(), "k-1", good_order()).json()["id"];
  const nlohmann::json shown = show_until(daemon, id, [](const nlohmann::json& p) {
    return p["steps"][1].contains("last_error") && !p["steps"][1]["in_flight"].get<bool>();
  });
  const nlohmann::json& charge = shown["steps"][1];
  EXPECT_EQ(charge["last_error"]["cause"], "throttled") << charge;
  EXPECT_EQ(charge["last_error"]["status"], 503);
  EXPECT_EQ(charge["last_error"]["code"], "till_closed");
  EXPECT_EQ(charge["last_error"]["detail"], "back at nine");
  ASSERT_TRUE(charge.contains("next_attempt_at")) << charge;
  EXPECT_GT(charge["next_attempt_at"], charge["last_attempt_at"]);
  EXPECT_GE(charge["attempts"]["try"], 1);
  EXPECT_FALSE(shown["steps"][0].contains("last_error"));
  EXPECT_FALSE(shown["steps"][2].contains("next_attempt_at"));
}

TEST(Trouble, I4_PastTheMostInMotionNothingIsTakenOrStored) {
  EngineConfig config;
  config.in_motion_max = 1;
  TestDaemon daemon({{"reserve:try", {0, ""}}}, TestDaemon::quick_limits(), true, config);
  const RawAnswer first = submit(daemon.port(), "k-1", good_order());
  ASSERT_EQ(first.status, 202) << first.body;
  const std::uint64_t before = daemon.appends();
  const RawAnswer refused = submit(daemon.port(), "k-2", good_order());
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.code(), "overloaded") << refused.body;
  EXPECT_FALSE(refused.header("retry-after").empty());
  EXPECT_EQ(daemon.appends(), before);
  const RawAnswer again = submit(daemon.port(), "k-1", good_order());
  EXPECT_EQ(again.status, 200) << "who was taken is still answered";
  EXPECT_EQ(again.json()["id"], first.json()["id"]);
}

TEST(Trouble, I13_ACallbackThatContradictsIsRefusedAndTold) {
  TestDaemon daemon({{"reserve:try", {202, ""}}, {"charge:try", {0, ""}}});
  const std::string id = submit(daemon.port(), "k-1", good_order()).json()["id"];
  show_until(daemon, id, [](const nlohmann::json& p) { return p["steps"][0]["state"] == "awaiting"; });
  const std::string url = daemon.ask([&] { return daemon.client->last_callback; });
  const std::string path = url.substr(url.find("/v1/"));
  ASSERT_EQ(request(daemon.port(), "POST", path, R"({"outcome":"done"})").status, 200);
  const auto alerts = [&] { return daemon.ask([&] { return daemon.engine->figures().alerts; }); };
  const std::uint64_t before = alerts(), appends = daemon.appends();
  const RawAnswer answer =
      request(daemon.port(), "POST", path, R"({"outcome":"refused","code":"out_of_stock","detail":"sorry"})");
  EXPECT_EQ(answer.status, 409) << answer.body;
  EXPECT_EQ(answer.code(), "contradiction");
  EXPECT_EQ(alerts(), before + 1);
  EXPECT_EQ(daemon.appends(), appends + 1) << "it is recorded";
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/purchases/" + id).json()["steps"][0]["state"], "tried");
}

TEST(Trouble, ASubmitBeforeAnybodyIsRegisteredNamesWhoIsMissing) {
  TestDaemon daemon({}, TestDaemon::quick_limits(), false);
  for (int i = 0; i < 200 && request(daemon.port(), "GET", "/v1/definitions/purchase").status != 200; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const std::uint64_t before = daemon.appends();
  const RawAnswer answer = submit(daemon.port(), "k-1", good_order());
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.code(), "unknown_participant");
  EXPECT_NE(answer.body.find("inventory"), std::string::npos) << answer.body;
  EXPECT_EQ(daemon.appends(), before);
}

// Everybody polls in his own way. The bank said 202 and stays silent; each of them makes it be asked as soon
// as it may be, which is five seconds after it was called.
TEST(Trouble, B1_C11_WhoeverPollsOrSubmitsAgainMakesTheBankBeAsked) {
  TestDaemon daemon({{"charge:try", {202, ""}}, {"charge:query", {200, R"({"state":"tried"})"}}});
  const std::uint16_t port = daemon.port();
  ASSERT_EQ(request(port, "PUT", "/v1/participants/payment",
                    R"({"base_urls":["http://127.0.0.1:9"],
                        "endpoints":{"try":"/try","confirm":"/confirm","cancel":"/cancel","query":"/query"}})")
                .status,
            200);
  const auto order_of = [](const std::string& key) {
    nlohmann::json order = good_order();
    order["order_id"] = key;
    return order;
  };
  std::map<std::string, std::string> ids;
  for (const char* key : {"gets", "posts", "looks"}) {
    const RawAnswer taken = submit(port, key, order_of(key));
    ids[key] = taken.json()["id"];
  }
  const std::string wait = "Prefer: wait=20\r\n";
  const auto began = std::chrono::steady_clock::now();
  auto gets = std::async(std::launch::async,
                         [&] { return request(port, "GET", "/v1/purchases/" + ids["gets"], "", wait); });
  auto posts = std::async(std::launch::async, [&] { return submit(port, "posts", order_of("posts"), wait); });
  std::this_thread::sleep_for(std::chrono::milliseconds(5'300));
  EXPECT_EQ(submit(port, "looks", order_of("looks")).json()["id"], ids["looks"]);
  for (auto* answer : {&gets, &posts}) {
    const RawAnswer said = answer->get();
    EXPECT_EQ(said.status, 200);
    EXPECT_EQ(said.json()["status"], "completed") << said.body;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(15))
      << "nobody was asked for them";
  // A list asks nobody.
  nlohmann::json listed = nlohmann::json::object();
  for (int i = 0; i < 400 && listed.value("status", "") != "completed"; ++i) {
    listed = request(port, "GET", "/v1/purchases?order_id=looks").json()["purchases"].at(0);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(listed["status"], "completed");
}

}  // namespace
}  // namespace settle::test
