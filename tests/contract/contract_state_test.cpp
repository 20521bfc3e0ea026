// The contract of what rides with the records: snapshots, due times, documents, indexes.

#include <gtest/gtest.h>

#include "contract_fixture.hpp"

namespace settle {
namespace {

constexpr ShardId one{1}, two{2};

Append bare(ShardId shard, Epoch epoch) {
  Append append;
  append.shard = shard;
  append.epoch = epoch;
  append.kind = RecordKind::registry;
  append.at = TimeMs{1};
  return append;
}

TEST_P(JournalContract, ASnapshotReplacesTheOneBefore) {
  const Epoch epoch = open(one);
  const auto purchase = purchase_in(one, 1);
  EXPECT_FALSE(journal().snapshot(purchase)->has_value());
  auto append = purchase_append(purchase, epoch, TimeMs{1}, "e");
  append.snapshot = "first";
  must_append(append);
  append.snapshot.reset();
  must_append(append);
  must_flush();
  EXPECT_EQ((*journal().snapshot(purchase))->state, "first");
  EXPECT_EQ((*journal().snapshot(purchase))->lsn, 1U);
  append.snapshot = "third";
  must_append(append);
  must_flush();
  engine().reopen();
  EXPECT_EQ((*journal().snapshot(purchase))->state, "third");
  EXPECT_EQ((*journal().snapshot(purchase))->lsn, 3U);
  EXPECT_FALSE(journal().snapshot(purchase_in(one, 2))->has_value());
}

TEST_P(JournalContract, I17_DueTimesComeEarliestFirst) {
  const Epoch epoch = open(one), other = open(two);
  const auto put = [&](std::uint32_t purchase, std::int64_t remove, std::int64_t at) {
    auto append = purchase_append(purchase_in(one, purchase), epoch, TimeMs{1}, "e");
    append.due_remove = TimeMs{remove};
    append.due_put = TimeMs{at};
    must_append(append);
  };
  EXPECT_EQ(*journal().next_due(one), TimeMs{});
  put(1, 0, 300);
  put(2, 0, 100);
  put(3, 0, 70'000);
  put(4, 0, 200);
  put(1, 300, 50);   // moved
  put(4, 200, 0);    // taken out
  put(2, 100, 100);  // stays
  auto elsewhere = purchase_append(purchase_in(two, 9), other, TimeMs{1}, "e");
  elsewhere.due_put = TimeMs{1};
  must_append(elsewhere);
  must_flush();
  engine().reopen();
  const auto all = journal().due(one, TimeMs{INT64_MAX}, 10);
  ASSERT_TRUE(all.ok() && all->size() == 3);
  EXPECT_EQ((*all)[0].at, TimeMs{50});
  EXPECT_EQ((*all)[0].purchase, purchase_in(one, 1));
  EXPECT_EQ((*all)[1].at, TimeMs{100});
  EXPECT_EQ((*all)[2].at, TimeMs{70'000});
  EXPECT_EQ(journal().due(one, TimeMs{100}, 10)->size(), 2U) << "at or before";
  EXPECT_EQ(journal().due(one, TimeMs{99}, 10)->size(), 1U);
  EXPECT_EQ(journal().due(one, TimeMs{INT64_MAX}, 1)->size(), 1U);
  EXPECT_EQ(*journal().next_due(one), TimeMs{50});
  for (const DueEntry& entry : *all) EXPECT_TRUE(*journal().has_due(one, entry.at, entry.purchase));
  EXPECT_FALSE(*journal().has_due(one, all->front().at + DurationMs{1}, all->front().purchase));
  EXPECT_FALSE(*journal().has_due(two, all->front().at, all->front().purchase)) << "another shard's";
  DueEntry last;
  for (const DueEntry& entry : *all) {
    const auto next = journal().due_after(one, last, 1);
    ASSERT_TRUE(next.ok() && next->size() == 1);
    last = next->front();
    EXPECT_EQ(last.at, entry.at);
    EXPECT_EQ(last.purchase, entry.purchase);
  }
  EXPECT_TRUE(journal().due_after(one, last, 10)->empty()) << "the next shard's are not among them";
  EXPECT_EQ(*journal().next_due(two), TimeMs{1});
}

TEST_P(JournalContract, DocumentsAreReplacedAndDeletedAsAWhole) {
  const Epoch epoch = open(one), other = open(two);
  auto append = bare(one, epoch);
  append.documents = {{"a", "k", "1"}, {"a", std::string("k\0x", 3), "2"}, {"ab", "k", "3"}, {"a", "b", ""}};
  must_append(append);
  append = bare(two, other);
  append.documents = {{"a", "k", "other shard"}};
  must_append(append);
  must_flush();
  EXPECT_EQ(**journal().document(one, "a", "k"), "1");
  EXPECT_EQ(**journal().document(one, "ab", "k"), "3");
  EXPECT_EQ(**journal().document(two, "a", "k"), "other shard");
  EXPECT_EQ(**journal().document(one, "a", "b"), "") << "an empty value is there";
  EXPECT_FALSE(journal().document(one, "a", "c")->has_value());
  append = bare(one, epoch);
  append.documents = {{"a", "k", "new"}, {"a", "b", std::nullopt}, {"a", "never was", std::nullopt}};
  must_append(append);
  must_flush();
  engine().reopen();
  const auto documents = journal().documents(one, "a");
  ASSERT_TRUE(documents.ok() && documents->size() == 2);
  EXPECT_EQ((*documents)[0].kind, "a");
  EXPECT_EQ((*documents)[0].key, "k");
  EXPECT_EQ((*documents)[0].value, "new");
  EXPECT_EQ((*documents)[1].key, std::string("k\0x", 3));
  EXPECT_FALSE(journal().document(one, "a", "b")->has_value());
}

TEST_P(JournalContract, AnIndexFindsPurchasesNewestFirstOverAllShards) {
  const Epoch epochs[] = {open(ShardId{0}), open(one), open(two)};
  const std::string odd("\0\xff", 2);
  for (std::uint32_t i = 0; i < 30; ++i) {
    const ShardId shard{static_cast<std::uint16_t>(i % 3)};
    const auto purchase = purchase_in(shard, i);
    auto append = purchase_append(purchase, epochs[i % 3], TimeMs{1}, "e");
    append.indexes = {{true, "state", "trying", TimeMs{100 + i / 2}, purchase},  // in pairs of the same time
                      {true, "state", "trying2", TimeMs{1}, purchase},
                      {true, "shop", odd, TimeMs{i}, purchase}};
    must_append(append);
  }
  auto change = bare(one, epochs[1]);
  change.indexes = {{false, "state", "trying", TimeMs{100}, purchase_in(one, 1)},
                    {true, "state", "done", TimeMs{100}, purchase_in(one, 1)}};
  must_append(change);
  must_flush();
  engine().reopen();

  std::vector<Journal::IndexEntry> seen;
  std::optional<Journal::IndexEntry> cursor;
  for (int page = 0; page < 20; ++page) {
    const auto entries = journal().index("state", "trying", cursor, 7);
    ASSERT_TRUE(entries.ok());
    if (entries->empty()) break;
    seen.insert(seen.end(), entries->begin(), entries->end());
    cursor = seen.back();
  }
  ASSERT_EQ(seen.size(), 29U);
  for (std::size_t i = 1; i < seen.size(); ++i) {
    EXPECT_TRUE(seen[i].at < seen[i - 1].at ||
                (seen[i].at == seen[i - 1].at && seen[i].purchase < seen[i - 1].purchase));
  }
  EXPECT_EQ(journal().index("shop", odd, std::nullopt, 100)->size(), 30U);
  EXPECT_EQ(journal().index("shop", odd, std::nullopt, 100)->front().at, TimeMs{29});
  EXPECT_EQ(journal().index("state", "done", std::nullopt, 100)->size(), 1U);
  EXPECT_EQ(journal().index("state", "", std::nullopt, 100)->size(), 0U);
  EXPECT_EQ(journal().index("stat", "etrying", std::nullopt, 100)->size(), 0U);
}

TEST_P(JournalContract, TheRecoveryFloorIsRemembered) {
  const Epoch epoch = open(one);
  EXPECT_EQ(*journal().recovery_floor(one), 1U);
  for (int i = 1; i <= 6; ++i) {
    auto append = bare(one, epoch);
    append.recovery_floor = i == 4 ? 3 : 0;
    must_append(append);
  }
  must_flush();
  engine().reopen();
  EXPECT_EQ(*journal().recovery_floor(one), 3U);
  EXPECT_EQ(*journal().recovery_floor(two), 1U);
  EXPECT_EQ(journal().open_shard(one)->head, 6U);
  auto append = bare(one, *std::optional<Epoch>(Epoch{epoch.number + 1}));
  append.recovery_floor = 8;  // past the append itself: nothing is left to read
  must_append(append);
  must_flush();
  engine().reopen();
  EXPECT_EQ(journal().open_shard(one)->head, 7U);
  EXPECT_EQ(*journal().recovery_floor(one), 8U);
}

TEST_P(JournalContract, I4_AnAppendIsThereAsAWholeOrNotAtAll) {
  const Epoch epoch = open(one);
  constexpr std::uint32_t count = 40;
  for (std::uint32_t i = 1; i <= count; ++i) {
    const auto purchase = purchase_in(one, i);
    auto append = purchase_append(purchase, epoch, TimeMs{i}, "e");
    append.snapshot = "s";
    append.due_put = TimeMs{1'000 + i};
    append.documents = {{"a", std::to_string(i), "v"}};
    append.indexes = {{true, "state", "x", TimeMs{i}, purchase}};
    must_append(append);
    if (i == count / 2) must_flush();
  }
  engine().crash();
  const auto head = journal().open_shard(one)->head;
  EXPECT_GE(head, count / 2);
  for (std::uint32_t i = 1; i <= count; ++i) {
    const bool there = i <= head;
    EXPECT_EQ(journal().snapshot(purchase_in(one, i))->has_value(), there) << i;
    EXPECT_EQ(journal().document(one, "a", std::to_string(i))->has_value(), there) << i;
    EXPECT_EQ(journal().scan_purchase(purchase_in(one, i), 1, 1)->size(), there ? 1U : 0U) << i;
  }
  EXPECT_EQ(journal().due(one, TimeMs{INT64_MAX}, 100)->size(), head);
  EXPECT_EQ(journal().index("state", "x", std::nullopt, 100)->size(), head);
}

}  // namespace
}  // namespace settle
