// What only the journal in memory can do: fail, crash and be damaged on demand.

#include "settle/wal/memory_journal.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "journal_engine.hpp"

namespace settle {
namespace {

constexpr ShardId one{1};

Append event(Epoch epoch, const std::string& text) {
  return purchase_append(purchase_in(one, 1), epoch, TimeMs{1}, text);
}

class MemoryJournalTest : public testing::Test {
 protected:
  void SetUp() override { epoch_ = journal_->open_shard(one)->epoch; }
  void append(int count) {
    for (; count > 0; --count) ASSERT_TRUE(journal_->append(event(epoch_, std::to_string(++written_))).ok());
  }
  std::size_t stored(const Journal& journal) const { return journal.scan({one, 1}, 1'000)->size(); }

  std::unique_ptr<MemoryJournal> journal_ = MemoryJournal::create(contract_shards);
  Epoch epoch_;
  int written_ = 0;
};

TEST_F(MemoryJournalTest, I4_ACrashKeepsWhatWasSyncedAndAnyPrefixOfTheRest) {
  for (std::size_t survives = 0; survives <= 4; ++survives) {
    journal_ = MemoryJournal::create(contract_shards);
    SetUp();
    append(3);
    EXPECT_EQ(journal_->unsynced(), 3U);
    EXPECT_EQ(stored(*journal_), 0U) << "nothing is durable before a sync";
    ASSERT_TRUE(journal_->sync().ok());
    append(4);
    const auto after = journal_->crash(survives);
    EXPECT_EQ(stored(*after), 3 + survives);
    EXPECT_EQ(after->open_shard(one)->head, 3 + survives);
    EXPECT_FALSE(journal_->append(event(epoch_, "late")).ok());
  }
}

TEST_F(MemoryJournalTest, I23_AFailedSyncStopsItForGood) {
  Ticket told;
  int failures = 0;
  journal_->listen([&](Ticket durable, const Status& status) {
    told = durable;
    failures += status.ok() ? 0 : 1;
  });
  append(2);
  ASSERT_TRUE(journal_->sync().ok());
  append(5);
  journal_->fail_next_sync(3);
  EXPECT_EQ(journal_->sync().error().code, "failed");
  EXPECT_EQ(told, Ticket{2}) << "what failed is not acknowledged";
  EXPECT_EQ(failures, 1);
  EXPECT_EQ(journal_->sync().error().code, "failed");
  EXPECT_EQ(journal_->append(event(epoch_, "more")).error().code, "failed");
  EXPECT_EQ(journal_->open_shard(one).error().code, "failed");
  EXPECT_EQ(journal_->health().error().code, "failed");
  EXPECT_EQ(failures, 1) << "told once";
  EXPECT_EQ(stored(*journal_->crash(0)), 5U);
}

TEST_F(MemoryJournalTest, I22_EveryDamagedRecordIsFound) {
  append(5);
  ASSERT_TRUE(journal_->sync().ok());
  for (std::uint64_t lsn = 1; lsn <= 5; ++lsn) {
    journal_->damage({one, lsn});
    const auto records = journal_->scan({one, 1}, 10);
    ASSERT_FALSE(records.ok());
    EXPECT_EQ(records.error().code, "damaged");
    EXPECT_NE(records.error().detail.find("1:" + std::to_string(lsn)), std::string::npos)
        << records.error().detail;
    EXPECT_EQ(journal_->scan_purchase(purchase_in(one, 1), lsn, 1).error().code, "damaged");
    EXPECT_EQ(journal_->open_shard(one).error().code, "damaged");
    EXPECT_EQ(journal_->scan({one, 1}, lsn - 1)->size(), lsn - 1) << "what lies before it can be read";
    journal_->damage({one, lsn});  // the same bit: whole again
  }
  EXPECT_EQ(stored(*journal_), 5U);
}

TEST_F(MemoryJournalTest, I22_AProbeThatThrowsLeavesEverythingAsItWas) {
  append(1);
  std::vector<std::string> points;
  bool throws = false;
  journal_->set_probe([&](const char* point) {
    points.emplace_back(point);
    if (throws) throw std::runtime_error(point);
  });
  append(1);
  ASSERT_TRUE(journal_->sync().ok());
  ASSERT_TRUE(journal_->sync().ok());
  EXPECT_EQ(points, (std::vector<std::string>{"append", "sync"})) << "a sync of nothing is none";
  throws = true;
  EXPECT_THROW((void)journal_->append(event(epoch_, "x")), std::runtime_error);
  EXPECT_EQ(journal_->unsynced(), 0U);
  throws = false;
  append(1);
  throws = true;
  EXPECT_THROW((void)journal_->sync(), std::runtime_error);
  EXPECT_EQ(journal_->unsynced(), 1U);
  EXPECT_EQ(stored(*journal_), 2U);
  throws = false;
  EXPECT_EQ(stored(*journal_->crash(1)), 3U);
}

}  // namespace
}  // namespace settle
