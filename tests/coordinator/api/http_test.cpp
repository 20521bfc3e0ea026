// The server and clients that behave badly: each is answered as far as it can be, and disturbs nobody else.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>
#include <vector>

#include "daemon.hpp"
#include "raw_client.hpp"

namespace settle::test {
namespace {

using std::chrono::milliseconds;

struct Garbage {
  const char* what;
  std::string bytes;
  int status;
  const char* code;
};

std::vector<Garbage> garbage() {
  const std::string post =
      "POST /v1/purchases HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\n";
  return {
      {"noise", "\x01\x02\x03 nonsense\r\n\r\n", 400, "malformed_request"},
      {"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + "\r\n\r\n", 400,
       "malformed_request"},
      {"no version", "GET /healthz\r\n\r\n", 400, "malformed_request"},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "malformed_request"},
      {"no Host", "GET /healthz HTTP/1.1\r\n\r\n", 400, "malformed_request"},
      {"two Hosts", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "malformed_request"},
      {"two Hosts of an old client", "GET /healthz HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400,
       "malformed_request"},
      {"an absolute target", "GET http://x/healthz HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed_request"},
      {"a bad header", "GET /healthz HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400, "malformed_request"},
      {"a bad length", post + "Content-Length: many\r\n\r\n", 400, "malformed_request"},
      {"a negative length", post + "Content-Length: -1\r\n\r\n", 400, "malformed_request"},
      {"two lengths", post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, "malformed_request"},
      {"a length and chunks", post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
       "malformed_request"},
      {"another coding", post + "Transfer-Encoding: gzip\r\n\r\n", 400, "malformed_request"},
      {"a bad chunk", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "malformed_request"},
      {"too large a header", "GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + std::string(17000, 'x') + "\r\n\r\n",
       431, "header_too_large"},
      {"headers without end", "GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + std::string(20000, 'x'), 431,
       "header_too_large"},
      {"too long a target", "GET /" + std::string(17000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", 431,
       "header_too_large"},
      {"a body announced too large", post + "Content-Length: 65537\r\n\r\n", 413, "body_too_large"},
      {"a body announced beyond all bounds", post + "Content-Length: 18446744073709551615\r\n\r\n", 413,
       "body_too_large"},
      {"a chunk too large", post + "Transfer-Encoding: chunked\r\n\r\n10001\r\n" + std::string(0x10001, 'x'),
       413, "body_too_large"},
  };
}

TEST(Http, I4_GarbageIsAnsweredOnceAndTheConnectionCloses) {
  TestDaemon daemon;
  const std::uint64_t before = daemon.appends();
  for (const Garbage& bad : garbage()) {
    RawClient client(daemon.port());
    client.send(bad.bytes);
    const RawAnswer answer = client.read();
    EXPECT_EQ(answer.status, bad.status) << bad.what << ": " << answer.body;
    EXPECT_EQ(answer.code(), bad.code) << bad.what;
    EXPECT_EQ(answer.header("connection"), "close") << bad.what;
    client.half_close();
    EXPECT_TRUE(client.ended()) << bad.what;
  }
  EXPECT_EQ(daemon.appends(), before);
  EXPECT_EQ(request(daemon.port(), "GET", "/healthz").status, 200);
}

TEST(Http, PipelinedRequestsAreAnsweredInOrderAndGarbageAfterThemEndsIt) {
  TestDaemon daemon;
  RawClient client(daemon.port());
  client.send(request_text("GET", "/healthz") + request_text("GET", "/v1/nothing") +
              request_text("GET", "/version") + "garbage\r\n\r\n");
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(client.read().status, 404);
  EXPECT_EQ(client.read().json().value("name", ""), "settled");
  EXPECT_EQ(client.read().code(), "malformed_request");
  EXPECT_TRUE(client.ended());
}

TEST(Http, ManyPipelinedRequestsNeitherRecurseNorStall) {
  TestDaemon daemon;
  RawClient client(daemon.port());
  std::string all;
  for (int i = 0; i < 2000; ++i) all += request_text("GET", "/healthz");
  std::thread sender([&] { client.send(all); });
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(client.read().status, 200) << i;
  sender.join();
}

TEST(Http, RequestsMayArriveByteByByteWithinTheirTime) {
  TestDaemon daemon({}, HttpLimits{});
  RawClient client(daemon.port());
  const std::string text =
      request_text("POST", "/v1/purchases", good_order().dump(), "Idempotency-Key: slow\r\n");
  for (const char c : text) ASSERT_TRUE(client.send(std::string_view(&c, 1)));
  EXPECT_EQ(client.read().status, 202);
}

TEST(Http, ChunkedBodiesAndContinueAreUnderstood) {
  TestDaemon daemon;
  RawClient client(daemon.port());
  const std::string body = good_order().dump();
  client.send(
      "POST /v1/purchases HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: "
      "c\r\nExpect: 100-continue\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(client.read_line(), "HTTP/1.1 100 Continue");
  EXPECT_EQ(client.read_line(), "");
  client.send("5\r\n" + body.substr(0, 5) + "\r\n");
  char size[16];
  std::snprintf(size, sizeof size, "%zx", body.size() - 5);
  client.send(std::string(size) + ";ext=1\r\n" + body.substr(5) + "\r\n0\r\nTrailer: x\r\n\r\n");
  EXPECT_EQ(client.read().status, 202);
}

// Found by fuzzing: what stands behind a chunked body was taken for headers.
TEST(Http, I5_TrailersAreNoHeaders) {
  TestDaemon daemon;
  const std::string body = good_order().dump();
  char size[16];
  std::snprintf(size, sizeof size, "%zx", body.size());
  for (const bool at_once : {true, false}) {
    RawClient client(daemon.port());
    const std::string head =
        "POST /v1/purchases HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n";
    const std::string rest = std::string(size) + "\r\n" + body + "\r\n0\r\nIdempotency-Key: k\r\n\r\n";
    client.send(at_once ? head + rest : head);
    if (!at_once) client.send(rest);
    EXPECT_EQ(client.read().code(), "missing_idempotency_key");
  }
}

// Found by fuzzing: Beast 1.74 stopped the daemon by an assertion of its own.
TEST(Http, I19_AnEmptyChunkedBodyMayArriveInPieces) {
  TestDaemon daemon({}, HttpLimits{});
  for (const std::string first : {"", "0", "0\r", "0\r\n", "0\r\n\r"}) {
    RawClient client(daemon.port());
    client.send(
        "POST /v1/pause HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n" +
        first);
    for (const char c : std::string("0\r\n\r\n").substr(first.size())) {
      std::this_thread::sleep_for(milliseconds(10));
      client.send(std::string_view(&c, 1));
    }
    EXPECT_EQ(client.read().code(), "malformed_json") << first.size();
  }
  RawClient cut(daemon.port());
  cut.send("POST /v1/pause HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
  cut.half_close();
  EXPECT_EQ(cut.read().code(), "malformed_request");
}

TEST(Http, ASlowLorisIsCutOff) {
  TestDaemon daemon;
  RawClient headers(daemon.port()), body(daemon.port()), silent(daemon.port());
  headers.send("GET /healthz HTTP/1.1\r\nHost: x\r\n");
  body.send(
      "POST /v1/purchases HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
      "100\r\n\r\n{");
  // A byte now and then does not buy more time.
  for (int i = 0; i < 8; ++i) {
    headers.send("X");
    std::this_thread::sleep_for(milliseconds(50));
  }
  EXPECT_EQ(headers.read().code(), "request_timeout");
  EXPECT_EQ(body.read().code(), "request_timeout");
  EXPECT_EQ(silent.read().status, 0) << "who never said anything is told nothing";
  EXPECT_EQ(request(daemon.port(), "GET", "/healthz").status, 200);
}

// Asks for far more than the buffers between the two hold, and takes nothing of it.
class Glutton {
 public:
  explicit Glutton(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const int bytes = 4096;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    std::string all;
    for (int i = 0; i < 4000; ++i) all += request_text("GET", "/v1/definitions");
    for (std::size_t at = 0; at < all.size();) {
      const ssize_t sent = ::send(socket_, all.data() + at, all.size() - at, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent <= 0) break;  // the server reads no more, since it cannot write
      at += static_cast<std::size_t>(sent);
    }
  }
  ~Glutton() { ::close(socket_); }
  Glutton(const Glutton&) = delete;
  Glutton& operator=(const Glutton&) = delete;

 private:
  int socket_;
};

TEST(Http, AClientThatNeverReadsIsDropped) {
  HttpLimits limits = TestDaemon::quick_limits();
  limits.write_timeout = DurationMs{300};
  limits.idle_timeout = limits.header_timeout = DurationMs{60'000};
  TestDaemon daemon({}, limits);
  const auto connections = [&] { return daemon.ask([&] { return daemon.server->connections(); }); };
  const Glutton glutton(daemon.port());
  for (int i = 0; i < 100 && connections() == 0; ++i) std::this_thread::sleep_for(milliseconds(10));
  ASSERT_EQ(connections(), 1U);
  for (int i = 0; i < 200 && connections() > 0; ++i) std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(connections(), 0U) << "who does not read holds a connection for ever";
  EXPECT_EQ(request(daemon.port(), "GET", "/healthz").status, 200);
}

TEST(Http, AnIdleConnectionIsClosed) {
  HttpLimits limits = TestDaemon::quick_limits();
  limits.idle_timeout = DurationMs{100};
  TestDaemon daemon({}, limits);
  RawClient client(daemon.port());
  client.send(request_text("GET", "/healthz"));
  EXPECT_EQ(client.read().status, 200);
  EXPECT_TRUE(client.ended());
}

TEST(Http, AHalfClosedClientStillGetsItsAnswers) {
  TestDaemon daemon;
  RawClient client(daemon.port());
  client.send(request_text("POST", "/v1/purchases", good_order().dump(),
                           "Idempotency-Key: h\r\nPrefer: wait=10\r\n") +
              request_text("GET", "/healthz"));
  client.half_close();
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(client.read().status, 200);
  EXPECT_TRUE(client.ended());
}

TEST(Http, AHalfClosedHalfRequestIsRefusedAndStoresNothing) {
  TestDaemon daemon;
  const std::uint64_t before = daemon.appends();
  const std::string text =
      request_text("POST", "/v1/purchases", good_order().dump(), "Idempotency-Key: h\r\n");
  RawClient client(daemon.port());
  client.send(text.substr(0, text.size() - 1));
  client.half_close();
  EXPECT_EQ(client.read().code(), "malformed_request");
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(daemon.appends(), before);
}

TEST(Http, PastTheConnectionsThereAreOne503AndTheDoor) {
  HttpLimits limits = TestDaemon::quick_limits();
  limits.connections_max = 2;
  limits.header_timeout = DurationMs{10'000};
  TestDaemon daemon({}, limits);
  RawClient first(daemon.port()), second(daemon.port());
  first.send(request_text("GET", "/healthz"));
  second.send(request_text("GET", "/healthz"));
  EXPECT_EQ(first.read().status, 200);
  EXPECT_EQ(second.read().status, 200);
  RawClient third(daemon.port());
  const RawAnswer turned_away = third.read();
  EXPECT_EQ(turned_away.status, 503);
  EXPECT_EQ(turned_away.code(), "too_many_connections");
  EXPECT_EQ(turned_away.header("retry-after"), "1");
  third.half_close();
  EXPECT_TRUE(third.ended());
  first.send(request_text("GET", "/healthz"));
  EXPECT_EQ(first.read().status, 200) << "those who are in are not disturbed";
}

TEST(Http, ClientsThatGoAwayLeaveNothingBehind) {
  TestDaemon daemon({{"reserve:try", {0, ""}}});
  for (int i = 0; i < 20; ++i) {
    RawClient client(daemon.port());
    client.send(request_text("POST", "/v1/purchases", good_order().dump(),
                             "Idempotency-Key: gone-" + std::to_string(i) + "\r\nPrefer: wait=1\r\n"));
    client.reset();
  }
  std::uint32_t left = 1;
  for (int i = 0; i < 100 && left > 0; ++i) {
    std::this_thread::sleep_for(milliseconds(50));
    left = daemon.ask([&] { return daemon.server->connections(); });
  }
  EXPECT_EQ(left, 0U);
  EXPECT_EQ(request(daemon.port(), "GET", "/healthz").status, 200);
}

TEST(Http, HeadOptionsAndMethods) {
  TestDaemon daemon;
  const RawAnswer head = request(daemon.port(), "HEAD", "/version");
  EXPECT_EQ(head.status, 200);
  EXPECT_NE(head.header("content-length"), "0");
  const RawAnswer options = request(daemon.port(), "OPTIONS", "/v1/participants/x");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.header("allow"), "GET, HEAD, PUT, DELETE, OPTIONS");
  const RawAnswer refused = request(daemon.port(), "POST", "/healthz");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.header("allow"), "GET, HEAD, OPTIONS");
}

TEST(Http, OldClientsAreServedAndLetGo) {
  TestDaemon daemon;
  RawClient client(daemon.port());
  client.send("GET /healthz HTTP/1.0\r\n\r\n");
  const RawAnswer answer = client.read();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_TRUE(client.ended());
}

}  // namespace
}  // namespace settle::test
