#pragma once
// What Engine::counters and Engine::gauges give to /metrics (docs/numbers.md). Plain integers: adding to them
// is all that the way of a purchase pays.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "settle/coordinator/stats.hpp"
#include "settle/participants/http_client.hpp"

namespace settle {

// Values up to each bound, inclusive, and above the last.
template <std::size_t Bounds>
struct Histogram {
  std::array<std::uint64_t, Bounds + 1> bins{};
  std::uint64_t sum = 0;
  void add(const std::array<std::uint64_t, Bounds>& bounds, std::uint64_t value) {
    std::size_t bin = 0;
    while (bin < Bounds && bounds[bin] < value) ++bin;
    ++bins[bin];
    sum += value;
  }
};

inline constexpr std::array<std::uint64_t, 12> attempts_bounds{1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 50, 100};
inline constexpr std::array<std::uint64_t, 12> retry_ms_bounds{
    1'000,   5'000,     10'000,    30'000,     60'000,     300'000,
    600'000, 1'800'000, 3'600'000, 21'600'000, 86'400'000, 259'200'000};

struct OperationCounters {
  std::uint64_t calls = 0;               // that a record let leave; some are held all the same
  std::array<std::uint64_t, 5> ended{};  // by Ending
  std::uint64_t first_try = 0, recovered = 0, recovered_alone = 0;
  Histogram<attempts_bounds.size()> attempts;  // that an operation needed until it ended
  Histogram<retry_ms_bounds.size()> retry_ms;  // of operations that needed more than one
};

inline constexpr std::size_t metric_participants_max = 200, metric_alerts_max = 64;
inline constexpr const char* metric_other = "other";
inline constexpr const char* metric_merchants = "merchants";

// Since the process began; of what is durable.
struct MetricCounters {
  std::uint64_t submitted = 0, completed = 0, cancelled = 0;
  std::array<std::uint64_t, cancel_reason_count> cancelled_by{};
  std::array<OperationCounters, operation_count> operations{};
  using ByCause = std::array<std::uint64_t, cause_count>;
  // By participant: metric_participants_max names, metric_other, metric_merchants.
  std::map<std::string, ByCause, std::less<>> failures;
  std::map<std::string, std::uint64_t, std::less<>> alerts;  // by code

  void alert(std::string_view code);
  std::array<std::uint64_t, 6> held{};  // calls, by HeldBy
  ByCause& failures_of(std::string_view target);
};

// How things stand now.
struct EngineGauges {
  TimeMs at;                                           // engine time
  std::uint64_t open = 0, in_motion = 0, waiting = 0;  // purchases; waiting: open, and on disk alone
  std::uint64_t in_doubt = 0;                          // steps
  DurationMs oldest_doubt;
  // Steps that are with a person, by age: under 1 h, 6 h, 24 h, 72 h, and older.
  std::array<std::uint64_t, 5> dead_letters{};
  DurationMs due_lag;  // how long ago the earliest wake-up should have been; 0: none is late
  std::uint64_t calls_out = 0, waiters = 0;
  DurationMs engine_minus_wall;
  std::uint64_t stats_behind = 0;  // records that are not in the statistics yet
  bool stats_stopped = false;      // ... and will not be, before a restart: the journal's log says why
  ClientLoad client;
  std::uint32_t stretch_percent = 100;  // what load makes of the waits of deliveries
};
inline constexpr std::array<std::int64_t, 4> letter_age_hours{1, 6, 24, 72};

}  // namespace settle
