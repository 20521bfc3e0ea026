#pragma once
// A BeastClient on a loop that a test turns by hand.

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "settle/participants/beast_client.hpp"

namespace settle::test {

// A call to `url` with times that a test can wait for.
HttpRequest request_to(const std::string& url, const std::string& body = "{}");

struct ClientRig {
  explicit ClientRig(ClientOptions options = {});

  // Turns the loop until `ready`; false: not within the time.
  bool run_until(const std::function<bool()>& ready, int within_ms = 10'000);
  void run_for(int ms);
  // Sends, and waits for the answer.
  HttpAnswer call(HttpRequest request);
  // Sends `count` of them at once, and waits for all.
  std::vector<HttpAnswer> call_all(const HttpRequest& request, std::size_t count);

  boost::asio::io_context io;
  std::unique_ptr<BeastClient> client;
};

}  // namespace settle::test
