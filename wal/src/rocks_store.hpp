#pragma once
// RocksDB as an ordered map of bytes per table.

#include <rocksdb/db.h>

#include <memory>
#include <mutex>

#include "changes.hpp"
#include "failure_relay.hpp"
#include "reads.hpp"
#include "rocks_folder.hpp"
#include "settle/wal/rocks_journal.hpp"

namespace settle {

class RocksStore final : public Store {
 public:
  // Errors: damaged, io.
  static Result<std::unique_ptr<RocksStore>> open(const JournalFolder& folder, const RocksOptions& options,
                                                  std::shared_ptr<FailureRelay> relay);
  ~RocksStore() override;

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override;
  Status visit(Table table, const std::string& from, const std::string& until, bool upwards,
               const Visitor& visitor) const override;

  // Writes and syncs, one caller at a time. Errors: damaged, io.
  Status write(rocksdb::WriteBatch& batch);
  rocksdb::ColumnFamilyHandle* family(Table table) const {
    return families_[static_cast<std::size_t>(table)];
  }

 private:
  RocksStore() = default;

  // RocksDB would merge the batches of two writers, by atomics of its own that a thread sanitizer cannot see.
  // The journal's writer meets nobody here but who opens a shard.
  std::mutex writing_;
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;  // by Table; the default one is last
};

// Puts an append's changes into a batch.
class BatchSink final : public ChangeSink {
 public:
  BatchSink(const RocksStore& store, rocksdb::WriteBatch& batch) : store_(store), batch_(batch) {}
  void put(Table table, std::string_view key, std::string_view value) override;
  void remove(Table table, std::string_view key) override;

 private:
  const RocksStore& store_;
  rocksdb::WriteBatch& batch_;
};

}  // namespace settle
