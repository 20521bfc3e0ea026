#pragma once
// The journal's in-memory engine behind a disk that fails: syncs are slow or fail for good, the disk fills
// up, reads fail, and a crash may come at any of them. What is not synced is lost from any point on.

#include <functional>
#include <memory>

#include "settle/wal/memory_journal.hpp"

namespace settle::sim {

class Disk final : public Journal {
 public:
  explicit Disk(std::uint16_t shards) : inner_(MemoryJournal::create(shards)) {}

  // Called before each operation; may throw Crash, or say that the operation fails.
  enum class Point { append, sync, read, open };
  std::function<bool(Point)> probe;

  MemoryJournal& inner() { return *inner_; }
  const MemoryJournal& inner() const { return *inner_; }
  void crash(std::size_t survives) { inner_ = inner_->crash(survives); }

  std::uint16_t shard_count() const override { return inner_->shard_count(); }
  Result<OpenedShard> open_shard(ShardId shard) override {
    if (probe(Point::open)) return broken();
    return inner_->open_shard(shard);
  }
  Result<Appended> append(Append append) override {
    if (probe(Point::append)) return broken();
    return inner_->append(std::move(append));
  }
  int listen(Listener listener) override { return inner_->listen(std::move(listener)); }
  void unlisten(int handle) override { inner_->unlisten(handle); }
  Status sync() {
    (void)probe(Point::sync);
    return inner_->sync();
  }
  Status flush() override { return sync(); }
  Status health() const override { return inner_->health(); }

  Result<std::optional<Snapshot>> snapshot(const PurchaseId& purchase) const override {
    if (probe(Point::read)) return broken();
    return inner_->snapshot(purchase);
  }
  Result<std::vector<Record>> scan(Position from, std::size_t limit) const override {
    if (probe(Point::read)) return broken();
    return inner_->scan(from, limit);
  }
  Result<std::vector<Record>> scan_purchase(const PurchaseId& purchase, std::uint64_t from,
                                            std::size_t limit) const override {
    if (probe(Point::read)) return broken();
    return inner_->scan_purchase(purchase, from, limit);
  }
  Result<std::uint64_t> recovery_floor(ShardId shard) const override {
    if (probe(Point::read)) return broken();
    return inner_->recovery_floor(shard);
  }
  Result<std::vector<DueEntry>> due(ShardId shard, TimeMs until, std::size_t limit) const override {
    if (probe(Point::read)) return broken();
    return inner_->due(shard, until, limit);
  }
  Result<TimeMs> next_due(ShardId shard) const override {
    if (probe(Point::read)) return broken();
    return inner_->next_due(shard);
  }
  Result<bool> has_due(ShardId shard, TimeMs at, const PurchaseId& purchase) const override {
    if (probe(Point::read)) return broken();
    return inner_->has_due(shard, at, purchase);
  }
  Result<std::vector<DueEntry>> due_after(ShardId shard, const DueEntry& last,
                                          std::size_t limit) const override {
    if (probe(Point::read)) return broken();
    return inner_->due_after(shard, last, limit);
  }
  Result<std::optional<std::string>> document(ShardId shard, std::string_view kind,
                                              std::string_view key) const override {
    if (probe(Point::read)) return broken();
    return inner_->document(shard, kind, key);
  }
  Result<std::vector<Document>> documents(ShardId shard, std::string_view kind) const override {
    if (probe(Point::read)) return broken();
    return inner_->documents(shard, kind);
  }
  Result<std::vector<IndexEntry>> index(std::string_view name, std::string_view value,
                                        const std::optional<IndexEntry>& before,
                                        std::size_t limit) const override {
    if (probe(Point::read)) return broken();
    return inner_->index(name, value, before, limit);
  }
  JournalFigures figures() const override { return inner_->figures(); }

 private:
  static Error broken() { return {"io", "the simulated disk failed"}; }
  std::unique_ptr<MemoryJournal> inner_;
};

}  // namespace settle::sim
