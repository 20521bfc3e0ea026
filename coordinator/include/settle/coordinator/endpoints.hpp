#pragma once
// Endpoints as operators see them: whether they are called, what they are like, and by which rules they are
// left alone.

#include <cstdint>
#include <string>

#include "settle/statemachine/definition.hpp"
#include "settle/statemachine/ids.hpp"

namespace settle {

struct BreakerPolicy {
  DurationMs window{60'000};          // how far back calls are looked at
  std::uint32_t calls_min = 20;       // fewer calls than this in the window prove nothing
  std::uint32_t failed_percent = 50;  // at this share of failures it opens
  DurationMs open_for{15'000};        // the first time; each time in a row twice as long, up to ...
  DurationMs open_for_max{120'000};   // ... this
  std::uint32_t probes = 3;           // successes in a row that close it again
  DurationMs disable_after{
      432'000'000};  // deliveries failing for so long without a success disable it; 0: never
};

enum class BreakerState : std::uint8_t { closed = 1, open = 2, half_open = 3, disabled = 4 };
const char* name_of(BreakerState state);

// Why an endpoint is disabled. Numbers are in the journal's documents: never reuse one.
enum class DisabledBy : std::uint8_t { nobody = 0, gone = 1, failing_for_days = 2, operator_ = 3 };
const char* name_of(DisabledBy by);  // "operator", ...

struct GatePolicy {
  BreakerPolicy breaker;
  bool breakers = true;  // false: none ever opens
  std::uint32_t repetition_share_percent =
      20;  // of a target's calls that succeed or are made for the first time
  std::uint32_t repetitions_per_second = 20;  // ... and so many anyway, lest nothing ever recovers
  std::uint32_t repetitions_burst = 200;      // saved up
  DurationMs hold{
      3'600'000};  // what is held looks again after this, and ever later, if nothing wakes it before
};

// One endpoint: what a participant or merchant is called for.
struct EndpointView {
  std::string target;  // a participant's name or "$merchant/ID"
  Operation operation = Operation::try_;
  BreakerState state = BreakerState::closed;
  DisabledBy disabled_by = DisabledBy::nobody;
  TimeMs since;                // of the state; 0: since the start
  TimeMs probe_at;             // while open
  TimeMs failing_since;        // of the first failure after the last success; 0: it does not fail
  std::uint32_t openings = 0;  // in a row
  std::uint32_t out = 0;       // calls
  std::uint64_t calls = 0, failures = 0, held = 0;  // since the start
};

}  // namespace settle
