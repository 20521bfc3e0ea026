#pragma once
// True time: what the world's clocks show wrongly, each in its way. Events at one time run in the order in
// which they were scheduled.

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "settle/statemachine/ids.hpp"

namespace settle::sim {

class Scheduler {
 public:
  TimeMs now() const { return now_; }
  void at(TimeMs when, std::function<void()> work) {
    events_.push({when < now_ ? now_ : when, ++number_, std::move(work)});
  }
  void after(DurationMs wait, std::function<void()> work) { at(now_ + wait, std::move(work)); }
  bool idle() const { return events_.empty(); }
  TimeMs next() const { return events_.top().when; }
  void step() {
    const std::function<void()> work = events_.top().work;
    now_ = events_.top().when;
    events_.pop();
    work();
  }

 private:
  struct Scheduled {
    TimeMs when;
    std::uint64_t number = 0;
    std::function<void()> work;
    bool operator<(const Scheduled& other) const {
      return other.when < when || (other.when == when && other.number < number);
    }
  };
  TimeMs now_{1'700'000'000'000};
  std::uint64_t number_ = 0;
  std::priority_queue<Scheduled> events_;
};

}  // namespace settle::sim
