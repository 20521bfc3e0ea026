// The order in which the journal is read for receivers.

#include "outlet_reader.hpp"

#include <gtest/gtest.h>

#include <random>

#include "settle/wal/memory_journal.hpp"

namespace settle::test {
namespace {

constexpr std::uint16_t shards = 5;

// Appends `count` records to shards by chance, of which one gets most; times go on, some are the same.
void append(MemoryJournal& journal, const std::vector<Epoch>& epochs, std::mt19937& random, std::size_t count,
            std::int64_t& at) {
  for (std::size_t i = 0; i < count; ++i) {
    Append append;
    append.shard = ShardId{static_cast<std::uint16_t>(random() % 3 == 0 ? random() % shards : 0)};
    append.epoch = epochs[append.shard.number];
    append.kind = RecordKind::engine;
    append.at = TimeMs{at += static_cast<std::int64_t>(random() % 3)};
    append.event = "{}";
    ASSERT_TRUE(journal.append(std::move(append)).ok());
  }
  ASSERT_TRUE(journal.sync().ok());
}

TEST(OutletReader, ReadsEachRecordOnceInTheOrderOfHappeningHoweverSmallTheSlice) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto journal = MemoryJournal::create(shards);
    std::vector<Epoch> epochs;
    for (std::uint16_t n = 0; n < shards; ++n) epochs.push_back(journal->open_shard(ShardId{n})->epoch);
    std::vector<std::uint64_t> next(shards, 1), heads(shards, 0), seen(shards, 0);
    std::int64_t at = 1'000;
    TimeMs last;
    for (int round = 0; round < 5; ++round) {
      append(*journal, epochs, random, 200, at);
      for (std::uint16_t n = 0; n < shards; ++n)
        heads[n] = journal->scan(Position{ShardId{n}, 1}, 10'000)->size();
      for (bool more = true; more;) {
        const auto records = read_on(*journal, next, heads, 1 + random() % 40);
        ASSERT_TRUE(records.ok());
        more = !records->empty();
        for (const Record& record : *records) {
          EXPECT_LE(last, record.at) << record.position.text();
          last = record.at;
          EXPECT_EQ(record.position.lsn, ++seen[record.position.shard.number]);
        }
      }
      EXPECT_EQ(seen, heads);
    }
  }
}

TEST(OutletReader, ARecordThatIsMissingIsDamageAndNotPassedOver) {
  const auto journal = MemoryJournal::create(shards);
  std::vector<std::uint64_t> next(shards, 1);
  const std::vector<std::uint64_t> heads{0, 0, 1, 0, 0};
  const auto records = read_on(*journal, next, heads, 10);
  ASSERT_FALSE(records.ok());
  EXPECT_EQ(records.error().code, "damaged");
}

}  // namespace
}  // namespace settle::test
