#pragma once
// Starting and killing a process that writes to a journal. It is a program of its own, since RocksDB's
// threads do not outlive a fork.

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

namespace settle {

// What the process reports for each durable append, as bytes.
struct Acknowledged {
  std::uint16_t shard = 0;
  std::uint64_t lsn = 0;
};

class Victim {
 public:
  // Starts it; `only_hold`: it opens the journal, reports once, and waits.
  Victim(const std::filesystem::path& folder, bool only_hold);
  ~Victim();
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  // The next report; false: there are no more.
  bool next(Acknowledged& report);
  // Without warning. What it reported before can still be read. Returns its exit code if it had ended by
  // itself, or -1.
  int kill();

 private:
  pid_t process_ = -1;
  int reports_ = -1;
};

}  // namespace settle
