#include "rocks_options.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include <algorithm>

namespace settle {
namespace {

constexpr std::size_t mebi = std::size_t{1} << 20;

// A failure is final (I23): the journal stops, and RocksDB does not try to come back by itself.
class FailureListener final : public rocksdb::EventListener {
 public:
  explicit FailureListener(std::shared_ptr<FailureRelay> relay) : relay_(std::move(relay)) {}
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) override {
    relay_->failed(error->ToString());
  }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* auto_recovery) override {
    *auto_recovery = false;
  }

 private:
  std::shared_ptr<FailureRelay> relay_;
};

rocksdb::CompressionType best_compression() {
  const auto supported = rocksdb::GetSupportedCompressions();
  for (const auto wanted : {rocksdb::kLZ4Compression, rocksdb::kZSTD}) {
    if (std::find(supported.begin(), supported.end(), wanted) != supported.end()) return wanted;
  }
  return rocksdb::kNoCompression;
}

}  // namespace

rocksdb::DBOptions database_options(rocksdb::Env* env, bool create, std::shared_ptr<FailureRelay> relay) {
  rocksdb::DBOptions options;
  options.env = env;
  options.create_if_missing = create;
  options.create_missing_column_families = create;
  options.paranoid_checks = true;
  // A torn tail is cut; damage in the middle is an error (I22).
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.max_bgerror_resume_count = 0;
  options.listeners.push_back(std::make_shared<FailureListener>(std::move(relay)));
  // One thread writes, one batch at a time.
  options.allow_concurrent_memtable_write = false;
  options.enable_write_thread_adaptive_yield = false;
  // Bounds: memory of the tables not yet flushed, the log to be read at start, open files.
  options.db_write_buffer_size = 64 * mebi;
  options.max_total_wal_size = 128 * mebi;
  options.max_open_files = 256;
  options.bytes_per_sync = mebi;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.max_log_file_size = mebi;
  options.keep_log_file_num = 4;
  options.stats_dump_period_sec = 0;
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> family_descriptors(std::size_t block_cache_bytes) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(block_cache_bytes);
  table.cache_index_and_filter_blocks = true;  // so that the cache's size is the bound
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.block_size = 16 << 10;
  table.format_version = 5;
  rocksdb::ColumnFamilyOptions family;
  family.write_buffer_size = 16 * mebi;
  family.compression = best_compression();
  family.force_consistency_checks = true;

  auto looked_up = table;  // by single keys, often of purchases that are not there
  looked_up.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (std::size_t i = 0; i < table_count; ++i) {
    const bool single_keys = i == static_cast<std::size_t>(Table::snapshots);
    // A shard's log grows at its end: a hint per shard (the key's first two bytes) spares the search for the
    // place.
    const bool at_the_end = i == static_cast<std::size_t>(Table::log);
    family.memtable_insert_with_hint_prefix_extractor.reset(at_the_end ? rocksdb::NewFixedPrefixTransform(2)
                                                                       : nullptr);
    family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(single_keys ? looked_up : table));
    descriptors.emplace_back(table_names[i], family);
  }
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName, family);
  return descriptors;
}

}  // namespace settle
