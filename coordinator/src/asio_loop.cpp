#include "settle/coordinator/asio_loop.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "settle/coordinator/log.hpp"
#include "settle/statemachine/result.hpp"

namespace settle {
namespace {

// The timer runs on CLOCK_MONOTONIC, which stands still while the machine sleeps: it looks up this often.
constexpr std::int64_t longest_nap_ms = 5'000;

std::int64_t clock_ms(clockid_t clock) {
  timespec time{};
  SETTLE_CHECK(clock_gettime(clock, &time) == 0);
  return static_cast<std::int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000;
}

}  // namespace

AsioLoop::AsioLoop(boost::asio::io_context& io, std::function<TimeMs()> wall, DurationMs watch_every)
    : io_(io), timer_(io), watch_(io), wall_(std::move(wall)), watch_every_(watch_every) {
  offset_ = wall_().count - clock_ms(CLOCK_BOOTTIME);
  watch_divergence();
}

TimeMs AsioLoop::now() const {
  return TimeMs{clock_ms(CLOCK_BOOTTIME) + offset_};
}
TimeMs AsioLoop::wall() const {
  return wall_();
}
TimeMs AsioLoop::system_wall() {
  return TimeMs{clock_ms(CLOCK_REALTIME)};
}

void AsioLoop::not_before(TimeMs at) {
  const TimeMs before = now();
  if (at <= before) return;
  offset_ += at.count - before.count;
  armed_ = TimeMs{};
  arm();
}

void AsioLoop::wake_at(TimeMs at) {
  wanted_ = at;
  arm();
}

// A timer that fires too early costs one look at the clock; setting it anew costs more. So only an earlier
// time sets it.
void AsioLoop::arm() {
  if (!wanted_ || (armed_ && armed_ <= wanted_)) return;
  const std::int64_t wait = std::clamp<std::int64_t>(wanted_.count - now().count, 0, longest_nap_ms);
  armed_ = now() + DurationMs{wait};
  timer_.expires_after(std::chrono::milliseconds(wait));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_timer();
  });
}

void AsioLoop::on_timer() {
  armed_ = TimeMs{};
  if (!wanted_) return;
  if (now() < wanted_) return arm();
  wanted_ = TimeMs{};
  if (wake_) wake_();
}

void AsioLoop::post(std::function<void()> work) {
  boost::asio::post(io_, std::move(work));
}

void AsioLoop::watch_divergence() {
  const std::int64_t apart = AsioLoop::now().count - AsioLoop::wall().count;
  const bool diverged = std::llabs(apart) > divergence_max.count;
  if (diverged && !diverged_) {
    log_alert("engine time and wall clock are apart", {{"engine_minus_wall_ms", apart}});
    if (tell_divergence_) tell_divergence_(DurationMs{apart});
  }
  if (!diverged && diverged_)
    log_info("engine time and wall clock agree again", {{"engine_minus_wall_ms", apart}});
  diverged_ = diverged;
  watch_.expires_after(std::chrono::milliseconds(watch_every_.count));
  watch_.async_wait([this](const boost::system::error_code& error) {
    if (!error) watch_divergence();
  });
}

}  // namespace settle
