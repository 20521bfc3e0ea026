#pragma once
// The Loop of production: Asio, and engine time from CLOCK_BOOTTIME, which goes on while the machine sleeps
// and which nobody can set. The wall clock is read once, at start; later jumps of it move no deadline; they
// are alerted and told to the engine, which journals them.

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "settle/coordinator/loop.hpp"

namespace settle {

// Everything but post() on the thread that runs the io_context. The timers end with the loop.
class AsioLoop : public Loop {
 public:
  // `wall` and `watch_every` are for tests that set the clock.
  explicit AsioLoop(boost::asio::io_context& io, std::function<TimeMs()> wall = system_wall,
                    DurationMs watch_every = DurationMs{10'000});
  AsioLoop(const AsioLoop&) = delete;
  AsioLoop& operator=(const AsioLoop&) = delete;

  // What wake_at leads to. Set before the first wake_at.
  void on_wake(std::function<void()> wake) { wake_ = std::move(wake); }
  // Told when engine time and wall clock have come apart, once each time: engine time minus wall clock. Set
  // before the io_context runs.
  void on_divergence(std::function<void(DurationMs)> tell) { tell_divergence_ = std::move(tell); }
  // Engine time is at least this from now on: the last journalled time, once recovery knows it.
  void not_before(TimeMs at);

  TimeMs now() const override;
  TimeMs wall() const override;
  void wake_at(TimeMs at) override;
  void post(std::function<void()> work) override;

  static TimeMs system_wall();
  // Engine time minus wall clock, beyond which it is alerted and journalled.
  static constexpr DurationMs divergence_max{60'000};

 private:
  void arm();
  void on_timer();
  void watch_divergence();

  boost::asio::io_context& io_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer watch_;
  std::function<TimeMs()> wall_;
  DurationMs watch_every_;
  std::function<void()> wake_;
  std::function<void(DurationMs)> tell_divergence_;
  std::int64_t offset_ = 0;  // engine time minus CLOCK_BOOTTIME
  TimeMs wanted_;            // what was asked for; 0: nothing
  TimeMs armed_;             // what the timer waits for; 0: it does not run
  bool diverged_ = false;
};

}  // namespace settle
