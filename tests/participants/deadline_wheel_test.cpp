#include <gtest/gtest.h>

#include "deadline_wheel.hpp"

#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace settle::test {
namespace {

struct Probe final : DeadlineWheel::Timer {
  int fired = 0;
  std::function<void()> then;
  void expired() override {
    ++fired;
    if (then) then();
  }
};

TEST(DeadlineWheel, IsNeverEarlyAndAtMostATickLate) {
  std::mt19937 random(11);
  DeadlineWheel wheel;
  std::int64_t now_ms = 1'000'003;
  struct Expected {
    std::unique_ptr<Probe> probe = std::make_unique<Probe>();
    std::int64_t due_ms = 0;
  };
  std::vector<Expected> expected(500);
  for (auto& one : expected) {
    one.due_ms = now_ms + static_cast<std::int64_t>(random() % 40'000);  // more than two rounds of the wheel
    wheel.arm(*one.probe, now_ms, one.due_ms - now_ms);
  }
  while (wheel.armed() != 0) {
    now_ms += 1 + static_cast<std::int64_t>(random() % 30);
    wheel.advance(now_ms);
    for (const auto& one : expected) {
      if (now_ms < one.due_ms) {
        ASSERT_EQ(one.probe->fired, 0);
      }
      if (now_ms >= one.due_ms + DeadlineWheel::tick_ms) {
        ASSERT_EQ(one.probe->fired, 1);
      }
    }
  }
}

TEST(DeadlineWheel, CatchesUpAfterAPause) {
  DeadlineWheel wheel;
  Probe soon, later;
  wheel.arm(soon, 0, 100);
  wheel.arm(later, 0, 10'000'000);
  wheel.advance(5'000'000);
  EXPECT_EQ(soon.fired, 1);
  EXPECT_EQ(later.fired, 0);
  EXPECT_EQ(wheel.armed(), 1U);
}

TEST(DeadlineWheel, RearmingMovesAndDisarmingEnds) {
  DeadlineWheel wheel;
  Probe moved, dropped;
  wheel.arm(moved, 0, 50);
  wheel.arm(moved, 0, 500);
  wheel.arm(dropped, 0, 50);
  wheel.disarm(dropped);
  wheel.advance(400);
  EXPECT_EQ(moved.fired + dropped.fired, 0);
  wheel.advance(600);
  EXPECT_EQ(moved.fired, 1);
}

TEST(DeadlineWheel, WhatExpiresMayChangeTheWheel) {
  DeadlineWheel wheel;
  Probe first, again;
  auto neighbour = std::make_unique<Probe>();
  wheel.arm(first, 0, 50);
  wheel.arm(*neighbour, 0, 50);
  wheel.arm(again, 0, 50);
  first.then = [&] { neighbour.reset(); };
  again.then = [&] {
    if (again.fired == 1) wheel.arm(again, 64, 0);
  };
  wheel.advance(64);
  EXPECT_EQ(first.fired, 1);
  EXPECT_EQ(again.fired, 1);
  wheel.advance(200);
  EXPECT_EQ(again.fired, 2);
  EXPECT_EQ(wheel.armed(), 0U);
}

}  // namespace
}  // namespace settle::test
