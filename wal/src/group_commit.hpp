#pragma once
// One sync for all that gathered while the last one ran, and under load a little longer. Knows shards, epochs
// and tickets, and nothing of the engine that writes.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "settle/wal/journal.hpp"

namespace settle {

class GroupCommit {
 public:
  struct Queued {
    Append append;
    Position position;
  };
  // Makes the group durable, whole and in order, or fails for good. Called from the thread of this class.
  using WriteGroup = std::function<Status(const std::vector<Queued>& group)>;

  GroupCommit(std::uint16_t shard_count, WriteGroup write);
  // Writes what is queued, unless a write failed before.
  ~GroupCommit();
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  // As in journal.hpp; `append` has been checked.
  Result<Appended> append(Append append);
  Status flush();
  Status health() const;
  int listen(Journal::Listener listener);
  void unlisten(int handle);
  JournalFigures figures() const;

  // A shard takes appends between start and close only.
  void close_shard(ShardId shard);
  void start_shard(ShardId shard, Epoch epoch, std::uint64_t head);
  // LSN of the last durable record that was written here, or the head that the shard was started with.
  std::uint64_t durable_head(ShardId shard) const;

  // Stops the journal for good, as a failed write does. Any thread; does not wait.
  void fail(const std::string& why);

 private:
  struct Shard {
    bool open = false;
    Epoch epoch;
    std::uint64_t head = 0;
    std::atomic<std::uint64_t> durable{0};
  };
  void run();
  bool wait_for_work(std::unique_lock<std::mutex>& lock);
  std::vector<Queued> take_group();
  void finish(std::unique_lock<std::mutex>& lock, const std::vector<Queued>& group,
              std::chrono::microseconds took);
  void tell(Ticket durable, const Status& status);

  const WriteGroup write_;
  std::vector<Shard> shards_;

  mutable std::mutex mutex_;
  std::condition_variable work_, told_;
  std::vector<Queued> queue_;
  std::chrono::steady_clock::time_point oldest_;  // when the first of the queue came
  bool urgent_ = false;                           // somebody waits for the queue
  bool flushing_ = false;                         // somebody waits in flush(): gather no more
  std::size_t last_group_ = 0;                    // records in it
  bool stopping_ = false;
  std::optional<Error> failure_;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t durable_ticket_ = 0;  // and the listeners have been told
  JournalFigures figures_;

  std::mutex listeners_mutex_;  // held while listeners are called
  std::map<int, Journal::Listener> listeners_;
  int last_handle_ = 0;

  std::thread thread_;
};

}  // namespace settle
