#include "group_commit.hpp"

#include <pthread.h>

#include <iterator>

#include "changes.hpp"

namespace settle {
namespace {

// A group larger than this is written in parts: a bound on memory, never reached in good order.
constexpr std::size_t group_bytes_max = 16 << 20;

// While groups are large, the next one is given this long to grow: under load a sync less is worth more than
// the wait costs, and a lone writer, whose groups are small, never waits.
constexpr auto gather = std::chrono::microseconds(400);
constexpr std::size_t large_group = 16;

}  // namespace

GroupCommit::GroupCommit(std::uint16_t shard_count, WriteGroup write)
    : write_(std::move(write)), shards_(shard_count), thread_([this] { run(); }) {}

GroupCommit::~GroupCommit() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

Result<Appended> GroupCommit::append(Append append) {
  const bool sync = append.sync;
  bool wake = false;
  Appended appended;
  {
    const std::lock_guard lock(mutex_);
    if (failure_) return *failure_;
    Shard& shard = shards_[append.shard.number];
    if (!shard.open || !(shard.epoch == append.epoch)) {
      return Error{"fenced", "shard " + std::to_string(append.shard.number) + " is not this writer's"};
    }
    appended = {Position{append.shard, ++shard.head}, Ticket{++last_ticket_}};
    figures_.appends += 1;
    figures_.bytes += bytes_of(append);
    if (queue_.empty()) {
      oldest_ = std::chrono::steady_clock::now();
      wake = true;  // to look at the time, if it sleeps without one
    }
    if (sync && !urgent_) wake = urgent_ = true;  // once a group: the thread may be gathering
    queue_.push_back({std::move(append), appended.position});
  }
  if (wake) work_.notify_one();
  return appended;
}

Status GroupCommit::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = last_ticket_;
  if (durable_ticket_ < wanted) {
    urgent_ = flushing_ = true;
    work_.notify_one();
    told_.wait(lock, [&] { return failure_ || durable_ticket_ >= wanted; });
  }
  return failure_ ? Status(*failure_) : ok();
}

Status GroupCommit::health() const {
  const std::lock_guard lock(mutex_);
  return failure_ ? Status(*failure_) : ok();
}

int GroupCommit::listen(Journal::Listener listener) {
  const std::lock_guard lock(listeners_mutex_);
  listeners_[++last_handle_] = std::move(listener);
  return last_handle_;
}

void GroupCommit::unlisten(int handle) {
  const std::lock_guard lock(listeners_mutex_);
  listeners_.erase(handle);
}

JournalFigures GroupCommit::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_;
}

void GroupCommit::close_shard(ShardId shard) {
  const std::lock_guard lock(mutex_);
  shards_[shard.number].open = false;
}

void GroupCommit::start_shard(ShardId id, Epoch epoch, std::uint64_t head) {
  const std::lock_guard lock(mutex_);
  Shard& shard = shards_[id.number];
  shard.open = true;
  shard.epoch = epoch;
  shard.head = head;
  shard.durable = head;
}

std::uint64_t GroupCommit::durable_head(ShardId shard) const {
  return shards_[shard.number].durable;
}

void GroupCommit::fail(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (failure_) return;
    failure_ = Error{"failed", "the journal stopped: " + why};
    queue_.clear();
  }
  work_.notify_one();
  told_.notify_all();
}

// False: there is nothing left to do.
bool GroupCommit::wait_for_work(std::unique_lock<std::mutex>& lock) {
  work_.wait(lock, [this] { return stopping_ || failure_ || !queue_.empty(); });
  if (!failure_ && !queue_.empty()) {
    const auto latest = oldest_ + std::chrono::milliseconds(linger_ms_max);
    work_.wait_until(lock, latest, [this] { return stopping_ || failure_ || urgent_; });
    if (last_group_ >= large_group)
      work_.wait_until(lock, oldest_ + gather, [this] { return stopping_ || failure_ || flushing_; });
  }
  return !failure_ && !queue_.empty();
}

std::vector<GroupCommit::Queued> GroupCommit::take_group() {
  std::size_t bytes = 0, count = 0;
  while (count < queue_.size() && bytes < group_bytes_max) bytes += bytes_of(queue_[count++].append);
  last_group_ = count;
  if (count == queue_.size()) {
    urgent_ = flushing_ = false;
    return std::exchange(queue_, {});
  }
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<Queued> group(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  urgent_ = true;  // the rest has waited
  return group;
}

void GroupCommit::run() {
  pthread_setname_np(pthread_self(), "journal");  // as top and perf show it
  std::unique_lock lock(mutex_);
  while (wait_for_work(lock)) {
    const auto group = take_group();
    lock.unlock();
    const auto begun = std::chrono::steady_clock::now();
    const auto written = write_(group);
    const auto took =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun);
    if (!written.ok()) fail(written.error().detail);
    lock.lock();
    if (!failure_) finish(lock, group, took);
  }
  if (!failure_) return;
  const Ticket durable{durable_ticket_};
  const Status failure = *failure_;
  lock.unlock();
  tell(durable, failure);
}

void GroupCommit::finish(std::unique_lock<std::mutex>& lock, const std::vector<Queued>& group,
                         std::chrono::microseconds took) {
  const Ticket durable{durable_ticket_ + group.size()};
  for (const auto& queued : group) shards_[queued.position.shard.number].durable = queued.position.lsn;
  figures_.synced(group.size(), static_cast<std::uint64_t>(took.count()));
  lock.unlock();
  tell(durable, ok());
  lock.lock();
  durable_ticket_ = durable.number;
  told_.notify_all();
}

void GroupCommit::tell(Ticket durable, const Status& status) {
  const std::lock_guard lock(listeners_mutex_);
  for (const auto& [handle, listener] : listeners_) listener(durable, status);
}

}  // namespace settle
