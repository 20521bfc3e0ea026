#pragma once
// The reading half of a journal over an ordered map of bytes. Shared by the engines, so that they check
// and order alike.

#include <functional>

#include "layout.hpp"

namespace settle {

// An ordered map of bytes per table. Any thread. Errors: damaged, io.
class Store {
 public:
  virtual ~Store() = default;
  virtual Result<std::optional<std::string>> get(Table table, std::string_view key) const = 0;
  // Visits from <= key < until (empty: no end) until the visitor says false, upwards or downwards.
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;
  virtual Status visit(Table table, const std::string& from, const std::string& until, bool upwards,
                       const Visitor& visitor) const = 0;
};

// Where a shard's log ends.
struct LogEnd {
  std::uint64_t head = 0;
  TimeMs last_at;
  ChainHash hash{};
};

class Reads {
 public:
  Reads(const Store& store, std::uint16_t shard_count) : store_(store), shard_count_(shard_count) {}

  // Checks the log from the recovery floor on, every hash and every LSN. Errors: damaged, io.
  Result<LogEnd> inspect(ShardId shard) const;
  // 0: never taken.
  Result<Epoch> epoch(ShardId shard) const;

  // As in journal.hpp. `head`: the LSN that the log is known to reach; 0: not known.
  Result<std::optional<Snapshot>> snapshot(const PurchaseId& purchase) const;
  Result<std::vector<Record>> scan(Position from, std::size_t limit, std::uint64_t head) const;
  Result<std::vector<Record>> scan_purchase(const PurchaseId& purchase, std::uint64_t from,
                                            std::size_t limit) const;
  Result<std::uint64_t> recovery_floor(ShardId shard) const;
  Result<std::vector<DueEntry>> due(ShardId shard, TimeMs until, std::size_t limit) const;
  Result<TimeMs> next_due(ShardId shard) const;
  Result<bool> has_due(ShardId shard, TimeMs at, const PurchaseId& purchase) const;
  Result<std::vector<DueEntry>> due_after(ShardId shard, const DueEntry& last, std::size_t limit) const;
  Result<std::optional<std::string>> document(ShardId shard, std::string_view kind,
                                              std::string_view name) const;
  Result<std::vector<Document>> documents(ShardId shard, std::string_view kind) const;
  Result<std::vector<Journal::IndexEntry>> index(std::string_view name, std::string_view value,
                                                 const std::optional<Journal::IndexEntry>& before,
                                                 std::size_t limit) const;

 private:
  Result<std::vector<DueEntry>> due_within(ShardId shard, const std::string& from, TimeMs until,
                                           std::size_t limit) const;
  using RecordVisitor = std::function<bool(Record&&)>;
  Status visit_records(Position from, const RecordVisitor& visitor) const;
  Result<ChainHash> hash_before(Position position) const;
  Result<std::uint64_t> number(const std::string& key) const;

  const Store& store_;
  std::uint16_t shard_count_;
};

}  // namespace settle
