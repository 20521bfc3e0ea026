// Thousands of calls against a server that does everything wrong at random: each ends exactly once.

#include <gtest/gtest.h>

#include <random>

#include "client_rig.hpp"
#include "scripted_server.hpp"

namespace settle::test {
namespace {

void misbehave(Peer& peer) {
  std::mt19937 random(static_cast<unsigned>(peer.number()));
  for (std::string request = peer.read_request(); !request.empty(); request = peer.read_request()) {
    const std::string body = request.substr(request.find("\r\n\r\n") + 4);
    switch (random() % 12) {
      case 0:
        return;
      case 1:
        return peer.reset();
      case 2:
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + body);
        return;
      case 3:
        peer.send("nonsense\r\n\r\n");
        break;
      case 4: {
        const std::string twice = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
        std::string both = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
        both.append(body).append(twice).append("again");
        peer.send(both);
        break;
      }
      case 5:
        peer.answer(200, body);
        return;
      case 6:
        peer.answer(200, body, "Connection: close\r\n");
        break;
      case 7:
        peer.pause_ms(130);
        [[fallthrough]];
      default:
        peer.answer(200, body);
    }
  }
}

TEST(ClientStorm, EachCallEndsOnceAndNeverWithAnothersAnswer) {
  ScriptedServer server(misbehave);
  ClientRig rig;
  constexpr std::size_t calls = 1'200;
  std::vector<int> ended(calls, 0);
  std::size_t count = 0;
  std::size_t good = 0;
  for (std::size_t i = 0; i < calls; ++i) {
    HttpRequest request = request_to(server.url(), std::to_string(i));
    request.limits.connections_max = 8;
    request.answer_timeout = DurationMs{100};
    rig.client->send(request, [&, i](const HttpAnswer& answer) {
      ++ended[i];
      ++count;
      if (answer.failure != Cause::none) return;
      ++good;
      EXPECT_EQ(answer.body, std::to_string(i));
    });
  }
  EXPECT_TRUE(rig.run_until([&] { return count >= calls; }, 120'000));
  rig.run_for(50);
  for (const int times : ended) EXPECT_EQ(times, 1);
  EXPECT_GT(good, 0U);
  EXPECT_LE(rig.client->connections("group"), 8U);
}

}  // namespace
}  // namespace settle::test
