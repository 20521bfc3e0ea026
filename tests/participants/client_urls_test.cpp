// Several base URLs: the next one takes over where no connection can be made, and only there.

#include <gtest/gtest.h>

#include <sys/socket.h>

#include "client_rig.hpp"
#include "scripted_server.hpp"

namespace settle::test {
namespace {

std::string refusing_url(const LoopbackSocket& closed) {
  return "http://127.0.0.1:" + std::to_string(closed.port) + "/";
}

TEST(ClientUrls, TheNextOneTakesOver) {
  LoopbackSocket closed(-1);
  ScriptedServer server(echo);
  ClientRig rig;
  HttpRequest request = request_to("http://" + std::string(70, 'x') + ".invalid/", "here");
  request.urls.push_back(refusing_url(closed));
  request.urls.push_back(server.url());
  const HttpAnswer first = rig.call(request);
  EXPECT_EQ(first.body, "here");
  EXPECT_EQ(first.url, server.url()) << "the one that was called";
  EXPECT_EQ(rig.client->figures().sent, 1U);
  const HttpAnswer second = rig.call(request);
  EXPECT_EQ(second.body, "here");
  EXPECT_EQ(second.url, server.url());
  EXPECT_EQ(rig.client->figures().reused, 1U);
}

TEST(ClientUrls, WhereNoneIsLeftTheLastCauseIsTold) {
  LoopbackSocket one(-1), two(-1);
  ClientRig rig;
  HttpRequest request = request_to(refusing_url(one));
  request.urls.push_back(refusing_url(two));
  const HttpAnswer answer = rig.call(request);
  EXPECT_EQ(answer.failure, Cause::refused);
  EXPECT_EQ(answer.url, refusing_url(two)) << "the last that was tried";
  EXPECT_NE(answer.failure_detail.find(std::to_string(two.port)), std::string::npos);
}

TEST(ClientUrls, WhatLeftIsNotRepeatedElsewhere) {
  ScriptedServer dying([](Peer& peer) { peer.read_request(); });
  ScriptedServer server(echo);
  ClientRig rig;
  HttpRequest request = request_to(dying.url());
  request.urls.push_back(server.url());
  EXPECT_EQ(rig.call(request).failure, Cause::reset);
  EXPECT_EQ(server.accepted(), 0U);
}

TEST(ClientUrls, TheFirstOneIsUsedAgainAfterAWhile) {
  auto closed = std::make_unique<LoopbackSocket>(-1);
  ScriptedServer spare(echo);
  ClientOptions options;
  options.avoid_for = DurationMs{100};
  ClientRig rig(options);
  HttpRequest request = request_to(refusing_url(*closed));
  request.urls.push_back(spare.url());
  EXPECT_EQ(rig.call(request).status, 200);
  ASSERT_EQ(::listen(closed->socket, 8), 0);
  rig.run_for(150);
  request.answer_timeout = DurationMs{60};  // it accepts, and answers nothing
  EXPECT_EQ(rig.call(request).failure, Cause::answer_timeout);
}

// Connections to one URL make room for those to another, within one limit.
TEST(ClientUrls, OneLimitHoldsForAll) {
  ScriptedServer one(echo), two(echo);
  ClientRig rig;
  for (int i = 0; i < 10; ++i) {
    HttpRequest request = request_to((i % 2 == 0 ? one : two).url());
    request.limits.connections_max = 1;
    EXPECT_EQ(rig.call(request).status, 200);
    EXPECT_EQ(rig.client->connections("group"), 1U);
  }
}

TEST(ClientUrls, NamesAreResolvedAndRemembered) {
  ScriptedServer server(echo);
  ClientRig rig;
  const std::string url = "http://localhost:" + std::to_string(server.port()) + "/";
  const auto answers = rig.call_all(request_to(url), 10);
  for (const HttpAnswer& answer : answers) EXPECT_EQ(answer.status, 200) << answer.failure_detail;
}

}  // namespace
}  // namespace settle::test
