#pragma once
// The embedded engine of the journal: RocksDB.

#include <filesystem>
#include <memory>

#include "settle/wal/journal.hpp"

namespace rocksdb {
class FileSystem;
}

namespace settle {

struct RocksOptions {
  std::filesystem::path folder;
  std::uint16_t shard_count = 64;  // of a new journal; an existing one keeps its own
  std::string key_id;              // of the key ring; a journal made with another is refused
  std::size_t block_cache_bytes = std::size_t{64} << 20;
  std::shared_ptr<rocksdb::FileSystem> file_system;  // for fault injection; null: the real one
};

// Opens or creates. Errors, each saying what and where: folder_in_use (a second process), folder_foreign (not
// empty and not a journal), folder_unwritable, format_unsupported (written by a newer version), key_mismatch,
// damaged, io.
Result<std::unique_ptr<Journal>> open_rocks_journal(const RocksOptions& options);

// Whether `folder` already holds a journal (so that a missing key file is an error).
bool holds_journal(const std::filesystem::path& folder);

}  // namespace settle
