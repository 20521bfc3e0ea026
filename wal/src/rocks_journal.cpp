#include "settle/wal/rocks_journal.hpp"

#include <rocksdb/write_batch.h>

#include "group_commit.hpp"
#include "rocks_store.hpp"
#include "write_ahead_audit.hpp"

#if defined(__SANITIZE_THREAD__)
// Debian's RocksDB is not instrumented: the thread sanitizer sees its memory change hands, and not how it is
// ordered.
extern "C" const char*
__tsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier): its name is given
  return "race:librocksdb.so\n";
}
#endif

namespace settle {
namespace {

class RocksJournal final : public Journal {
 public:
  RocksJournal(JournalFolder folder, std::unique_ptr<RocksStore> store, std::shared_ptr<FailureRelay> relay,
               std::uint16_t shard_count)
      : folder_(std::move(folder)),
        relay_(std::move(relay)),
        store_(std::move(store)),
        reads_(*store_, shard_count),
        chain_(shard_count),
        commit_(shard_count, [this](const auto& group) { return write(group); }) {
    relay_->set([this](const std::string& why) { commit_.fail(why); });
  }
  ~RocksJournal() override { relay_->set(nullptr); }

  std::uint16_t shard_count() const override { return static_cast<std::uint16_t>(chain_.size()); }

  Result<OpenedShard> open_shard(ShardId shard) override {
    if (shard.number >= chain_.size()) return Error{"invalid_shard", "there is no such shard"};
    const std::lock_guard lock(opening_);
    commit_.close_shard(shard);  // fences the owner before; what it appended is part of the log
    if (const auto flushed = commit_.flush(); !flushed.ok()) return flushed.error();
    const auto end = reads_.inspect(shard);
    if (!end.ok()) return end.error();
    const auto before = reads_.epoch(shard);
    if (!before.ok()) return before.error();
    const Epoch epoch{before->number + 1};
    if (const auto raised = write_epoch(shard, epoch); !raised.ok()) return raised.error();
    chain_[shard.number] = end->hash;
    commit_.start_shard(shard, epoch, end->head);
    return OpenedShard{epoch, end->head, end->last_at};
  }

  Result<Appended> append(Append append) override {
    if (const auto checked = check_append(append, shard_count()); !checked.ok()) return checked.error();
    return commit_.append(std::move(append));
  }
  int listen(Listener listener) override { return commit_.listen(std::move(listener)); }
  void unlisten(int handle) override { commit_.unlisten(handle); }
  Status flush() override { return commit_.flush(); }
  Status health() const override { return commit_.health(); }
  JournalFigures figures() const override { return commit_.figures(); }

  Result<std::optional<Snapshot>> snapshot(const PurchaseId& purchase) const override {
    return reads_.snapshot(purchase);
  }
  Result<std::vector<Record>> scan(Position from, std::size_t limit) const override {
    if (from.shard.number >= chain_.size()) return std::vector<Record>();
    return reads_.scan(from, limit, commit_.durable_head(from.shard));
  }
  Result<std::vector<Record>> scan_purchase(const PurchaseId& purchase, std::uint64_t from,
                                            std::size_t limit) const override {
    return reads_.scan_purchase(purchase, from, limit);
  }
  Result<std::uint64_t> recovery_floor(ShardId shard) const override { return reads_.recovery_floor(shard); }
  Result<std::vector<DueEntry>> due(ShardId shard, TimeMs until, std::size_t limit) const override {
    return reads_.due(shard, until, limit);
  }
  Result<TimeMs> next_due(ShardId shard) const override { return reads_.next_due(shard); }
  Result<bool> has_due(ShardId shard, TimeMs at, const PurchaseId& purchase) const override {
    return reads_.has_due(shard, at, purchase);
  }
  Result<std::vector<DueEntry>> due_after(ShardId shard, const DueEntry& last,
                                          std::size_t limit) const override {
    return reads_.due_after(shard, last, limit);
  }
  Result<std::optional<std::string>> document(ShardId shard, std::string_view kind,
                                              std::string_view key) const override {
    return reads_.document(shard, kind, key);
  }
  Result<std::vector<Document>> documents(ShardId shard, std::string_view kind) const override {
    return reads_.documents(shard, kind);
  }
  Result<std::vector<IndexEntry>> index(std::string_view name, std::string_view value,
                                        const std::optional<IndexEntry>& before,
                                        std::size_t limit) const override {
    return reads_.index(name, value, before, limit);
  }

 private:
  // On the writer's thread.
  Status write(const std::vector<GroupCommit::Queued>& group) {
    batch_.Clear();
    BatchSink sink(*store_, batch_);
    for (const auto& queued : group) {
      ChainHash& tail = chain_[queued.position.shard.number];
      tail = emit_changes(queued.append, queued.position, tail, shard_count(), sink);
    }
    return store_->write(batch_);
  }

  Status write_epoch(ShardId shard, Epoch epoch) {
    std::string bytes;
    put_big_endian(bytes, epoch.number);
    rocksdb::WriteBatch batch;
    BatchSink(*store_, batch).put(Table::meta, key::epoch(shard), bytes);
    auto written = store_->write(batch);
    if (!written.ok()) {
      commit_.fail(written.error().detail);
      return commit_.health();
    }
    return written;
  }

  JournalFolder folder_;  // let go last
  std::shared_ptr<FailureRelay> relay_;
  std::unique_ptr<RocksStore> store_;
  Reads reads_;
  std::mutex opening_;
  std::vector<ChainHash> chain_;  // a shard's last hash; the writer's, except while its shard is closed
  rocksdb::WriteBatch batch_;     // the writer's
  GroupCommit commit_;            // ends first
};

// The manifest is in the tables too: the text file alone could be copied or edited.
Status settle_manifest(JournalFolder& folder, RocksStore& store, const RocksOptions& options) {
  auto kept = store.get(Table::meta, key::manifest);
  if (!kept.ok()) return kept.error();
  if (!*kept) {
    if (!folder.is_new()) {
      return Error{"damaged", "the journal in " + folder.path().string() + " has lost its manifest"};
    }
    const Manifest made{journal_format, options.shard_count, options.key_id, true};
    rocksdb::WriteBatch batch;
    BatchSink(store, batch).put(Table::meta, key::manifest, made.text());
    if (const auto written = store.write(batch); !written.ok()) return written.error();
    *kept = made.text();
  }
  const auto manifest = Manifest::parse(**kept, folder.path());
  if (!manifest.ok()) return manifest.error();
  if (folder.is_new()) {
    if (const auto written = folder.write(*manifest); !written.ok()) return written.error();
  } else if (folder.manifest().text() != manifest->text()) {
    return Error{"damaged", "SETTLE_JOURNAL in " + folder.path().string() + " is of another journal"};
  }
  if (manifest->key_id != options.key_id) {
    return Error{"key_mismatch", "the journal in " + folder.path().string() + " was made with key " +
                                     manifest->key_id + "; the key file holds " + options.key_id};
  }
  return ok();
}

}  // namespace

Result<std::unique_ptr<Journal>> open_rocks_journal(const RocksOptions& options) {
  SETTLE_CHECK(options.shard_count > 0);
  auto folder = JournalFolder::hold(options.folder);
  if (!folder.ok()) return folder.error();
  if (folder->is_new()) {
    const Manifest begun{journal_format, options.shard_count, options.key_id, false};
    if (const auto written = folder->write(begun); !written.ok()) return written.error();
  }
  if (const auto audited = audit_write_ahead_logs(folder->data(), !folder->is_new()); !audited.ok())
    return audited.error();
  auto relay = std::make_shared<FailureRelay>();
  auto store = RocksStore::open(*folder, options, relay);
  if (!store.ok()) return store.error();
  if (const auto settled = settle_manifest(*folder, **store, options); !settled.ok()) return settled.error();
  const auto shard_count = static_cast<std::uint16_t>(folder->manifest().shard_count);
  return std::unique_ptr<Journal>(
      std::make_unique<RocksJournal>(*std::move(folder), *std::move(store), std::move(relay), shard_count));
}

}  // namespace settle
