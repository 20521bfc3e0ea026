#pragma once
// A purchase in memory, as the engine has it.

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "gates.hpp"
#include "settle/coordinator/engine.hpp"

namespace settle {

struct Waiter {
  std::uint64_t number = 0;
  TimeMs until;
  Then<PurchaseView> then;
};

// A purchase in memory. It is here while it is in motion, while its last record is not durable yet, or while
// somebody waits for it; else it rests on disk.
struct Live {
  Purchase purchase;
  std::shared_ptr<const Definition> definition;
  ShardId shard;
  Ticket ticket;        // of its last record
  bool durable = true;  // ... which is on disk
  std::uint64_t unsaved_from =
      0;                       // LSN of its first record since its snapshot; 0: the snapshot has everything
  TimeMs due_on_disk;          // its entry in the due-time index
  bool first_on_disk = false;  // ... and in the index "due_first" beside it
  TimeMs wake_at;              // its entry in EngineImpl::wakes_
  std::optional<PurchaseState> indexed_state;  // its entries in the indexes "state" and "person"
  bool indexed_person = false;
  // Calls that were let through before they were counted, and have not left yet.
  struct Admitted {
    std::uint8_t step = 0;
    EndpointKey endpoint;
    CallKind kind = CallKind::fresh;
  };
  std::vector<Admitted> admitted;
  Ticket forced;  // of a person's retry: its calls leave whatever the gates say
  std::vector<Waiter> waiters;
};

}  // namespace settle
