#pragma once
// The documents' failures of a call, and how often each kind is the reason: 50 % network, 20 % interface,
// 20 % timeout, 10 % business logic.

#include "random.hpp"
#include "settle/participants/http_client.hpp"

namespace settle::scenarios {

enum class Failure : std::uint8_t {
  dns,
  refused,
  reset,
  connect_timeout,  // network, to here
  server_error,
  wrong_body,  // interface: an answer, but not the one agreed on
  timeout,
  business,  // refused for now
};

Failure draw_failure(sim::Random& random);
// Whether the receiver may have worked on what it did not acknowledge.
bool may_have_happened(Failure failure);
// What the caller's client makes of it, and how long that takes.
HttpAnswer failed_answer(Failure failure);
DurationMs failed_after(Failure failure, const HttpRequest& request, sim::Random& random);

}  // namespace settle::scenarios
