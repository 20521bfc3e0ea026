#pragma once
// What tests of gates have in common.

#include <gtest/gtest.h>

#include <algorithm>

#include "world.hpp"

namespace settle::test {

inline constexpr DurationMs second{1'000}, minute{60'000}, hour{3'600'000};

inline std::vector<PurchaseId> submit_many(World& world, int count, const std::string& prefix = "k") {
  std::vector<PurchaseId> ids;
  for (int i = 0; i < count; ++i)
    ids.push_back(world.submit(world.request(prefix + std::to_string(i)))[0]->purchase.id);
  return ids;
}

// When the calls of "STEP:OPERATION" left.
inline std::vector<TimeMs> calls(const World& world, const std::string& name) {
  std::vector<TimeMs> at;
  for (std::size_t i = 0; i < world.wire.size(); ++i)
    if (world.wire[i].rfind(name + ":", 0) == 0) at.push_back(world.sent_at[i]);
  return at;
}

inline int in_state(World& world, const std::vector<PurchaseId>& ids, PurchaseState state) {
  return static_cast<int>(std::count_if(
      ids.begin(), ids.end(), [&](const PurchaseId& id) { return world.show(id).purchase.state == state; }));
}

inline EndpointView endpoint(const World& world, const std::string& target, Operation operation) {
  for (const EndpointView& one : world.engine->endpoints())
    if (one.target == target && one.operation == operation) return one;
  return {};
}

inline void act(World& world, bool enable, const std::string& target, Operation operation) {
  bool done = false;
  const auto then = [&](const Result<Done>& result) {
    EXPECT_TRUE(result.ok());
    done = true;
  };
  if (enable)
    world.engine->enable_endpoint(target, operation, Act{"ann", "it is back"}, then);
  else
    world.engine->disable_endpoint(target, operation, Act{"ann", "it is down"}, then);
  while (!done && world.step()) {
  }
}

// Changes a registration, and waits until it is in force.
template <class Change>
void change_participant(World& world, const std::string& name, const Change& change) {
  Participant participant = *world.engine->registry().participant(name);
  change(participant);
  bool done = false;
  world.engine->put_participant(std::move(participant), [&](const auto& put) { done = put.ok(); });
  while (!done && world.step()) {
  }
  ASSERT_TRUE(done);
}

template <class Change>
void change_merchant(World& world, const Change& change) {
  Merchant merchant = *world.engine->registry().merchant("m-1");
  change(merchant);
  bool done = false;
  world.engine->put_merchant(std::move(merchant), [&](const auto& put) { done = put.ok(); });
  while (!done && world.step()) {
  }
  ASSERT_TRUE(done);
}

}  // namespace settle::test
