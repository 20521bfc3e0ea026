// Purchases through the API, as a shop and an operator see them.

#include <gtest/gtest.h>

#include <chrono>
#include <set>
#include <thread>
#include <vector>

#include "daemon.hpp"
#include "raw_client.hpp"

namespace settle::test {
namespace {

const Script with_cards = {
    {"issue:confirm", {200, R"({"cards":[{"code":"AAAA-1"},{"code":"BBBB-2"}],"batch":7})"}}};
const char* const wait_10 = "Prefer: wait=10\r\n";

nlohmann::json show(const TestDaemon& daemon, const std::string& id) {
  return request(daemon.port(), "GET", "/v1/purchases/" + id).json();
}
nlohmann::json show_when(const TestDaemon& daemon, const std::string& id, const std::string& state) {
  for (int i = 0; i < 400; ++i) {
    nlohmann::json shown = show(daemon, id);
    if (shown["state"] == state) return shown;
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
  return show(daemon, id);
}

TEST(Purchases, ANewOneIsTakenWithItsLocation) {
  TestDaemon daemon({{"reserve:try", {0, ""}}});
  const RawAnswer answer = submit(daemon.port(), "k-1", good_order());
  ASSERT_EQ(answer.status, 202) << answer.body;
  const nlohmann::json shown = answer.json();
  EXPECT_EQ(answer.header("location"), "/v1/purchases/" + shown["id"].get<std::string>());
  EXPECT_EQ(answer.header("settle-replayed"), "");
  EXPECT_EQ(shown["state"], "trying");
  EXPECT_EQ(shown["amount"], 2000);
  EXPECT_EQ(shown["payload"], good_order()["payload"]);
  EXPECT_FALSE(shown.contains("cards"));
  EXPECT_EQ(shown["steps"].size(), 4U);
  EXPECT_TRUE(shown["links"].contains("cancel"));
}

TEST(Purchases, PreferWaitBringsTheOutcomeWithItsCards) {
  TestDaemon daemon(with_cards);
  const RawAnswer answer = submit(daemon.port(), "k-1", good_order(), wait_10);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("preference-applied"), "wait=10");
  const nlohmann::json shown = answer.json();
  EXPECT_EQ(shown["status"], "completed");
  EXPECT_EQ(shown["cards"], nlohmann::json::parse(R"([{"code":"AAAA-1"},{"code":"BBBB-2"}])"));
  EXPECT_EQ(shown["results"]["issue"]["confirm"]["batch"], 7);
}

TEST(Purchases, PreferWaitEndsWithWhatStands) {
  TestDaemon daemon({{"charge:try", {0, ""}}});
  const RawAnswer answer = submit(daemon.port(), "k-1", good_order(), "Prefer: respond-async, wait=1\r\n");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.header("preference-applied"), "wait=1");
  EXPECT_EQ(answer.json()["status"], "processing");
}

TEST(Purchases, APreferenceThatCannotBeReadIsIgnored) {
  TestDaemon daemon({{"charge:try", {0, ""}}});
  const RawAnswer answer = submit(daemon.port(), "k-1", good_order(), "Prefer: wait=soon\r\n");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.header("preference-applied"), "");
}

TEST(Purchases, I5_TheSameKeyFindsTheSamePurchaseAndAnotherBodyIsRefused) {
  TestDaemon daemon(with_cards);
  const std::string id = submit(daemon.port(), "k-1", good_order(), wait_10).json()["id"];
  std::string spaced = good_order().dump(4);  // the same values, other bytes
  const RawAnswer again = request(daemon.port(), "POST", "/v1/purchases", spaced, "Idempotency-Key: k-1\r\n");
  EXPECT_EQ(again.status, 200) << again.body;
  EXPECT_EQ(again.header("settle-replayed"), "true");
  EXPECT_EQ(again.header("settle-found-by"), "key");
  EXPECT_EQ(again.json()["id"], id);
  const std::uint64_t before = daemon.appends();
  nlohmann::json other = good_order();
  other["amount"] = 2001;
  const RawAnswer refused = submit(daemon.port(), "k-1", other);
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.code(), "idempotency_key_reused");
  EXPECT_EQ(daemon.appends(), before);
  other["shop"] = "shop-2";
  EXPECT_NE(submit(daemon.port(), "k-1", other).json()["id"], id) << "another shop's key is another key";
}

TEST(Purchases, ACartFindsItsPurchaseUnderAnotherKey) {
  TestDaemon daemon({{"reserve:try", {0, ""}}});
  nlohmann::json order = good_order();
  order["cart_id"] = "C-7";
  const std::string id = submit(daemon.port(), "k-1", order).json()["id"];
  order["order_id"] = "A-1002";
  const RawAnswer second = submit(daemon.port(), "k-2", order);
  EXPECT_EQ(second.status, 200) << second.body;
  EXPECT_EQ(second.json()["id"], id);
  EXPECT_EQ(second.header("settle-found-by"), "cart");
}

TEST(Purchases, I4_ACartOfOtherGoodsIsRefusedAndStoresNothing) {
  TestDaemon daemon({{"reserve:try", {0, ""}}});
  nlohmann::json order = good_order();
  order["cart_id"] = "C-7";
  ASSERT_EQ(submit(daemon.port(), "k-1", order).status, 202);
  const std::uint64_t before = daemon.appends();
  for (const auto& [field, value] : {std::pair<const char*, nlohmann::json>{"sku", "OTHER"},
                                     {"quantity", 9},
                                     {"amount", 1},
                                     {"currency", "USD"},
                                     {"buyer", "b-x"}}) {
    nlohmann::json other = order;
    other[field] = value;
    const RawAnswer refused = submit(daemon.port(), "k-2", other);
    EXPECT_EQ(refused.status, 422) << field << ": " << refused.body;
    EXPECT_EQ(refused.code(), "cart_id_reused") << field;
  }
  EXPECT_EQ(daemon.appends(), before);
  EXPECT_EQ(submit(daemon.port(), "k-2", order).header("settle-found-by"), "cart") << "the key is still free";
}

TEST(Purchases, ARefusalSaysWhy) {
  TestDaemon daemon({{"charge:try", {422, R"({"code":"card_declined","detail":"insufficient funds"})"}}});
  const RawAnswer answer = submit(daemon.port(), "k-1", good_order(), wait_10);
  EXPECT_EQ(answer.status, 200);
  const nlohmann::json shown = answer.json();
  EXPECT_EQ(shown["status"], "failed") << answer.body;
  EXPECT_EQ(shown["reason"]["code"], "card_declined");
  EXPECT_EQ(shown["reason"]["detail"], "insufficient funds");
  EXPECT_EQ(shown["reason"]["step"], "charge");
  EXPECT_FALSE(shown.contains("cards"));
  EXPECT_TRUE(shown["links"].contains("reopen"));
}

TEST(Purchases, I12_CardsOfATryAreNotShownBeforeEverythingIsConfirmed) {
  TestDaemon daemon(
      {{"issue:try", {200, R"({"cards":[{"code":"SECRET-1"}],"batch":7})"}}, {"charge:confirm", {0, ""}}});
  const std::string id = submit(daemon.port(), "k-1", good_order()).json()["id"];
  const nlohmann::json shown = show_when(daemon, id, "confirming");
  EXPECT_EQ(shown["state"], "confirming");
  EXPECT_EQ(shown["results"]["issue"]["try"], nlohmann::json::parse(R"({"batch":7})"));
  EXPECT_EQ(shown.dump().find("SECRET-1"), std::string::npos);
  const std::string journal = request(daemon.port(), "GET", "/v1/journal?purchase=" + id).body;
  EXPECT_EQ(journal.find("SECRET-1"), std::string::npos);
  EXPECT_NE(journal.find("$sealed"), std::string::npos);
}

TEST(Acts, I25_CancelBeforeTheDecisionAndNotAfterIt) {
  TestDaemon daemon({{"charge:try", {0, ""}}});
  const std::string act = R"({"who":"ann","why":"the buyer called"})";
  const std::string id = submit(daemon.port(), "k-1", good_order()).json()["id"];
  const RawAnswer cancelled = request(daemon.port(), "POST", "/v1/purchases/" + id + "/cancel", act);
  ASSERT_EQ(cancelled.status, 200) << cancelled.body;
  EXPECT_EQ(cancelled.json()["decision"], "cancel");
  const std::string journal = request(daemon.port(), "GET", "/v1/journal?purchase=" + id).body;
  EXPECT_NE(journal.find("the buyer called"), std::string::npos);

  TestDaemon quick(with_cards);
  const std::string done = submit(quick.port(), "k-1", good_order(), wait_10).json()["id"];
  EXPECT_EQ(show_when(quick, done, "completed")["state"], "completed");
  const std::uint64_t before = quick.appends();
  const RawAnswer late = request(quick.port(), "POST", "/v1/purchases/" + done + "/cancel", act);
  EXPECT_EQ(late.status, 409);
  EXPECT_EQ(late.code(), "state_forbids");
  EXPECT_EQ(quick.appends(), before);
}

TEST(Acts, I14_AReopenedPurchaseIsANewOneLinkedBothWays) {
  TestDaemon daemon({{"charge:try", {409, R"({"code":"declined","detail":"no"})"}}});
  const std::string old = submit(daemon.port(), "k-1", good_order(), wait_10).json()["id"];
  const RawAnswer reopened = request(daemon.port(), "POST", "/v1/purchases/" + old + "/reopen",
                                     R"({"who":"ann","why":"another card"})");
  ASSERT_EQ(reopened.status, 201) << reopened.body;
  const std::string fresh = reopened.json()["id"];
  EXPECT_EQ(reopened.header("location"), "/v1/purchases/" + fresh);
  EXPECT_EQ(reopened.json()["predecessor"], old);
  EXPECT_EQ(show(daemon, old)["successor"], fresh);
  EXPECT_EQ(show(daemon, old)["state"], "cancelled");
}

TEST(Acts, AnUnknownStepIsSaidToBeSo) {
  TestDaemon daemon({{"charge:try", {0, ""}}});
  const std::string id = submit(daemon.port(), "k-1", good_order()).json()["id"];
  EXPECT_EQ(request(daemon.port(), "POST", "/v1/purchases/" + id + "/retry",
                    R"({"who":"a","why":"b","step":"fly"})")
                .code(),
            "unknown_step");
}

TEST(Acts, WhilePausedNothingNewIsTaken) {
  TestDaemon daemon(with_cards);
  const std::string act = R"({"who":"ann","why":"the bank is down"})";
  EXPECT_EQ(request(daemon.port(), "POST", "/v1/pause", act).json()["paused"], true);
  const RawAnswer refused = submit(daemon.port(), "k-1", good_order());
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.code(), "paused");
  EXPECT_FALSE(refused.header("retry-after").empty());
  EXPECT_EQ(request(daemon.port(), "GET", "/readyz").code(), "paused");
  EXPECT_EQ(request(daemon.port(), "POST", "/v1/resume", act).json()["paused"], false);
  EXPECT_EQ(submit(daemon.port(), "k-1", good_order(), wait_10).status, 200);
}

TEST(Lists, NarrowAndTurnPages) {
  TestDaemon daemon(with_cards);
  for (int i = 0; i < 5; ++i) {
    nlohmann::json order = good_order();
    order["buyer"] = i % 2 == 0 ? "even & odd" : "b-1";
    submit(daemon.port(), "k-" + std::to_string(i), order, wait_10);
  }
  const auto list = [&](const std::string& query) {
    return request(daemon.port(), "GET", "/v1/purchases" + query).json();
  };
  EXPECT_EQ(list("")["purchases"].size(), 5U);
  EXPECT_EQ(list("?buyer=even+%26%20odd")["purchases"].size(), 3U);
  EXPECT_EQ(list("?state=trying")["purchases"].size(), 0U);
  EXPECT_EQ(list("?since=2100-01-01T00:00:00.5Z")["purchases"].size(), 0U);
  EXPECT_EQ(list("?needs_person=true")["purchases"].size(), 0U);
  EXPECT_FALSE(list("")["purchases"][0].contains("cards"));
  std::size_t seen = 0;
  std::string next;
  do {
    const nlohmann::json page = list("?limit=2" + (next.empty() ? "" : "&cursor=" + next));
    seen += page["purchases"].size();
    next = page.value("next", "");
  } while (!next.empty());
  EXPECT_EQ(seen, 5U);
}

TEST(Journal, PagesGoOnWhereTheyEnded) {
  TestDaemon daemon(with_cards);
  const std::string id = submit(daemon.port(), "k-1", good_order(), wait_10).json()["id"];
  show_when(daemon, id, "completed");
  std::vector<std::string> positions;
  std::string cursor;
  for (int page = 0; page < 100; ++page) {
    const RawAnswer answer =
        request(daemon.port(), "GET",
                "/v1/journal?limit=3&purchase=" + id + (cursor.empty() ? "" : "&from=" + cursor));
    EXPECT_EQ(answer.header("content-type"), "application/x-ndjson");
    std::size_t records = 0;
    for (std::size_t at = 0; at < answer.body.size();) {
      const std::size_t end = answer.body.find('\n', at);
      const nlohmann::json line = nlohmann::json::parse(answer.body.substr(at, end - at));
      at = end + 1;
      if (line.contains("next")) {
        cursor = line["next"];
        EXPECT_EQ(at, answer.body.size()) << "the cursor is the last line";
        continue;
      }
      ++records;
      positions.push_back(line["position"]);
      if (positions.size() == 1) {
        EXPECT_EQ(line["event"], "submitted");
      }
    }
    if (records == 0) break;
  }
  EXPECT_GE(positions.size(), 8U);
  EXPECT_EQ(std::set<std::string>(positions.begin(), positions.end()).size(), positions.size());
}

TEST(Journal, AFollowerSeesWhatIsAppendedAndIsReleasedByAStop) {
  TestDaemon daemon({{"reserve:try", {0, ""}}});
  RawClient follower(daemon.port());
  follower.send(request_text("GET", "/v1/journal?follow=true"));
  for (auto line = follower.read_line(); line && !line->empty(); line = follower.read_line()) {
  }
  const std::string id = submit(daemon.port(), "k-1", good_order()).json()["id"];
  bool seen = false;
  for (int i = 0; i < 200 && !seen; ++i) {
    const auto line = follower.read_line();
    ASSERT_TRUE(line.has_value());
    seen = line->find(id) != std::string::npos && line->find("submitted") != std::string::npos;
  }
  EXPECT_TRUE(seen);
  bool heartbeat = false;  // silence is broken by where to go on
  for (int i = 0; i < 50 && !heartbeat; ++i)
    heartbeat = follower.read_line().value_or("").starts_with("{\"next\"");
  EXPECT_TRUE(heartbeat);
  daemon.ask([&] { daemon.api->stop(); });
  std::string last;
  for (auto line = follower.read_line(); line; line = follower.read_line())
    last = line->empty() ? last : *line;
  EXPECT_EQ(last, "0") << "the stream ends whole";
}

TEST(Stop, I3_AnswersWhoWaitsAndTakesNoMore) {
  TestDaemon daemon({{"charge:try", {0, ""}}});
  RawClient waiting(daemon.port()), idle(daemon.port());
  waiting.send(request_text("POST", "/v1/purchases", good_order().dump(),
                            "Idempotency-Key: k\r\nPrefer: wait=60\r\n"));
  idle.send(request_text("GET", "/healthz"));
  EXPECT_EQ(idle.read().status, 200);
  while (daemon.ask([&] { return daemon.engine->figures().calls; }) < 2) std::this_thread::yield();
  std::promise<void> drained;
  daemon.ask([&] {
    daemon.server->stop_accepting();
    daemon.api->stop();
    daemon.server->drain(DurationMs{5'000}, [&] { drained.set_value(); });
  });
  const RawAnswer answer = waiting.read();
  EXPECT_EQ(answer.status, 202) << "what stands";
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_TRUE(idle.ended());
  waiting.half_close();
  EXPECT_EQ(drained.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_EQ(request(daemon.port(), "GET", "/healthz").status, 0) << "nobody listens any more";
}

TEST(Ready, I23_AFailedSyncIsToldAtOnce) {
  TestDaemon daemon({{"reserve:try", {0, ""}}});
  EXPECT_EQ(request(daemon.port(), "GET", "/readyz").status, 200);
  daemon.ask([&] { daemon.journal->fail_next_sync(0); });
  const RawAnswer refused = submit(daemon.port(), "k-1", good_order());
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.code(), "journal_failed") << refused.body;
  EXPECT_EQ(request(daemon.port(), "GET", "/readyz").code(), "journal_failed");
  EXPECT_EQ(request(daemon.port(), "GET", "/healthz").status, 200);
  EXPECT_EQ(submit(daemon.port(), "k-2", good_order()).code(), "journal_failed");
}

TEST(Callbacks, I13_ATrueOneIsNotedTwiceTheSame) {
  TestDaemon daemon({{"charge:try", {202, ""}}});
  const std::string id = submit(daemon.port(), "k-1", good_order()).json()["id"];
  std::string url;
  for (int i = 0; i < 400 && show(daemon, id)["steps"][1]["state"] != "awaiting"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  url = daemon.ask([&] { return daemon.client->last_callback; });
  const std::string path = url.substr(url.find("/v1/"));
  const std::string done = R"({"outcome":"done","result":{"charge":"c-1"}})";
  for (int i = 0; i < 2; ++i) {
    const RawAnswer answer = request(daemon.port(), "POST", path, done);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json()["outcome"], "noted");
  }
  EXPECT_EQ(request(daemon.port(), "POST", path, R"({"outcome":"maybe"})").code(), "invalid_callback");
  EXPECT_EQ(show_when(daemon, id, "completed")["results"]["charge"]["try"]["charge"], "c-1");
}

TEST(Registry, I16_ADeletedMerchantIsGoneForWhatIsNewAndComesBackWithItsNextPut) {
  TestDaemon daemon({{"charge:try", {202, ""}}});
  const std::string id = submit(daemon.port(), "k-1", good_order()).json()["id"];
  for (int i = 0; i < 400 && show(daemon, id)["steps"][1]["state"] != "awaiting"; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const std::string url = daemon.ask([&] { return daemon.client->last_callback; });
  const std::string merchant = "/v1/merchants/m-1";
  ASSERT_EQ(request(daemon.port(), "DELETE", merchant).status, 204);
  EXPECT_EQ(request(daemon.port(), "GET", merchant).code(), "not_found");
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/merchants").json()["merchants"].size(), 0U);
  EXPECT_EQ(request(daemon.port(), "DELETE", merchant).code(), "not_found");
  EXPECT_EQ(submit(daemon.port(), "k-2", good_order()).code(), "unknown_merchant");
  const std::string path = url.substr(url.find("/v1/"));
  EXPECT_EQ(request(daemon.port(), "POST", path, R"({"outcome":"done"})").status, 200);
  EXPECT_EQ(show_when(daemon, id, "completed")["state"], "completed") << "what was begun is still told";
  const RawAnswer back = request(daemon.port(), "PUT", merchant, R"({"url":"http://127.0.0.1:9/new"})");
  EXPECT_EQ(back.status, 201) << back.body;
  EXPECT_FALSE(back.json().contains("retired"));
  EXPECT_EQ(submit(daemon.port(), "k-2", good_order()).status, 202);
}

TEST(Registry, ASecretThatWasMadeIsShownOnceAndNeverAgain) {
  TestDaemon daemon;
  const std::string body =
      R"({"base_urls":["http://127.0.0.1:9"],"endpoints":{"try":"/t","confirm":"/c","cancel":"/x"}})";
  const RawAnswer made = request(daemon.port(), "PUT", "/v1/participants/p-1", body);
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string secret = made.json().value("new_secret", "");
  EXPECT_TRUE(secret.starts_with("whsec_"));
  const std::uint64_t before = daemon.appends();
  const RawAnswer again = request(daemon.port(), "PUT", "/v1/participants/p-1", body);
  EXPECT_EQ(again.status, 200);
  EXPECT_FALSE(again.json().contains("new_secret"));
  EXPECT_EQ(daemon.appends(), before) << "nothing changed, nothing is stored";
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/participants/p-1").body.find(secret), std::string::npos);
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/participants").body.find(secret), std::string::npos);
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/journal").body.find(secret), std::string::npos);
  EXPECT_EQ(request(daemon.port(), "DELETE", "/v1/participants/p-1").status, 204);
}

}  // namespace
}  // namespace settle::test
