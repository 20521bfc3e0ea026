// Endpoints over HTTP: which are left alone, and an operator's hand on them.

#include <gtest/gtest.h>

#include "daemon.hpp"
#include "raw_client.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

RawAnswer act(TestDaemon& daemon, json body) {
  body.update({{"who", "ann"}, {"why", "the bank asked"}});
  return request(daemon.port(), "POST", "/v1/endpoints/acts", body.dump());
}

std::string state(TestDaemon& daemon, const std::string& participant, const std::string& operation) {
  const json listed = request(daemon.port(), "GET", "/v1/endpoints").json();
  for (const json& one : listed["endpoints"])
    if (one.value("participant", "") == participant && one["operation"] == operation) return one["state"];
  return "none";
}

std::string purchase_state(TestDaemon& daemon, const std::string& id, const std::string& wanted) {
  json shown;
  for (int i = 0; i < 1'000; ++i) {
    shown = request(daemon.port(), "GET", "/v1/purchases/" + id).json();
    if (shown["state"] == wanted) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return shown["state"];
}

TEST(Endpoints, DisabledIsNotCalledAndEnabledGoesOn) {
  TestDaemon daemon;
  const RawAnswer off =
      act(daemon, {{"act", "disable"}, {"participant", "payment"}, {"operation", "confirm"}});
  EXPECT_EQ(off.status, 200) << off.body;
  EXPECT_EQ(off.json()["state"], "disabled");
  EXPECT_EQ(off.json()["cause"], "operator");
  EXPECT_EQ(state(daemon, "payment", "confirm"), "disabled");
  const std::string id = submit(daemon.port(), "k-1", good_order()).json()["id"];
  EXPECT_EQ(purchase_state(daemon, id, "confirming"), "confirming");
  for (int i = 0; i < 1'000; ++i) {
    if (request(daemon.port(), "GET", "/v1/journal?limit=500&purchase=" + id)
            .body.find("\"by\":\"disabled\"") != std::string::npos)
      break;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const std::string told = request(daemon.port(), "GET", "/v1/journal?limit=500&purchase=" + id).body;
  EXPECT_NE(told.find("\"by\":\"disabled\""), std::string::npos) << told;
  EXPECT_EQ(
      act(daemon, {{"act", "enable"}, {"participant", "payment"}, {"operation", "confirm"}}).json()["state"],
      "closed");
  EXPECT_FALSE(request(daemon.port(), "GET", "/v1/endpoints").json()["endpoints"][0].contains("cause"));
  EXPECT_EQ(purchase_state(daemon, id, "completed"), "completed");
  const std::string all = request(daemon.port(), "GET", "/v1/journal?limit=500").body;
  EXPECT_NE(all.find("endpoint_disabled"), std::string::npos);
  EXPECT_NE(all.find("the bank asked"), std::string::npos) << "I25: who and why are kept";
}

TEST(Endpoints, WhatIsNotThereOrNotSaidIsRefused) {
  TestDaemon daemon;
  EXPECT_EQ(act(daemon, {{"act", "disable"}, {"participant", "nobody"}, {"operation", "try"}}).code(),
            "not_found");
  EXPECT_EQ(act(daemon, {{"act", "disable"}, {"merchant", "m-1"}, {"operation", "try"}}).code(), "not_found")
      << "a merchant is told, and nothing else";
  EXPECT_EQ(act(daemon, {{"act", "off"}, {"participant", "payment"}, {"operation", "try"}}).json()["pointer"],
            "/act");
  EXPECT_EQ(
      act(daemon, {{"act", "disable"}, {"participant", "payment"}, {"operation", "pay"}}).json()["pointer"],
      "/operation");
  EXPECT_EQ(act(daemon, {{"act", "disable"}, {"operation", "try"}}).code(), "missing_field");
  EXPECT_EQ(state(daemon, "payment", "try"), "none") << "nothing of it is stored";
}

}  // namespace
}  // namespace settle::test
