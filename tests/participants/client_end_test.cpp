// How a client ends: gracefully, abruptly, and in the middle of its own callback.

#include <gtest/gtest.h>

#include "client_rig.hpp"
#include "scripted_server.hpp"

namespace settle::test {
namespace {

TEST(ClientEnd, CloseLetsCallsFinishAndTheLoopRunOut) {
  ScriptedServer server([](Peer& peer) {
    for (std::string request = peer.read_request(); !request.empty(); request = peer.read_request()) {
      peer.pause_ms(10);
      peer.answer(200, "{}");
    }
  });
  ClientRig rig;
  int done = 0;
  HttpRequest request = request_to(server.url());
  request.limits.connections_max = 2;
  for (int i = 0; i < 10; ++i) {
    rig.client->send(request, [&done](const HttpAnswer& answer) { done += answer.status == 200 ? 1 : 0; });
  }
  bool closed = false;
  int late = 0;
  rig.client->close([&] {
    EXPECT_EQ(done, 10);
    closed = true;
  });
  rig.client->send(request,
                   [&late](const HttpAnswer& answer) { late += answer.failure == Cause::overload ? 1 : 0; });
  EXPECT_TRUE(rig.run_until([&] { return closed; }));
  EXPECT_EQ(late, 1);
  EXPECT_EQ(rig.client->connections("group"), 0U);
  rig.io.restart();
  rig.io.run_for(std::chrono::seconds(5));
  EXPECT_TRUE(rig.io.stopped()) << "something keeps the loop alive";
}

TEST(ClientEnd, CloseWithNothingToDo) {
  ScriptedServer server(echo);
  ClientRig rig;
  rig.call(request_to(server.url()));
  bool closed = false;
  rig.client->close([&closed] { closed = true; });
  EXPECT_FALSE(closed);
  EXPECT_TRUE(rig.run_until([&] { return closed; }));
}

TEST(ClientEnd, DestroyedItNeverCallsBack) {
  ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.pause_ms(20);
    peer.answer(200, "{}");
    peer.wait_for_close();
  });
  ClientRig rig;
  int called = 0;
  HttpRequest request = request_to(server.url());
  request.limits.connections_max = 2;
  for (int i = 0; i < 6; ++i) rig.client->send(request, [&called](const HttpAnswer&) { ++called; });
  rig.client->send(request_to("http://localhost:1/"), [&called](const HttpAnswer&) { ++called; });
  rig.client->send(request_to("bad"), [&called](const HttpAnswer&) { ++called; });
  rig.io.run_for(std::chrono::milliseconds(5));
  const int before = called;
  rig.client.reset();
  rig.io.restart();
  rig.io.run_for(std::chrono::milliseconds(100));
  EXPECT_EQ(called, before);
}

TEST(ClientEnd, DestroyedWithinItsOwnCallback) {
  LoopbackSocket closed(-1);
  ScriptedServer server(echo);
  const std::string refused = "http://127.0.0.1:" + std::to_string(closed.port);
  for (const std::string& url : {server.url(), refused, std::string("bad")}) {
    ClientRig rig;
    int called = 0;
    for (int i = 0; i < 3; ++i) {
      rig.client->send(request_to(url), [&](const HttpAnswer&) {
        ++called;
        rig.client.reset();
      });
    }
    EXPECT_TRUE(rig.run_until([&] { return called != 0; }));
    rig.run_for(30);
    EXPECT_EQ(called, 1);
  }
}

TEST(ClientEnd, DestroyedWhenACallWaitedTooLong) {
  ScriptedServer server([](Peer& peer) { peer.wait_for_close(); });
  ClientRig rig;
  int called = 0;
  HttpRequest request = request_to(server.url());
  request.limits.connections_max = 1;
  request.limits.queue_wait_max = DurationMs{30};
  for (int i = 0; i < 5; ++i) {
    rig.client->send(request, [&](const HttpAnswer&) {
      ++called;
      rig.client.reset();
    });
  }
  EXPECT_TRUE(rig.run_until([&] { return called != 0; }));
  rig.run_for(60);
  EXPECT_EQ(called, 1);
}

}  // namespace
}  // namespace settle::test
