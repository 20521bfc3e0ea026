#pragma once
// The Loop of production: Asio, and engine time from CLOCK_BOOTTIME, which goes on while the machine sleeps
// and which nobody can set. The wall clock is read once, at start; later jumps of it move no deadline, and
// are alerted.

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "settle/coordinator/loop.hpp"

namespace settle {

// Everything but post() on the thread that runs the io_context. The timers end with the loop.
class AsioLoop : public Loop {
 public:
  explicit AsioLoop(boost::asio::io_context& io);
  AsioLoop(const AsioLoop&) = delete;
  AsioLoop& operator=(const AsioLoop&) = delete;

  // What wake_at leads to. Set before the first wake_at.
  void on_wake(std::function<void()> wake) { wake_ = std::move(wake); }
  // Engine time is at least this from now on: the last journalled time, once recovery knows it.
  void not_before(TimeMs at);

  TimeMs now() const override;
  TimeMs wall() const override;
  void wake_at(TimeMs at) override;
  void post(std::function<void()> work) override;

  // Engine time minus wall clock, beyond which it is alerted.
  static constexpr DurationMs divergence_max{60'000};

 private:
  void arm();
  void on_timer();
  void watch_divergence();

  boost::asio::io_context& io_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer watch_;
  std::function<void()> wake_;
  std::int64_t offset_ = 0;  // engine time minus CLOCK_BOOTTIME
  TimeMs wanted_;            // what was asked for; 0: nothing
  TimeMs armed_;             // what the timer waits for; 0: it does not run
  bool diverged_ = false;
};

}  // namespace settle
