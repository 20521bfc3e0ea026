#pragma once
// What an engine needs of the thread that it lives on: time, a wake-up, and a way back from other threads.
// Production gives it Asio and CLOCK_BOOTTIME; the tests give it virtual time (the third law).

#include <functional>

#include "settle/statemachine/ids.hpp"

namespace settle {

class Loop {
 public:
  virtual ~Loop() = default;
  // Engine time: never goes back, also over restarts (docs/architecture.md, "Time").
  virtual TimeMs now() const = 0;
  // The wall clock, for signatures only.
  virtual TimeMs wall() const = 0;
  // Asks that Engine::on_wake is called at or soon after `at`. A later call replaces an earlier one; 0:
  // never.
  virtual void wake_at(TimeMs at) = 0;
  // Runs `work` later on the engine's thread, in order. Any thread.
  virtual void post(std::function<void()> work) = 0;
};

}  // namespace settle
