#pragma once
// What the files of the gates have in common: where a step waits, and under which key.

#include <string>
#include <tuple>
#include <vector>

#include "settle/statemachine/purchase.hpp"
#include "settle/wal/journal.hpp"

namespace settle {

inline constexpr const char* merchant_prefix = "$merchant/";

// Indexes give the newest first; what has waited longest is to be found first. Its own inverse.
inline TimeMs oldest_first(TimeMs since) {
  return TimeMs{(std::int64_t{1} << 52) - since.count};
}

inline bool waits(const Step& step) {
  return !step.in_flight && !step.query_in_flight;
}

// What a held or probing step calls next.
inline Operation held_operation(const Step& step) {
  const bool asks = step.state == StepState::in_doubt || step.state == StepState::awaiting ||
                    step.state == StepState::cancelled;
  return asks ? Operation::query : step.operation;
}

// An entry of the indexes "held" and "probing".
struct Lane {
  const char* index;
  std::string name;
  TimeMs since;
  friend bool operator<(const Lane& a, const Lane& b) {
    return std::tie(a.name, a.since, *a.index) < std::tie(b.name, b.since, *b.index);
  }
  friend bool operator==(const Lane& a, const Lane& b) {
    return a.name == b.name && a.since == b.since && *a.index == *b.index;
  }
};

// A lane that is being emptied.
struct Drain {
  TimeMs at;               // not before
  std::uint32_t idle = 0;  // looks in a row that woke nothing
  bool stopped = false;    // by its limits, when it was looked at last
};

// A registration that changed, on the way to what is parked at its target.
struct Moved {
  TimeMs at;                                  // what left until then was wrong
  std::vector<PurchaseId> in_memory;          // still to be looked at
  std::optional<Journal::IndexEntry> before;  // how far the index "person" is read
};

}  // namespace settle
