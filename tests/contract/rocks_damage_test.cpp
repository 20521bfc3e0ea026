// Bits are flipped, stretches zeroed and ends cut in RocksDB's own files: a torn tail is cut, all other
// damage is an error, and no record is ever skipped.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "rocks_support.hpp"

namespace settle {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t record_count = 60;  // in turn on all shards

std::string slurp(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void spill(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

class RocksDamage : public testing::Test {
 protected:
  fs::path whole() const { return folder_.path() / "whole"; }

  // Each record in a batch and a sync of its own. `bytes`: of each.
  void write_journal(std::size_t bytes) {
    const auto journal = open_rocks(whole());
    std::vector<Epoch> epochs;
    for (std::uint16_t i = 0; i < contract_shards; ++i)
      epochs.push_back(journal->open_shard(ShardId{i})->epoch);
    for (std::uint64_t i = 0; i < record_count; ++i) {
      const ShardId shard{static_cast<std::uint16_t>(i % contract_shards)};
      ASSERT_TRUE(journal
                      ->append(purchase_append(purchase_in(shard, 1), epochs[shard.number], TimeMs{1},
                                               event(i, bytes)))
                      .ok());
      ASSERT_TRUE(journal->flush().ok());
    }
  }
  static std::string event(std::uint64_t number, std::size_t bytes) {
    std::mt19937_64 random(number);  // so that nothing compresses
    std::string event = std::to_string(number) + ":";
    while (event.size() < bytes) event += static_cast<char>(random());
    return event;
  }

  // Reads all shards of `folder`. nullopt: damage was reported. Else the number of the first record that is
  // not there, having checked that none behind it is.
  std::optional<std::uint64_t> read_prefix(const fs::path& folder) {
    auto opened = open_rocks_journal(rocks_options(folder));
    if (!opened.ok()) {
      EXPECT_EQ(opened.error().code, "damaged") << opened.error().detail;
      return std::nullopt;
    }
    std::vector<std::uint64_t> numbers;
    for (std::uint16_t i = 0; i < contract_shards; ++i) {
      const auto shard = (*opened)->open_shard(ShardId{i});
      const auto records = (*opened)->scan({ShardId{i}, 1}, 1'000);
      if (!shard.ok() || !records.ok()) {
        EXPECT_EQ((shard.ok() ? records.error() : shard.error()).code, "damaged");
        return std::nullopt;
      }
      for (const auto& record : *records) numbers.push_back(std::stoull(record.event));
    }
    std::sort(numbers.begin(), numbers.end());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (numbers[i] != i) {
        ADD_FAILURE() << "record " << i << " was skipped";
        return std::nullopt;
      }
    }
    return numbers.size();
  }

  // A copy with one file changed.
  template <class Change>
  std::optional<std::uint64_t> read_changed(const fs::path& file, Change change) {
    const fs::path copy = folder_.path() / "copy";
    fs::remove_all(copy);
    copy_folder(whole(), copy);
    const fs::path target = copy / "rocksdb" / file;
    auto bytes = slurp(target);
    change(bytes);
    spill(target, bytes);
    return read_prefix(copy);
  }

  fs::path largest(const std::string& extension) const {
    fs::path found;
    for (const auto& entry : fs::directory_iterator(whole() / "rocksdb")) {
      if (entry.path().extension() != extension) continue;
      if (found.empty() || entry.file_size() > fs::file_size(whole() / "rocksdb" / found)) {
        found = entry.path().filename();
      }
    }
    EXPECT_FALSE(found.empty());
    return found;
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(RocksDamage, I22_ATornTailIsCutAndTheRestIsWhole) {
  write_journal(200);
  const auto log = largest(".log");
  const auto size = fs::file_size(whole() / "rocksdb" / log);
  std::uint64_t before = record_count;
  for (std::uintmax_t cut = 0; cut < 1'200; cut += 37) {
    const auto prefix = read_changed(log, [&](std::string& bytes) { bytes.resize(size - cut); });
    ASSERT_TRUE(prefix.has_value()) << "a tear of " << cut << " bytes";
    EXPECT_LE(*prefix, before);
    EXPECT_GE(*prefix + 2 + cut / 300, record_count) << "no more is lost than was torn off";
    before = *prefix;
  }
  EXPECT_LT(before, record_count);
  const auto zeros = read_changed(log, [&](std::string& bytes) { bytes.resize(size + 5'000); });
  EXPECT_EQ(zeros, record_count) << "space that was allocated and not written";
}

// In a log of less than a block, RocksDB takes damaged lengths for a tear.
TEST_F(RocksDamage, I22_AFlippedBitInTheLogIsNeverSkipped) {
  for (const std::size_t bytes : {60U, 3'000U}) {
    fs::remove_all(whole());
    write_journal(bytes);
    const auto log = largest(".log");
    const auto size = fs::file_size(whole() / "rocksdb" / log);
    std::mt19937_64 random(bytes);
    int reported = 0;
    for (int i = 0; i < 40; ++i) {
      // Not in the last record: there a damage and a tear look the same.
      const auto at = random() % (size - bytes - 1'000);
      const auto prefix = read_changed(
          log, [&](std::string& content) { content[at] = static_cast<char>(content[at] ^ (1 << i % 8)); });
      if (!prefix) {
        ++reported;
      } else {
        EXPECT_EQ(*prefix, record_count)
            << "a bit at " << at << " of " << size << " cost acknowledged records";
      }
    }
    EXPECT_GE(reported, 38);
  }
}

TEST_F(RocksDamage, I22_EveryDamagedLengthIsTold) {
  write_journal(60);
  const auto log = largest(".log");
  const auto content = slurp(whole() / "rocksdb" / log);
  ASSERT_LT(content.size(), 32'768U) << "one block";
  std::size_t at = 0;
  for (int n = 0; n < 20; ++n) {
    const auto prefix = read_changed(log, [&](std::string& bytes) { bytes[at + 5] = '\x7f'; });
    EXPECT_FALSE(prefix.has_value()) << "a length at " << at;
    at +=
        7 + static_cast<unsigned char>(content[at + 4]) + 256U * static_cast<unsigned char>(content[at + 5]);
  }
}

TEST_F(RocksDamage, I22_AZeroedStretchInTheLogIsTold) {
  write_journal(1'500);
  const auto log = largest(".log");
  const auto size = fs::file_size(whole() / "rocksdb" / log);
  for (std::uintmax_t at = 4'096; at + 8'192 < size; at += std::uintmax_t{7} * 4'096) {
    const auto prefix = read_changed(log, [&](std::string& bytes) {
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 4'096, '\0');
    });
    EXPECT_FALSE(prefix.has_value()) << "zeros at " << at;
  }
}

TEST_F(RocksDamage, I22_DamageInTableFilesIsTold) {
  write_journal(3'000);
  open_rocks(whole()).reset();  // reading the log again at start puts it into table files
  std::mt19937_64 random(1);
  int reported = 0;
  for (int i = 0; i < 30; ++i) {
    const auto prefix = read_changed(largest(".sst"), [&](std::string& bytes) {
      char& byte = bytes[random() % bytes.size()];
      byte = static_cast<char>(byte ^ (1 << i % 8));
    });
    if (!prefix) {
      ++reported;
    } else {
      EXPECT_EQ(*prefix, record_count);
    }
  }
  EXPECT_GE(reported, 20);
  EXPECT_EQ(read_changed(largest(".sst"), [](std::string& bytes) { bytes.resize(bytes.size() / 2); }),
            std::nullopt);
}

TEST_F(RocksDamage, I22_AMissingFileIsTold) {
  write_journal(500);
  open_rocks(whole()).reset();
  for (const fs::path& victim : {largest(".sst"), largest(".log"), fs::path("CURRENT")}) {
    const fs::path copy = whole().parent_path() / ("without-" + victim.string());
    copy_folder(whole(), copy);
    ASSERT_TRUE(fs::remove(copy / "rocksdb" / victim));
    EXPECT_EQ(read_prefix(copy), std::nullopt) << victim;
  }
}

}  // namespace
}  // namespace settle
