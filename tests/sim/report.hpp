#pragma once
// What many seeds came to: counted over all of them, printed at the end.

#include <array>
#include <cstdint>
#include <string>

#include "world.hpp"

namespace settle::sim {

struct Report {
  std::uint64_t seeds = 0, purchases = 0, completed = 0, cancelled = 0, with_person = 0, records = 0;
  std::uint64_t crashes = 0, starts = 0, events = 0;
  std::int64_t virtual_ms = 0;
  double seconds = 0;
  std::array<std::uint64_t, fault_count> faults{};

  void add(const World& world);
  std::string text() const;
};

// Rows of the two tables, and faults, that these seeds never reached; empty: everything was. Rows that no API
// opens yet (enlisted steps, decisions by the client) are not asked for.
std::string not_covered(const Report& report);

}  // namespace settle::sim
