#pragma once
// The daemon's loop in virtual time. Engine time runs as production's does (docs/architecture.md, "Time"):
// from the later of the wall clock and the last journalled time at start, then at the machine's own pace. The
// wall clock jumps, and the machine's pace drifts.

#include <deque>

#include "scheduler.hpp"
#include "settle/coordinator/loop.hpp"

namespace settle::sim {

class Clock final : public Loop {
 public:
  explicit Clock(Scheduler& time) : time_(time) {}

  TimeMs now() const override { return base_ + DurationMs{paced((time_.now() - started_).count)}; }
  TimeMs wall() const override { return time_.now() + wall_error; }
  void wake_at(TimeMs at) override { wake = at; }
  void post(std::function<void()> work) override { posted.push_back(std::move(work)); }

  // A process begins: its engine time is the wall clock's, or `last`, if that is later.
  void start() {
    started_ = time_.now();
    base_ = wall();
    wake = TimeMs{};
    posted.clear();
  }
  void not_before(TimeMs last) {
    if (now() < last) base_ = last, started_ = time_.now();
  }
  // When, in true time, the engine's clock shows `at` or more.
  TimeMs true_time_of(TimeMs at) const {
    if (at <= now()) return time_.now();
    const std::int64_t ahead = (at - base_).count;
    TimeMs when = started_ + DurationMs{ahead - ahead / 1'000'000 * drift_ppm};
    while (base_ + DurationMs{paced((when - started_).count)} < at) when = when + DurationMs{1};
    return when;
  }

  TimeMs wake;  // what the engine asked for last; 0: nothing
  std::deque<std::function<void()>> posted;
  DurationMs wall_error;       // the wall clock shows this much more than true time
  std::int64_t drift_ppm = 0;  // the machine's own pace, off by this many parts in a million

 private:
  std::int64_t paced(std::int64_t ms) const { return ms + ms * drift_ppm / 1'000'000; }
  Scheduler& time_;
  TimeMs started_{}, base_{};
};

}  // namespace settle::sim
