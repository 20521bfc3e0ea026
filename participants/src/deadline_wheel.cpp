#include "deadline_wheel.hpp"

#include <algorithm>

namespace settle {

DeadlineWheel::Timer::~Timer() {
  if (wheel_ != nullptr) wheel_->disarm(*this);
}

DeadlineWheel::DeadlineWheel() = default;

void DeadlineWheel::link(Ring& ring, Timer& timer) {
  timer.before_ = ring.before_;
  timer.after_ = &ring;
  ring.before_->after_ = &timer;
  ring.before_ = &timer;
}

void DeadlineWheel::unlink(Timer& timer) {
  timer.before_->after_ = timer.after_;
  timer.after_->before_ = timer.before_;
}

void DeadlineWheel::arm(Timer& timer, std::int64_t now_ms, std::int64_t after_ms) {
  disarm(timer);
  // An empty wheel stood still; there is nothing to catch up with.
  if (armed_ == 0) done_tick_ = static_cast<std::uint64_t>(now_ms / tick_ms);
  const std::int64_t due_ms = now_ms + std::max<std::int64_t>(after_ms, 0);
  timer.tick_ = std::max(static_cast<std::uint64_t>((due_ms + tick_ms - 1) / tick_ms), done_tick_ + 1);
  timer.wheel_ = this;
  ++armed_;
  link(slots_[timer.tick_ % slot_count], timer);
}

void DeadlineWheel::disarm(Timer& timer) {
  if (timer.wheel_ == nullptr) return;
  unlink(timer);
  timer.wheel_ = nullptr;
  --armed_;
}

void DeadlineWheel::collect_due(Ring& slot, std::uint64_t tick, Ring& due) {
  for (Timer* timer = slot.after_; timer != &slot;) {
    Timer* const next = timer->after_;
    if (timer->tick_ <= tick) {
      unlink(*timer);
      link(due, *timer);
    }
    timer = next;
  }
}

void DeadlineWheel::advance(std::int64_t now_ms) {
  const auto now_tick = static_cast<std::uint64_t>(now_ms / tick_ms);
  if (now_tick <= done_tick_) return;
  Ring due;
  const std::uint64_t slots_due = std::min<std::uint64_t>(now_tick - done_tick_, slot_count);
  for (std::uint64_t i = 0; i < slots_due; ++i)
    collect_due(slots_[(now_tick - i) % slot_count], now_tick, due);
  done_tick_ = now_tick;
  // One by one from the front: what expires may disarm the others.
  while (due.after_ != &due) {
    Timer& timer = *due.after_;
    disarm(timer);
    timer.expired();
  }
}

}  // namespace settle
