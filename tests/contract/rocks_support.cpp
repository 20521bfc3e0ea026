#include "rocks_support.hpp"

#include <gtest/gtest.h>

namespace settle {

std::unique_ptr<Journal> open_rocks(const std::filesystem::path& folder,
                                    std::shared_ptr<rocksdb::FileSystem> files) {
  auto options = rocks_options(folder);
  options.file_system = std::move(files);
  auto journal = open_rocks_journal(options);
  EXPECT_TRUE(journal.ok()) << journal.error().code << ": " << journal.error().detail;
  SETTLE_CHECK(journal.ok());
  return *std::move(journal);
}

std::string code_of_opening(const RocksOptions& options) {
  const auto journal = open_rocks_journal(options);
  return journal.ok() ? "ok" : journal.error().code;
}

void copy_folder(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

}  // namespace settle
