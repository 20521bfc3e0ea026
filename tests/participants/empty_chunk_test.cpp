// A bug that fuzzing found: Beast 1.74 stops the process by an assertion of its own when an empty chunked
// body arrives cut behind its "0\r\n". One participant's answer in two TCP segments took the daemon down
// (I19).

#include <gtest/gtest.h>

#include "answer_parser.hpp"
#include "client_rig.hpp"
#include "scripted_server.hpp"

namespace settle::test {
namespace {

const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST(EmptyChunk, I19_AnEmptyChunkedAnswerMayArriveInPieces) {
  for (const std::string first : {"0", "0\r", "0\r\n", "0\r\n\r"}) {
    const std::string second = std::string("0\r\n\r\n").substr(first.size());
    ScriptedServer server([&](Peer& peer) {
      peer.read_request();
      peer.send(head + first);
      peer.pause_ms(30);
      for (const char c : second) peer.send(std::string(1, c)), peer.pause_ms(5);
      peer.wait_for_close();
    });
    ClientRig rig;
    const HttpAnswer answer = rig.call(request_to(server.url()));
    EXPECT_EQ(answer.failure, Cause::none) << first.size() << ": " << answer.failure_detail;
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "");
  }
}

TEST(EmptyChunk, I7_OneThatIsCutShortIsABrokenAnswer) {
  ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    peer.send(head + "0\r\n");
  });
  ClientRig rig;
  EXPECT_EQ(rig.call(request_to(server.url())).failure, Cause::reset);
}

// Every way of cutting it in three, with and without a trailer.
TEST(EmptyChunk, HoweverItIsCut) {
  for (const std::string body : {"0\r\n\r\n", "0;x=y\r\n\r\n", "0\r\nT: u\r\n\r\n", "1\r\na\r\n0\r\n\r\n"}) {
    const std::string text = head + body;
    for (std::size_t first = head.size(); first <= text.size(); ++first) {
      for (std::size_t second = first; second <= text.size(); ++second) {
        AnswerParser parser;
        AnswerParser::State state = AnswerParser::State::more;
        std::size_t taken = 0;
        for (const std::size_t end : {first, second, text.size()}) {
          for (std::size_t used = 1; used > 0 && taken < end && state == AnswerParser::State::more;) {
            state = parser.feed(std::string_view(text).substr(taken, end - taken), used);
            taken += used;
          }
        }
        ASSERT_EQ(state, AnswerParser::State::done) << body << first << ' ' << second;
        ASSERT_EQ(taken, text.size());
      }
    }
  }
}

}  // namespace
}  // namespace settle::test
