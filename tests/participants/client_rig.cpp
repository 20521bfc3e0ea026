#include "client_rig.hpp"

#include <gtest/gtest.h>

namespace settle::test {

HttpRequest request_to(const std::string& url, const std::string& body) {
  HttpRequest request;
  request.group = "group";
  request.urls = {url};
  request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", "p:s:try"}};
  request.body = body;
  request.answer_timeout = DurationMs{3'000};
  request.limits.connect_timeout = DurationMs{3'000};
  return request;
}

ClientRig::ClientRig(ClientOptions options) : io(1), client(std::make_unique<BeastClient>(io, options)) {}

bool ClientRig::run_until(const std::function<bool()>& ready, int within_ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(within_ms);
  while (!ready()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    io.restart();
    if (io.run_one_for(std::chrono::milliseconds(5)) == 0 && io.stopped()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  return true;
}

void ClientRig::run_for(int ms) {
  run_until([] { return false; }, ms);
}

HttpAnswer ClientRig::call(HttpRequest request) {
  HttpAnswer got;
  int times = 0;
  bool within_send = true;
  client->send(std::move(request), [&](HttpAnswer answer) {
    EXPECT_FALSE(within_send) << "called back from within send";
    got = std::move(answer);
    ++times;
  });
  within_send = false;
  EXPECT_TRUE(run_until([&] { return times != 0; })) << "no answer";
  run_for(20);
  EXPECT_EQ(times, 1) << "called back more than once";
  return got;
}

std::vector<HttpAnswer> ClientRig::call_all(const HttpRequest& request, std::size_t count) {
  std::vector<HttpAnswer> answers;
  for (std::size_t i = 0; i < count; ++i) {
    client->send(request, [&answers](HttpAnswer answer) { answers.push_back(std::move(answer)); });
  }
  EXPECT_TRUE(run_until([&] { return answers.size() >= count; }, 20'000));
  run_for(20);
  EXPECT_EQ(answers.size(), count);
  return answers;
}

}  // namespace settle::test
