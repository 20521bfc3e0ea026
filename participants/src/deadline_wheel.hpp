#pragma once
// All deadlines of a client in one hashed wheel: arming and disarming are a few pointer writes, so that a
// deadline per call costs nothing that shows. Pure: it is told the time.

#include <array>
#include <cstddef>
#include <cstdint>

namespace settle {

class DeadlineWheel {
 public:
  // What can be armed: a base class, in one wheel at a time. Disarms itself when it goes.
  class Timer {
   public:
    Timer() = default;
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    virtual ~Timer();
    bool is_armed() const { return wheel_ != nullptr; }

   protected:
    // Called disarmed; may arm, disarm or destroy any timer of the wheel, itself included.
    virtual void expired() = 0;

   private:
    friend class DeadlineWheel;
    Timer* before_ = nullptr;
    Timer* after_ = nullptr;
    DeadlineWheel* wheel_ = nullptr;
    std::uint64_t tick_ = 0;
  };

  static constexpr std::int64_t tick_ms = 16;

  DeadlineWheel();
  // Expires at the first tick that is not before now_ms + after_ms. Arming an armed timer moves it.
  void arm(Timer& timer, std::int64_t now_ms, std::int64_t after_ms);
  void disarm(Timer& timer);
  // Expires what is due.
  void advance(std::int64_t now_ms);
  std::size_t armed() const { return armed_; }

 private:
  static constexpr std::size_t slot_count = 1024;

  // The head of a ring of timers.
  struct Ring final : Timer {
    Ring() { before_ = after_ = this; }
    void expired() override {}
    using Timer::after_;
    using Timer::before_;
  };
  static void link(Ring& ring, Timer& timer);
  static void unlink(Timer& timer);
  void collect_due(Ring& slot, std::uint64_t tick, Ring& due);

  std::array<Ring, slot_count> slots_;
  std::uint64_t done_tick_ = 0;  // everything up to it has expired
  std::size_t armed_ = 0;
};

}  // namespace settle
