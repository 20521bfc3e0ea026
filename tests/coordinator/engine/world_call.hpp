#pragma once
// A call on its way through the world.

#include "world.hpp"

namespace settle::test {

inline constexpr DurationMs latency{3};  // each way

struct World::Call {
  HttpRequest request;
  std::function<void(HttpAnswer)> then;
  int generation = 0;
  PurchaseId purchase;
  std::string step, operation, callback, webhook_id;
  int shard = 0;
  int attempt = 0;
  std::uint64_t epoch = 0;
  bool left = false;
};

}  // namespace settle::test
