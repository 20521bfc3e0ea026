#pragma once
// What the tests of the embedded engine share.

#include <atomic>
#include <filesystem>
#include <memory>

#include "journal_engine.hpp"
#include "settle/wal/rocks_journal.hpp"
#include "temporary_folder.hpp"

namespace settle {

inline RocksOptions rocks_options(const std::filesystem::path& folder) {
  RocksOptions options;
  options.folder = folder;
  options.shard_count = contract_shards;
  options.key_id = "0123456789abcdef";
  return options;
}

std::unique_ptr<Journal> open_rocks(const std::filesystem::path& folder,
                                    std::shared_ptr<rocksdb::FileSystem> files = nullptr);

// The code of the error that opening gives, or "ok".
std::string code_of_opening(const RocksOptions& options);

// Copies the files of a journal that nobody has open.
void copy_folder(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace settle
