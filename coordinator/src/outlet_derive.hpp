#pragma once
// From a record of the journal to the events that it stands for. The first look is cheap, since it is taken
// at every record; what an event tells beyond its type is looked up only where somebody wants to hear it.

#include <optional>
#include <string>
#include <vector>

#include "outlet_event.hpp"
#include "settle/coordinator/engine.hpp"

namespace settle {

// One thing that a record tells of.
struct Happening {
  EventType type = EventType::step_alert;
  int step = -1;                     // -1: none
  int operation = 0;                 // Operation as a number; 0: not said
  std::string code{};                // of an alert
  std::optional<Severity> raised{};  // see OutletEvent
  bool silent = false;               // told by another one of the same record; it keeps its number
};

// All that the record stands for, in an order that never changes: their numbers are in the events' ids.
// Errors: damaged.
Result<std::vector<Happening>> happenings_of(const Record& record);

// Event number `n` of the record, with what there is to say. The order of a purchase is read from its
// snapshot or its first record. Errors: as the journal's; damaged.
Result<OutletEvent> told(const Record& record, std::size_t n, const Happening& happening,
                         const Journal& journal, const Engine& engine);

}  // namespace settle
