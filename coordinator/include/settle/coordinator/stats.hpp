#pragma once
// The statistics' shapes: counters by number, buckets of time, and what one asks of them (docs/numbers.md).

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "settle/statemachine/definition.hpp"
#include "settle/statemachine/ids.hpp"

namespace settle {

// Numbers are on disk: never reuse one (docs/wal-format.md).
using Counters = std::array<std::uint64_t, 128>;
void add_to(Counters& sum, const Counters& more);

// How an operation of a step ended.
enum class Ending : std::uint8_t { none = 0, succeeded = 1, refused = 2, given_up = 3, abandoned = 4 };

// The counters of one operation of one target.
namespace cell_counter {
inline constexpr std::size_t attempts = 0;         // modulo 2^64: in one bucket they may be below 0
inline constexpr std::size_t ending(Ending how) {  // 1..4
  return static_cast<std::size_t>(how);
}
inline constexpr std::size_t first_try = 5, recovered = 6, recovered_alone = 7;
inline constexpr std::size_t retried = 8,
                             retry_ms = 9;      // ended after more than one attempt; how long, in all
inline constexpr std::size_t held = 10;         // calls that a gate kept back
inline constexpr std::size_t cause(Cause of) {  // 16..47
  return 16 + static_cast<std::size_t>(of);
}
inline constexpr std::size_t attempts_needed = 48;  // 48: one, .. 56: nine, 57: ten or more
inline constexpr std::size_t attempts_bins = 10;
inline constexpr std::size_t retry_bin = 64;  // 64..127: by time, see stats_bucket.hpp
inline constexpr std::size_t retry_bins = 64;
}  // namespace cell_counter
static_assert(cause_count <= 32);

// Why a cancel was decided.
enum class CancelReason : std::uint8_t {
  none = 0,
  refused = 1,  // a try, by its participant
  failed = 2,   // a try, for any other reason
  deadline_passed = 3,
  hold_expiring = 4,
  cancelled_by_request = 5,
  cancelled_by_client = 6,
  other = 7,
};
inline constexpr int cancel_reason_count = 8;  // with none
const char* name_of(CancelReason reason);
const char* name_of(Ending ending);

// The counters of purchases as wholes.
namespace total_counter {
inline constexpr std::size_t submitted = 0, completed = 1, cancelled = 2;
inline constexpr std::size_t reason(CancelReason why) {  // 16..31
  return 16 + static_cast<std::size_t>(why);
}
enum Hourly : std::uint8_t { attempts = 0, failures = 1, ended = 2, succeeded = 3 };
inline constexpr std::size_t hour(std::size_t of_day, Hourly what) {  // 32..127
  return 32 + 4 * of_day + what;
}
}  // namespace total_counter

struct CellKey {
  std::string target;    // a participant's name, "$merchant", or "other"
  std::string merchant;  // whom a delivery was for, or "$other"; empty: no delivery to a merchant
  Operation operation = Operation::try_;
  friend bool operator<(const CellKey& a, const CellKey& b) {
    return std::tie(a.target, a.merchant, a.operation) < std::tie(b.target, b.merchant, b.operation);
  }
  friend bool operator==(const CellKey& a, const CellKey& b) {
    return a.target == b.target && a.merchant == b.merchant && a.operation == b.operation;
  }
};

struct StatsBucket {
  Counters totals{};
  std::map<CellKey, Counters> cells;
  std::size_t merchant_cells = 0;  // how many of them are of a merchant by name
};

enum class StatsStep : std::uint8_t { minute = 1, hour = 2, day = 3 };
const char* name_of(StatsStep step);
DurationMs length_of(StatsStep step);
DurationMs kept_for(StatsStep step);         // 0: for ever
std::size_t points_max(StatsStep step);      // in one answer
TimeMs start_of(StatsStep step, TimeMs at);  // of the bucket that `at` belongs to

struct StatsQuery {
  TimeMs from, to;  // both at the beginning of a step; from < to
  StatsStep step = StatsStep::hour;
  std::optional<std::string> target, merchant;
};

struct StatsAnswer {
  struct Point {
    TimeMs at;
    Counters totals{}, operations{};  // the latter without queries
  };
  std::vector<Point> points;  // one for each step, also where nothing happened
  Counters totals{}, operations{};
  std::map<CellKey, Counters> cells;      // merchants are one target, unless one was asked for
  std::map<CellKey, Counters> merchants;  // each by name, where none was asked for; bounded
  std::uint64_t behind = 0;               // records that are not counted yet
  bool stopped = false;                   // ... and will not be, before a restart
  bool incomplete =
      false;  // there may be more of what was asked for, under a name that a bucket had no room for
};
// Past it those with the fewest failures become "$other".
inline constexpr std::size_t merchants_told_max = 500;

}  // namespace settle
