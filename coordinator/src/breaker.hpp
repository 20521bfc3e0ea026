#pragma once
// A circuit breaker, as a value: it is told what became of calls, and says whether one may leave (A7, B12).
// It knows no clock and no endpoint; whoever owns it passes the time and keeps what `BreakerMemory` holds.
//
//   closed ──too many of the window's calls failed──▶ open ──its time is over──▶ half-open
//      ▲                                               ▲                            │
//      └────────── enough probes succeeded ────────────┼────────────────────────────┤
//                                                      └────── a probe failed ──────┘
//   disabled: by an operator, by a 410, or after failing for days; only enable() leads out of it.

#include <array>
#include <cstdint>

#include "settle/coordinator/endpoints.hpp"

namespace settle {

// What outlives a restart. What the window held does not: a few calls tell it anew.
struct BreakerMemory {
  BreakerState state = BreakerState::closed;
  TimeMs open_until;           // while open
  TimeMs failing_since;        // of the first failure after the last success; 0: the last call succeeded
  std::uint32_t openings = 0;  // in a row
  DisabledBy disabled_by = DisabledBy::nobody;
};

class Breaker {
 public:
  explicit Breaker(const BreakerPolicy& policy, BreakerMemory memory = {})
      : policy_(policy), memory_(memory) {}

  // Whether a call may leave now. In half-open one probe at a time is let through: this one, if it says yes.
  bool admit(TimeMs now);
  // What became of a call that was admitted. A refusal for business reasons is a success: somebody answered.
  void succeeded(TimeMs now);
  void failed(TimeMs now);
  // Somebody is there, and does not take it: no sign of an outage, but if nothing else comes for days, one of
  // something being wrong.
  void unwelcome(TimeMs now);
  // Whether the end of a call that left then says anything. What left before the breaker's present phase
  // began speaks of what was: it must neither stand in for a probe nor open again what a probe has just
  // closed.
  bool counts(TimeMs left_at) const { return left_at >= since_; }
  // The call never left after all, or nobody will ever know: a probe's place is free again.
  void forgotten();

  // A person's call is the probe, whether its time has come or not.
  void force(TimeMs now);
  void disable(DisabledBy by);
  void enable(TimeMs now);  // as if it had never failed

  bool disabling_due(TimeMs now) const;  // failing for longer than disable_after
  BreakerState state(TimeMs now) const;
  // When the next call may be admitted: now or before if it may be at once; 0 while disabled.
  TimeMs opens_at(TimeMs now) const;
  const BreakerMemory& memory() const { return memory_; }

 private:
  struct Bucket {
    std::int64_t number = -1;  // of the span of time that it counts
    std::uint32_t succeeded = 0, failed = 0;
  };
  static constexpr std::size_t buckets = 10;
  Bucket& bucket(TimeMs now);
  void open(TimeMs now);
  bool too_many_failed(TimeMs now) const;

  BreakerPolicy policy_;
  BreakerMemory memory_;
  std::array<Bucket, buckets> window_;
  TimeMs since_;  // when it last became half-open or closed
  std::uint32_t probes_succeeded_ = 0;
  bool probe_out_ = false;
};

}  // namespace settle
