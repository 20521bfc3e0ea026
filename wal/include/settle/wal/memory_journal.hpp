#pragma once
// The journal in memory, with crash semantics, for tests and the simulator. Single-threaded: nothing becomes
// durable until sync() is called, and the listener is called from within it.

#include <functional>
#include <memory>

#include "settle/wal/journal.hpp"

namespace settle {

class MemoryJournal : public Journal {
 public:
  static std::unique_ptr<MemoryJournal> create(std::uint16_t shard_count);

  // Makes all that was appended durable and tells the listeners.
  virtual Status sync() = 0;
  virtual std::size_t unsynced() const = 0;
  // The next sync fails, as a failed fsync does: the journal stops for good; `survives` of the unsynced
  // appends (the oldest) turn out to be on disk after the crash.
  virtual void fail_next_sync(std::size_t survives) = 0;
  // What the disk holds after a crash now, when the first `survives` unsynced appends made it there. This
  // journal is of no more use afterwards.
  virtual std::unique_ptr<MemoryJournal> crash(std::size_t survives) = 0;
  // Called for each append and each sync, before it takes effect; for crash injection. May throw: the journal
  // is then as it was.
  virtual void set_probe(std::function<void(const char* point)> probe) = 0;
  // Flips a bit in a stored record, for tests of detection.
  virtual void damage(Position position) = 0;
};

}  // namespace settle
