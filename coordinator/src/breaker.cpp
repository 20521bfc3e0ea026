#include "breaker.hpp"

#include <algorithm>

namespace settle {

const char* name_of(BreakerState state) {
  switch (state) {
    case BreakerState::closed:
      return "closed";
    case BreakerState::open:
      return "open";
    case BreakerState::half_open:
      return "half_open";
    case BreakerState::disabled:
      return "disabled";
  }
  return "?";
}

const char* name_of(DisabledBy by) {
  static const char* const names[] = {"nobody", "gone", "failing_for_days", "operator"};
  return names[static_cast<std::size_t>(by)];
}

BreakerState Breaker::state(TimeMs now) const {
  const bool over = memory_.state == BreakerState::open && memory_.open_until <= now;
  return over ? BreakerState::half_open : memory_.state;
}

TimeMs Breaker::opens_at(TimeMs now) const {
  switch (state(now)) {
    case BreakerState::closed:
      return now;
    case BreakerState::open:
      return memory_.open_until;
    case BreakerState::half_open:
      return probe_out_ ? now + DurationMs{1'000} : now;
    case BreakerState::disabled:
      return TimeMs{};
  }
  return now;
}

bool Breaker::admit(TimeMs now) {
  if (memory_.state != state(now)) since_ = now;
  memory_.state = state(now);
  if (memory_.state == BreakerState::closed) return true;
  if (memory_.state != BreakerState::half_open || probe_out_) return false;
  return probe_out_ = true;
}

void Breaker::succeeded(TimeMs now) {
  memory_.failing_since = TimeMs{};
  ++bucket(now).succeeded;
  if (memory_.state != BreakerState::half_open) return;
  probe_out_ = false;
  if (++probes_succeeded_ >= policy_.probes) enable(now);
}

void Breaker::failed(TimeMs now) {
  if (memory_.state == BreakerState::disabled) return;
  if (!memory_.failing_since) memory_.failing_since = now;
  ++bucket(now).failed;
  if (memory_.state == BreakerState::half_open ||
      (memory_.state == BreakerState::closed && too_many_failed(now)))
    open(now);
}

void Breaker::unwelcome(TimeMs now) {
  probe_out_ = false;
  if (memory_.state != BreakerState::disabled && !memory_.failing_since) memory_.failing_since = now;
}

void Breaker::disable(DisabledBy by) {
  memory_.state = BreakerState::disabled;
  memory_.disabled_by = by;
}

bool Breaker::disabling_due(TimeMs now) const {
  return policy_.disable_after.count != 0 && memory_.failing_since &&
         memory_.failing_since + policy_.disable_after <= now;
}

void Breaker::force(TimeMs now) {
  if (memory_.state != BreakerState::open && memory_.state != BreakerState::half_open) return;
  if (memory_.state == BreakerState::open) since_ = now;
  memory_.state = BreakerState::half_open;
  probe_out_ = true;
}

void Breaker::forgotten() {
  probe_out_ = false;
}

void Breaker::enable(TimeMs now) {
  since_ = now;
  memory_ = BreakerMemory{};
  window_ = {};
  probes_succeeded_ = 0;
  probe_out_ = false;
}

void Breaker::open(TimeMs now) {
  DurationMs span = policy_.open_for;
  for (std::uint32_t i = 0; i < memory_.openings && span < policy_.open_for_max; ++i) span.count *= 2;
  span = std::min(span, policy_.open_for_max);
  memory_.state = BreakerState::open;
  memory_.open_until = now + span;
  ++memory_.openings;
  window_ = {};
  probes_succeeded_ = 0;
  probe_out_ = false;
}

Breaker::Bucket& Breaker::bucket(TimeMs now) {
  const std::int64_t span =
      std::max<std::int64_t>(1, policy_.window.count / static_cast<std::int64_t>(buckets));
  const std::int64_t number = now.count / span;
  Bucket& found = window_[static_cast<std::size_t>(number) % buckets];
  if (found.number != number) found = Bucket{number, 0, 0};
  return found;
}

bool Breaker::too_many_failed(TimeMs now) const {
  const std::int64_t span =
      std::max<std::int64_t>(1, policy_.window.count / static_cast<std::int64_t>(buckets));
  std::uint64_t calls = 0, failures = 0;
  for (const Bucket& one : window_) {
    if (one.number <= now.count / span - static_cast<std::int64_t>(buckets)) continue;
    calls += one.succeeded + one.failed;
    failures += one.failed;
  }
  return calls >= policy_.calls_min && failures * 100 >= calls * policy_.failed_percent;
}

}  // namespace settle
