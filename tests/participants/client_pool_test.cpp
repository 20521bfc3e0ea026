// Answers of every shape, and connections that are kept, left and never mistaken.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "client_rig.hpp"
#include "scripted_server.hpp"

namespace settle::test {
namespace {

TEST(ClientAnswers, BringWhatTheProtocolNeeds) {
  std::string seen;
  ScriptedServer server([&seen](Peer& peer) {
    seen = peer.read_request();
    peer.answer(503, "{\"code\":\"busy\"}",
                "Retry-After: 7\r\ncontent-digest: sha-256=:x:\r\nContent-Type: a/b\r\nContent-Digest: "
                "sha-512=:y:\r\n");
  });
  ClientRig rig;
  const HttpAnswer answer = rig.call(request_to(server.url("/base/try?x=1"), "{\"a\":1}"));
  EXPECT_EQ(answer.failure, Cause::none);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "{\"code\":\"busy\"}");
  EXPECT_EQ(answer.retry_after, "7");
  EXPECT_EQ(answer.content_type, "a/b");
  EXPECT_EQ(answer.content_digest, "sha-256=:x:, sha-512=:y:");
  EXPECT_EQ(seen, "POST /base/try?x=1 HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                      "\r\nContent-Length: 7\r\nContent-Type: application/json\r\nIdempotency-Key: "
                      "p:s:try\r\n\r\n{\"a\":1}");
}

TEST(ClientAnswers, ComeInEveryShape) {
  const std::pair<std::string, std::string> shapes[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "{}"},
      {"HTTP/1.1 204 No Content\r\n\r\n", ""},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\nContent-Digest: "
       "trailer\r\n\r\n",
       "{}"},
      {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "{}"},
      {"HTTP/1.1 200 OK\r\n\r\n{}", "{}"},  // ends with the connection
      {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", "{}"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n" + std::string(65'536, ' '),
       std::string(65'536, ' ')},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(15'000, 'x') + "\r\nContent-Length: 2\r\n\r\n{}", "{}"},
  };
  for (const auto& [text, body] : shapes) {
    for (const std::size_t piece : {text.size(), std::size_t{1'000}, std::size_t{1}}) {
      if (text.size() / piece > 300) continue;
      ScriptedServer server([&, &text = text](Peer& peer) {
        peer.read_request();
        for (std::size_t at = 0; at < text.size(); at += piece) {
          peer.send(std::string_view(text).substr(at, piece));
          if (piece < text.size()) std::this_thread::sleep_for(std::chrono::microseconds(100));
        }
      });
      ClientRig rig;
      const HttpAnswer answer = rig.call(request_to(server.url()));
      EXPECT_EQ(answer.failure, Cause::none) << answer.failure_detail << "\n" << text.substr(0, 80);
      EXPECT_EQ(answer.body, body);
      EXPECT_EQ(answer.content_digest, "");
    }
  }
}

TEST(ClientAnswers, ToALargeRequestThatTheServerReadsSlowly) {
  ScriptedServer server([](Peer& peer) {
    peer.pause_ms(100);
    const std::string request = peer.read_request();
    peer.answer(200, std::to_string(request.size()));
  });
  ClientRig rig;
  const HttpAnswer answer = rig.call(request_to(server.url(), std::string(8 << 20, 'x')));
  EXPECT_EQ(answer.failure, Cause::none) << answer.failure_detail;
  EXPECT_GT(std::stoul(answer.body), std::size_t{8} << 20);
}

TEST(ClientPool, KeepsAConnectionForTheNextCall) {
  ScriptedServer server(echo);
  ClientRig rig;
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(rig.call(request_to(server.url(), std::to_string(i))).body, std::to_string(i));
  EXPECT_EQ(server.accepted(), 1U);
  EXPECT_EQ(rig.client->figures().sent, 5U);
  EXPECT_EQ(rig.client->figures().opened, 1U);
  EXPECT_EQ(rig.client->figures().reused, 4U);
  EXPECT_EQ(rig.client->connections("group"), 1U);
}

TEST(ClientPool, SharesNoConnectionBetweenGroups) {
  ScriptedServer server(echo);
  ClientRig rig;
  HttpRequest other = request_to(server.url());
  other.group = "other";
  rig.call(request_to(server.url()));
  rig.call(other);
  EXPECT_EQ(server.accepted(), 2U);
}

TEST(ClientPool, LeavesAConnectionThatTheServerWillClose) {
  ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.answer(200, "{}", "Connection: close\r\n");
    peer.wait_for_close();
  });
  ClientRig rig;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.call(request_to(server.url())).status, 200);
  EXPECT_EQ(server.accepted(), 3U);
  EXPECT_EQ(rig.client->figures().reused, 0U);
}

TEST(ClientPool, NoticesThatTheServerClosed) {
  ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.answer(200, "{}");
  });
  ClientRig rig;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(rig.call(request_to(server.url())).failure, Cause::none);
    EXPECT_TRUE(rig.run_until([&] { return rig.client->connections("group") == 0; }));
  }
  EXPECT_EQ(rig.client->figures().reused, 0U);
}

// A server that answers twice must not answer the next call with what it said about this one.
TEST(ClientPool, NeverTakesASecondAnswerForTheNextCalls) {
  for (const int pause_ms : {0, 1, 30}) {
    ScriptedServer server([pause_ms](Peer& peer) {
      for (int i = 0;; ++i) {
        const std::string request = peer.read_request();
        if (request.empty()) return;
        const std::string body = request.substr(request.find("\r\n\r\n") + 4);
        peer.answer(200, body);
        if (pause_ms != 0) peer.pause_ms(pause_ms);
        peer.answer(200, "again");
      }
    });
    ClientRig rig;
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(rig.call(request_to(server.url(), std::to_string(i))).body, std::to_string(i));
      rig.run_for(40);
    }
    EXPECT_EQ(rig.client->figures().reused, 0U);
  }
}

// The loop is busy elsewhere while the bytes arrive: only a look at the socket itself can tell.
TEST(ClientPool, LooksAtASocketBeforeItIsReused) {
  std::atomic<bool> answered{false};
  std::atomic<bool> sent{false};
  ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    peer.answer(200, "{}");
    if (peer.number() != 0) return peer.wait_for_close();
    while (!answered) std::this_thread::yield();
    peer.answer(200, "stale");
    sent = true;
    peer.wait_for_close();
  });
  ClientRig rig;
  std::string second;
  rig.client->send(request_to(server.url()), [&](const HttpAnswer&) {
    answered = true;
    while (!sent) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    rig.client->send(request_to(server.url()), [&](const HttpAnswer& answer) { second = answer.body; });
  });
  EXPECT_TRUE(rig.run_until([&] { return !second.empty(); }));
  EXPECT_EQ(second, "{}");
}

TEST(ClientPool, ClosesWhatIsIdleForTooLong) {
  ScriptedServer server(echo);
  ClientOptions options;
  options.idle_max = DurationMs{60};
  ClientRig rig(options);
  EXPECT_EQ(rig.call(request_to(server.url())).status, 200);
  EXPECT_EQ(rig.client->connections("group"), 1U);
  EXPECT_TRUE(rig.run_until([&] { return rig.client->connections("group") == 0; }, 2'000));
}

}  // namespace
}  // namespace settle::test
