#pragma once
// What a storage engine brings so that the journal's contract can be held against it.

#include <memory>
#include <ostream>
#include <string>

#include "settle/wal/journal.hpp"

namespace settle {

inline constexpr std::uint16_t contract_shards = 8;

class JournalEngine {
 public:
  virtual ~JournalEngine() = default;
  virtual Journal& journal() = 0;
  // Ends in good order and opens again.
  virtual void reopen() = 0;
  // What a sudden end at this moment leaves, opened again.
  virtual void crash() = 0;
  // Lets the time pass after which an append that nobody waits for has become durable.
  virtual void let_linger_pass(Ticket ticket) = 0;
};

struct JournalEngineFactory {
  const char* name;
  std::unique_ptr<JournalEngine> (*make)();
  friend std::ostream& operator<<(std::ostream& out, const JournalEngineFactory& factory) {
    return out << factory.name;
  }
};

std::unique_ptr<JournalEngine> make_memory_engine();
std::unique_ptr<JournalEngine> make_rocks_engine();

// A purchase of `shard`; different ones for different numbers.
PurchaseId purchase_in(ShardId shard, std::uint32_t number);

// An append of a purchase's event, with the shard and epoch set.
Append purchase_append(const PurchaseId& purchase, Epoch epoch, TimeMs at, std::string event);

// Everything that can be read, as text, to compare two journals by.
std::string dump(const Journal& journal);

}  // namespace settle
