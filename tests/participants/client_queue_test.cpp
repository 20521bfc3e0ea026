// Limits: connections per group, calls that wait, and for how long.

#include <gtest/gtest.h>

#include "client_rig.hpp"
#include "scripted_server.hpp"

namespace settle::test {
namespace {

void slow_echo(Peer& peer) {
  for (std::string request = peer.read_request(); !request.empty(); request = peer.read_request()) {
    peer.pause_ms(5);
    peer.answer(200, "{}");
  }
}

TEST(ClientQueue, NeverOpensMoreConnectionsThanAllowed) {
  ScriptedServer server(slow_echo);
  ClientRig rig;
  HttpRequest request = request_to(server.url());
  request.limits.connections_max = 3;
  const auto answers = rig.call_all(request, 60);
  for (const HttpAnswer& answer : answers) EXPECT_EQ(answer.status, 200) << answer.failure_detail;
  EXPECT_EQ(server.open_at_most(), 3);
  EXPECT_EQ(server.accepted(), 3U);
  EXPECT_EQ(rig.client->figures().reused, 57U);
}

TEST(ClientQueue, HoldsToTheLimitWhenConnectionsDie) {
  ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.pause_ms(3);
    if (peer.number() % 2 == 0) peer.answer(200, "{}", "Connection: close\r\n");
  });
  ClientRig rig;
  HttpRequest request = request_to(server.url());
  request.limits.connections_max = 2;
  const auto answers = rig.call_all(request, 40);
  int resets = 0;
  for (const HttpAnswer& answer : answers) resets += answer.failure == Cause::reset ? 1 : 0;
  EXPECT_EQ(resets, 20);
  // The server may see the next connection a moment before it notices the end of the last.
  EXPECT_LE(server.open_at_most(), 4);
  EXPECT_EQ(server.accepted(), 40U);
}

TEST(ClientQueue, ServesInOrder) {
  ScriptedServer server(echo);
  ClientRig rig;
  std::string order;
  for (int i = 0; i < 9; ++i) {
    HttpRequest request = request_to(server.url(), std::to_string(i));
    request.limits.connections_max = 1;
    rig.client->send(request, [&order](const HttpAnswer& answer) { order += answer.body; });
  }
  EXPECT_TRUE(rig.run_until([&] { return order.size() == 9; }));
  EXPECT_EQ(order, "012345678");
}

TEST(ClientQueue, A13_TheMoreImportantOvertakes) {
  ScriptedServer server(echo);
  ClientRig rig;
  std::string order;
  for (const int importance : {3, 2, 3, 1, 2, 0, 0, 1}) {
    HttpRequest request = request_to(server.url(), std::to_string(importance));
    request.limits.connections_max = 1;
    request.importance = static_cast<std::uint8_t>(importance);
    rig.client->send(request, [&order](const HttpAnswer& answer) { order += answer.body; });
  }
  EXPECT_TRUE(rig.run_until([&] { return order.size() == 8; }));
  EXPECT_EQ(order, "30011223") << "but for the one that was on its way already";
}

TEST(ClientQueue, RefusesWhatIsTooMuch) {
  ScriptedServer server(slow_echo);
  ClientRig rig;
  HttpRequest request = request_to(server.url());
  request.limits.connections_max = 1;
  request.limits.queue_max = 4;
  const auto answers = rig.call_all(request, 20);
  int overload = 0;
  for (const HttpAnswer& answer : answers) overload += answer.failure == Cause::overload ? 1 : 0;
  EXPECT_EQ(overload, 15);  // one on its way, four waiting
  EXPECT_EQ(rig.client->figures().sent, 5U);
}

TEST(ClientQueue, GivesUpOnWhatWaitedTooLong) {
  ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.wait_for_close();
  });
  ClientRig rig;
  HttpRequest request = request_to(server.url());
  request.limits.connections_max = 1;
  request.limits.queue_wait_max = DurationMs{80};
  request.answer_timeout = DurationMs{400};
  const auto answers = rig.call_all(request, 4);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(answers[i].failure, Cause::overload);
    EXPECT_GE(answers[i].took_ms, 80U);
  }
  EXPECT_EQ(answers[3].failure, Cause::answer_timeout);
  EXPECT_EQ(server.accepted(), 1U) << "what waited never left";
}

TEST(ClientQueue, I19_ADeadGroupDelaysNoOther) {
  ScriptedServer dead([](Peer& peer) {
    peer.read_request();
    peer.wait_for_close();
  });
  ScriptedServer alive(echo);
  ClientRig rig;
  HttpRequest stuck = request_to(dead.url());
  stuck.group = "dead";
  stuck.limits.connections_max = 2;
  int stuck_answers = 0;
  for (int i = 0; i < 100; ++i)
    rig.client->send(stuck, [&stuck_answers](const HttpAnswer&) { ++stuck_answers; });
  for (int i = 0; i < 20; ++i) EXPECT_EQ(rig.call(request_to(alive.url())).status, 200);
  EXPECT_EQ(stuck_answers, 0);
  EXPECT_EQ(rig.client->connections("dead"), 2U);
}

}  // namespace
}  // namespace settle::test
