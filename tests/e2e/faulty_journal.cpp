// settled_faulty is settled with its journal on a disk with faults: main.cpp is compiled to call this in
// open_rocks_journal's place. FAULTY_DISK plans the faults (faulty_disk.hpp), signals cue them: SIGUSR1 cuts
// the power, SIGUSR2 fails the next sync, SIGRTMIN leaves no room, SIGRTMIN+1 fails every read.

#include <pthread.h>

#include <csignal>
#include <memory>
#include <thread>

#include "faulty_disk.hpp"
#include "settle/wal/rocks_journal.hpp"

namespace settle {
namespace {

// Blocked before there is a second thread, so that every thread inherits it, and one waits for the cue.
void listen_to_cues(std::shared_ptr<FaultyDisk> disk) {
  sigset_t cues;
  sigemptyset(&cues);
  for (const int cue : {SIGUSR1, SIGUSR2, SIGRTMIN, SIGRTMIN + 1}) sigaddset(&cues, cue);
  pthread_sigmask(SIG_BLOCK, &cues, nullptr);
  std::thread([cues, disk = std::move(disk)] {
    for (int cue = 0; sigwait(&cues, &cue) == 0;) {
      if (cue == SIGUSR1) disk->cut_power();
      if (cue == SIGUSR2) disk->fail_next_sync();
      if (cue == SIGRTMIN) disk->fill_up();
      if (cue == SIGRTMIN + 1) disk->fail_reads();
    }
  }).detach();
}

}  // namespace

Result<std::unique_ptr<Journal>> open_journal_on_faulty_disk(const RocksOptions& options) {
  auto disk = std::make_shared<FaultyDisk>(disk_plan());
  listen_to_cues(disk);
  RocksOptions on_disk = options;
  on_disk.file_system = disk;
  return open_rocks_journal(on_disk);
}

}  // namespace settle
