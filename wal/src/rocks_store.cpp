#include "rocks_store.hpp"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/write_batch.h>

#include "rocks_options.hpp"

namespace settle {
namespace {

rocksdb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
std::string_view view(const rocksdb::Slice& bytes) {
  return {bytes.data(), bytes.size()};
}

Status result_of(const rocksdb::Status& status) {
  if (status.ok()) return ok();
  if (status.IsCorruption() || status.IsPathNotFound()) return Error{"damaged", status.ToString()};
  return Error{"io", status.ToString()};
}

}  // namespace

Result<std::unique_ptr<RocksStore>> RocksStore::open(const JournalFolder& folder, const RocksOptions& options,
                                                     std::shared_ptr<FailureRelay> relay) {
  std::unique_ptr<RocksStore> store(new RocksStore);
  store->env_ =
      rocksdb::NewCompositeEnv(options.file_system ? options.file_system : rocksdb::FileSystem::Default());
  rocksdb::DB* db = nullptr;
  const auto opened = rocksdb::DB::Open(
      database_options(store->env_.get(), folder.is_new(), std::move(relay)), folder.data().string(),
      family_descriptors(options.block_cache_bytes), &store->families_, &db);
  store->db_.reset(db);
  if (!opened.ok()) {
    auto error = result_of(opened).error();
    error.detail = "the journal in " + folder.path().string() + " cannot be opened: " + error.detail;
    return error;
  }
  return store;
}

RocksStore::~RocksStore() {
  if (db_ == nullptr) return;
  for (auto* family : families_) (void)db_->DestroyColumnFamilyHandle(family);
  (void)db_->Close();
}

Result<std::optional<std::string>> RocksStore::get(Table table, std::string_view key) const {
  rocksdb::PinnableSlice value;
  const auto status = db_->Get({}, family(table), slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return result_of(status).error();
  return std::optional<std::string>(value.ToString());
}

Status RocksStore::visit(Table table, const std::string& from, const std::string& until, bool upwards,
                         const Visitor& visitor) const {
  rocksdb::ReadOptions options;
  const rocksdb::Slice lower = from, upper = until;
  if (upwards && !until.empty()) options.iterate_upper_bound = &upper;
  if (!upwards) options.iterate_lower_bound = &lower;
  options.fill_cache = table != Table::log;  // the log is read once, at start or by an auditor
  const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(options, family(table)));
  if (upwards) {
    at->Seek(lower);
  } else if (until.empty()) {
    at->SeekToLast();
  } else {
    at->SeekForPrev(upper);
    if (at->Valid() && at->key() == upper) at->Prev();
  }
  while (at->Valid() && visitor(view(at->key()), view(at->value()))) {
    upwards ? at->Next() : at->Prev();
  }
  return result_of(at->status());
}

Status RocksStore::write(rocksdb::WriteBatch& batch) {
  rocksdb::WriteOptions options;
  options.sync = true;
  const std::lock_guard lock(writing_);
  return result_of(db_->Write(options, &batch));
}

void BatchSink::put(Table table, std::string_view key, std::string_view value) {
  SETTLE_CHECK(batch_.Put(store_.family(table), slice(key), slice(value)).ok());
}

void BatchSink::remove(Table table, std::string_view key) {
  SETTLE_CHECK(batch_.Delete(store_.family(table), slice(key)).ok());
}

}  // namespace settle
