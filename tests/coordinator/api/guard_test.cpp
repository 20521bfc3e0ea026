// The guards over HTTP: what a shop reads, and how it answers.

#include <gtest/gtest.h>

#include "daemon.hpp"
#include "raw_client.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

EngineConfig guarded(DurationMs window, std::uint32_t per_minute = 0) {
  EngineConfig config;
  config.guards.fingerprint_window = window;
  config.guards.buyer_per_minute = per_minute;
  return config;
}

struct GuardedDaemon : TestDaemon {
  explicit GuardedDaemon(const EngineConfig& config) : TestDaemon({}, quick_limits(), true, config) {}
};

json order(const std::string& order_id) {
  json order = good_order();
  order["order_id"] = order_id;
  return order;
}

TEST(GuardApi, B9_ADuplicateIsToldWithTheEarlierPurchaseAndNothingOfItsOutcome) {
  GuardedDaemon daemon(guarded(DurationMs{60'000}));
  const RawAnswer first = submit(daemon.port(), "k-1", order("A-1"), "Prefer: wait=10\r\n");
  ASSERT_EQ(first.status, 200) << first.body;
  const RawAnswer second = submit(daemon.port(), "k-2", order("A-2"));
  EXPECT_EQ(second.status, 409);
  EXPECT_EQ(second.code(), "possible_duplicate");
  const json problem = second.json();
  EXPECT_EQ(problem["earlier_purchase"], first.json()["id"]);
  EXPECT_EQ(problem["earlier_order_id"], "A-1");
  EXPECT_NE(problem["detail"].get<std::string>().find("Settle-Allow-Duplicate: true"), std::string::npos);
  for (const char* member : {"state", "decision", "results", "cards", "steps"})
    EXPECT_FALSE(problem.contains(member)) << member;
  EXPECT_EQ(submit(daemon.port(), "k-1", order("A-1")).status, 200) << "the same key is never a duplicate";
}

TEST(GuardApi, B9_TheHeaderOrTheMemberOverrulesUnderTheSameKey) {
  GuardedDaemon daemon(guarded(DurationMs{60'000}));
  ASSERT_LT(submit(daemon.port(), "k-1", order("A-1")).status, 300);
  ASSERT_EQ(submit(daemon.port(), "k-2", order("A-2")).status, 409);
  EXPECT_EQ(submit(daemon.port(), "k-2", order("A-2"), "Settle-Allow-Duplicate: false\r\n").status, 409);
  EXPECT_EQ(submit(daemon.port(), "k-2", order("A-2"), "Settle-Allow-Duplicate: true\r\n").status, 202);
  json meant = order("A-3");
  meant["allow_duplicate"] = true;
  EXPECT_EQ(submit(daemon.port(), "k-3", meant).status, 202);
  const RawAnswer again = submit(daemon.port(), "k-3", order("A-3"));
  EXPECT_EQ(again.status, 200) << "the member is no part of what the key stands for: " << again.body;
  EXPECT_EQ(again.header("settle-replayed"), "true");
}

TEST(GuardApi, B9_TheOverrideIsReadStrictly) {
  GuardedDaemon daemon(guarded(DurationMs{60'000}));
  const RawAnswer header = submit(daemon.port(), "k-1", order("A-1"), "Settle-Allow-Duplicate: yes\r\n");
  EXPECT_EQ(header.code(), "invalid_parameter");
  EXPECT_EQ(header.json()["pointer"], "Settle-Allow-Duplicate");
  json wrong = order("A-1");
  wrong["allow_duplicate"] = "true";
  const RawAnswer member = submit(daemon.port(), "k-1", wrong);
  EXPECT_EQ(member.code(), "invalid_field");
  EXPECT_EQ(member.json()["pointer"], "/allow_duplicate");
}

TEST(GuardApi, B10_TooFastIs429WithRetryAfterAndTheReason) {
  GuardedDaemon daemon(guarded(DurationMs{0}, 3));
  for (int i = 1; i <= 3; ++i) {
    const std::string number = std::to_string(i);
    ASSERT_EQ(submit(daemon.port(), "k-" + number, order("A-" + number)).status, 202);
  }
  const RawAnswer fourth = submit(daemon.port(), "k-4", order("A-4"));
  EXPECT_EQ(fourth.status, 429);
  EXPECT_EQ(fourth.code(), "buyer_rate_limited");
  const int seconds = std::stoi(fourth.header("retry-after"));
  EXPECT_GE(seconds, 1);
  EXPECT_LE(seconds, 20) << "at three a minute";
  EXPECT_NE(fourth.json()["detail"].get<std::string>().find("3 purchases a minute"), std::string::npos);
  EXPECT_EQ(submit(daemon.port(), "k-3", order("A-3")).status, 200) << "repetitions are never refused";
  json another = order("A-5");
  another["buyer"] = "b-other";
  EXPECT_EQ(submit(daemon.port(), "k-5", another).status, 202);
}

TEST(GuardApi, B10_TheSixthKeyOnOneCartIsTooFast) {
  GuardedDaemon daemon(guarded(DurationMs{0}, 5));
  json first = order("A-1");
  first["cart_id"] = "c-1";
  ASSERT_EQ(submit(daemon.port(), "k-1", first).status, 202);
  for (int i = 2; i <= 5; ++i)
    ASSERT_EQ(submit(daemon.port(), "k-" + std::to_string(i), first).status, 200) << "joined";
  EXPECT_EQ(submit(daemon.port(), "k-6", first).code(), "buyer_rate_limited");
  for (int i = 1; i <= 5; ++i) EXPECT_EQ(submit(daemon.port(), "k-" + std::to_string(i), first).status, 200);
}

TEST(GuardApi, B10_WhatIsRefusedForItselfDoesNotCount) {
  GuardedDaemon daemon(guarded(DurationMs{0}, 1));
  json wrong = order("A-1");
  wrong["merchant"] = "nobody";
  for (int i = 0; i < 5; ++i) EXPECT_EQ(submit(daemon.port(), "k-1", wrong).code(), "unknown_merchant");
  EXPECT_EQ(submit(daemon.port(), "k-1", order("A-1")).status, 202);
}

}  // namespace
}  // namespace settle::test
