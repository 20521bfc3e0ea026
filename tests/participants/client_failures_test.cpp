// Every way in which an answer can fail to come has its own Cause, and ends in exactly one callback.

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client_rig.hpp"
#include "scripted_server.hpp"

namespace settle::test {
namespace {

struct Failure {
  const char* name;
  std::function<void(Peer&)> script;
  Cause cause;
};

void after_request(Peer& peer, std::string_view bytes) {
  peer.read_request();
  peer.send(bytes);
}

// Sends and keeps the connection open, so that only the bytes decide.
std::function<void(Peer&)> says(std::string bytes) {
  return [bytes = std::move(bytes)](Peer& peer) {
    after_request(peer, bytes);
    peer.wait_for_close();
  };
}

std::function<void(Peer&)> says_and_closes(std::string bytes) {
  return [bytes = std::move(bytes)](Peer& peer) { after_request(peer, bytes); };
}

std::function<void(Peer&)> says_and_resets(std::string bytes) {
  return [bytes = std::move(bytes)](Peer& peer) {
    after_request(peer, bytes);
    peer.reset();
  };
}

const std::string ok_head = "HTTP/1.1 200 OK\r\n";

std::string endless(const std::string& one, std::size_t bytes) {
  std::string all;
  while (all.size() < bytes) all += one;
  return all;
}

const Failure failures[] = {
    {"never answers", says(""), Cause::answer_timeout},
    {"stops in the head", says(ok_head + "Content-Le"), Cause::answer_timeout},
    {"stops in the body", says(ok_head + "Content-Length: 10\r\n\r\n12345"), Cause::answer_timeout},
    {"wrong length, too long", says(ok_head + "Content-Length: 3\r\n\r\n{}"), Cause::answer_timeout},
    {"drips",
     [](Peer& peer) {
       peer.read_request();
       const std::string answer = ok_head + "Content-Length: 200\r\n\r\n" + std::string(200, ' ');
       for (const char c : answer) {
         if (!peer.send({&c, 1})) return;
         peer.pause_ms(10);
       }
     },
     Cause::answer_timeout},
    {"only promises", says("HTTP/1.1 102 Processing\r\n\r\n"), Cause::answer_timeout},
    {"closes at once", [](Peer&) {}, Cause::reset},
    {"closes before the answer", says_and_closes(""), Cause::reset},
    {"half-closes before the answer",
     [](Peer& peer) {
       peer.read_request();
       peer.half_close();
       peer.wait_for_close();
     },
     Cause::reset},
    {"closes in the status line", says_and_closes("HTTP/1.1 2"), Cause::reset},
    {"closes in the head", says_and_closes(ok_head + "Content-Length: 10\r\n"), Cause::reset},
    {"closes in the body", says_and_closes(ok_head + "Content-Length: 10\r\n\r\n12345"), Cause::reset},
    {"closes in a chunk", says_and_closes(ok_head + "Transfer-Encoding: chunked\r\n\r\n5\r\n123"),
     Cause::reset},
    {"closes before the last chunk",
     says_and_closes(ok_head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"), Cause::reset},
    {"resets at once", [](Peer& peer) { peer.reset(); }, Cause::reset},
    {"resets before the answer", says_and_resets(""), Cause::reset},
    {"resets in the head", says_and_resets(ok_head + "Content-Length: 10\r\n"), Cause::reset},
    {"resets in the body", says_and_resets(ok_head + "Content-Length: 10\r\n\r\n12345"), Cause::reset},
    {"garbage", says("this is not HTTP\r\n\r\n"), Cause::format},
    {"binary garbage", says(endless(std::string("\x16\x03\x01\x00\x7f", 5), 64)), Cause::format},
    {"another version", says("HTTP/2.0 200 OK\r\n\r\n"), Cause::format},
    {"a length that is none", says(ok_head + "Content-Length: abc\r\n\r\n"), Cause::format},
    {"a negative length", says(ok_head + "Content-Length: -1\r\n\r\n"), Cause::format},
    {"two lengths", says(ok_head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} "), Cause::format},
    {"length and chunks",
     says(ok_head + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
     Cause::format},
    {"a bad chunk", says(ok_head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"), Cause::format},
    {"a header without end", says(ok_head + "X: " + std::string(40'000, 'x')), Cause::format},
    {"too many headers", says(ok_head + endless("X: y\r\n", 40'000) + "\r\n"), Cause::format},
    {"a line folded for ever", says(ok_head + "X: y" + endless("\r\n z", 40'000)), Cause::format},
    {"too long a body", says(ok_head + "Content-Length: 65537\r\n\r\n" + std::string(65'537, ' ')),
     Cause::format},
    {"a body without end in sight", says(ok_head + "Content-Length: 99999999999999\r\n\r\n"), Cause::format},
    {"too long a chunk", says(ok_head + "Transfer-Encoding: chunked\r\n\r\nffffffff\r\n"), Cause::format},
    {"too many chunks",
     says(ok_head + "Transfer-Encoding: chunked\r\n\r\n" +
          endless("1000\r\n" + std::string(4096, ' ') + "\r\n", 90'000)),
     Cause::format},
    {"a chunk extension without end",
     says(ok_head + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(40'000, 'x')), Cause::format},
    {"too long a body, until the end", says_and_closes(ok_head + "\r\n" + std::string(70'000, ' ')),
     Cause::format},
    {"promises for ever", says(endless("HTTP/1.1 102 Processing\r\n\r\n", 500)), Cause::format},
    {"an upgrade", says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), Cause::format},
};

TEST(ClientFailures, EachHasItsCause) {
  for (const Failure& failure : failures) {
    SCOPED_TRACE(failure.name);
    ScriptedServer server(failure.script);
    ClientRig rig;
    HttpRequest request = request_to(server.url());
    if (failure.cause == Cause::answer_timeout) request.answer_timeout = DurationMs{150};
    const HttpAnswer answer = rig.call(request);
    EXPECT_EQ(answer.failure, failure.cause) << name_of(answer.failure) << ": " << answer.failure_detail;
    EXPECT_NE(answer.failure_detail.find(std::to_string(server.port())), std::string::npos)
        << answer.failure_detail;
    EXPECT_EQ(rig.client->figures().failures[static_cast<std::size_t>(failure.cause)], 1U);
    EXPECT_EQ(rig.client->connections("group"), 0U);
    if (failure.cause == Cause::answer_timeout) {
      EXPECT_GE(answer.took_ms, 150U);
    }
  }
}

TEST(ClientFailures, ARefusedConnection) {
  LoopbackSocket closed(-1);
  ClientRig rig;
  const HttpAnswer answer = rig.call(request_to("http://127.0.0.1:" + std::to_string(closed.port)));
  EXPECT_EQ(answer.failure, Cause::refused) << answer.failure_detail;
  EXPECT_EQ(rig.client->figures().sent, 0U);
}

// A listener whose queue is full answers no SYN.
TEST(ClientFailures, AConnectionThatNobodyAccepts) {
  LoopbackSocket full(0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(full.port);
  std::vector<int> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    (void)::connect(fillers.back(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  ClientRig rig;
  HttpRequest request = request_to("http://127.0.0.1:" + std::to_string(full.port));
  request.limits.connect_timeout = DurationMs{100};
  const HttpAnswer answer = rig.call(request);
  EXPECT_EQ(answer.failure, Cause::connect_timeout) << answer.failure_detail;
  EXPECT_GE(answer.took_ms, 100U);
  for (const int filler : fillers) ::close(filler);
}

TEST(ClientFailures, ANameThatIsNone) {
  ClientRig rig;
  const HttpAnswer answer = rig.call(request_to("http://" + std::string(70, 'x') + ".invalid/"));
  EXPECT_EQ(answer.failure, Cause::dns) << answer.failure_detail;
}

TEST(ClientFailures, AUrlOrHeaderThatCannotBeSent) {
  ClientRig rig;
  EXPECT_EQ(rig.call(request_to("ftp://127.0.0.1/")).failure, Cause::format);
  HttpRequest none = request_to("http://127.0.0.1/");
  none.urls.clear();
  EXPECT_EQ(rig.call(none).failure, Cause::format);
  HttpRequest split = request_to("http://127.0.0.1/");
  split.headers.emplace_back("X", "a\r\nY: b");
  EXPECT_EQ(rig.call(split).failure, Cause::format);
}

}  // namespace
}  // namespace settle::test
