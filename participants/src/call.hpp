#pragma once
// One request on its way through the client: waiting in a group's queue, or carried by a connection.

#include <functional>
#include <list>
#include <memory>

#include "deadline_wheel.hpp"
#include "settle/participants/http_client.hpp"
#include "settle/participants/url.hpp"

namespace settle {

class ClientCore;
struct Group;
struct Call;
using CallPtr = std::unique_ptr<Call>;

struct Call final : DeadlineWheel::Timer {
  HttpRequest request;
  std::function<void(HttpAnswer)> then;
  std::int64_t started_ms = 0;
  std::int64_t leave_by_ms = 0;  // queue_wait_max after it came
  std::vector<Url> urls;         // views into request.urls
  std::uint32_t tried = 0;       // bit i: no connection to urls[i] could be made
  std::size_t url_at = 0;        // the one it is being sent to
  std::size_t reached = 0;       // 1 + the last that a connection was used or begun to; 0: none

  ClientCore* core = nullptr;  // while it waits
  Group* group = nullptr;
  std::list<CallPtr>::iterator place;

 private:
  void expired() override;  // it waited too long
};

}  // namespace settle
