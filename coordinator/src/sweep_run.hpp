#pragma once
// A sweep while it runs: what it found, and how far it got (engine_sweep.cpp).

#include <optional>
#include <vector>

#include "settle/coordinator/engine.hpp"

namespace settle {

struct SweepRun {
  SweepReport report;
  std::vector<PurchaseId> in_memory;  // still to be looked at
  std::size_t state = 0;              // the index "state" that is read
  std::optional<Journal::IndexEntry> before;
  std::uint16_t shard = 0;  // whose due entries are read
  DueEntry last;
  std::vector<Then<SweepReport>> waiting;
};

}  // namespace settle
