// The contract of the log: positions, the chain, durability, epochs.

#include <gtest/gtest.h>

#include <atomic>

#include "contract_fixture.hpp"
#include "settle/crypto/crypto.hpp"

namespace settle {
namespace {

constexpr ShardId one{1}, two{2};

TEST_P(JournalContract, I3_PositionsHaveNoGapsAndTicketsRiseOverAllShards) {
  const Epoch first = open(one), second = open(two);
  const auto a = must_append(purchase_append(purchase_in(one, 1), first, TimeMs{10}, "a"));
  const auto b = must_append(purchase_append(purchase_in(two, 1), second, TimeMs{11}, "b"));
  const auto c = must_append(purchase_append(purchase_in(one, 2), first, TimeMs{12}, "c"));
  EXPECT_EQ(a.position, (Position{one, 1}));
  EXPECT_EQ(b.position, (Position{two, 1}));
  EXPECT_EQ(c.position, (Position{one, 2}));
  EXPECT_EQ(c.position.text(), "1:2");
  EXPECT_LT(a.ticket, b.ticket);
  EXPECT_LT(b.ticket, c.ticket);
}

TEST_P(JournalContract, I21_ScanGivesBackWhatWasAppended) {
  const Epoch epoch = open(one);
  auto append = purchase_append(purchase_in(one, 1), epoch, TimeMs{-5}, std::string("e\0vent", 6));
  append.transitions = std::string(300, '\xff');
  must_append(append);
  Append note;
  note.shard = one;
  note.epoch = epoch;
  note.kind = RecordKind::engine;
  note.at = TimeMs{INT64_MAX};
  must_append(note);
  must_flush();
  const auto records = journal().scan({one, 1}, 10);
  ASSERT_TRUE(records.ok()) << records.error().detail;
  ASSERT_EQ(records->size(), 2U);
  const Record& first = records->front();
  EXPECT_EQ(first.position, (Position{one, 1}));
  EXPECT_EQ(first.epoch, epoch);
  EXPECT_EQ(first.kind, RecordKind::purchase);
  EXPECT_EQ(first.at, TimeMs{-5});
  EXPECT_EQ(first.purchase, append.purchase);
  EXPECT_EQ(first.event, append.event);
  EXPECT_EQ(first.transitions, append.transitions);
  EXPECT_EQ(records->back().kind, RecordKind::engine);
  EXPECT_TRUE(records->back().purchase.is_zero());
  EXPECT_EQ(records->back().at, TimeMs{INT64_MAX});
}

TEST_P(JournalContract, I22_RecordsAreChained) {
  const Epoch epoch = open(one), other = open(two);
  for (int i = 0; i < 3; ++i) must_append(purchase_append(purchase_in(one, 1), epoch, TimeMs{7}, "same"));
  must_append(purchase_append(purchase_in(two, 1), other, TimeMs{7}, "same"));
  must_flush();
  engine().reopen();
  must_append(purchase_append(purchase_in(one, 1), open(one), TimeMs{7}, "same"));
  must_flush();
  const auto records = journal().scan({one, 1}, 10);
  ASSERT_TRUE(records.ok() && records->size() == 4);
  EXPECT_EQ(records->front().previous, ChainHash{});
  for (std::size_t i = 1; i < records->size(); ++i) {
    EXPECT_EQ((*records)[i].previous, (*records)[i - 1].hash);
    EXPECT_NE((*records)[i].hash, (*records)[i - 1].hash);
  }
  EXPECT_NE(journal().scan({two, 1}, 1)->front().hash, records->front().hash) << "a shard's chain is its own";
}

TEST_P(JournalContract, ScanGoesOnFromAnyPosition) {
  const Epoch epoch = open(one);
  for (int i = 1; i <= 25; ++i) {
    must_append(purchase_append(purchase_in(one, i % 3), epoch, TimeMs{i}, std::to_string(i)));
  }
  must_flush();
  EXPECT_EQ(journal().scan({one, 0}, 100)->size(), 25U);
  EXPECT_EQ(journal().scan({one, 26}, 100)->size(), 0U);
  EXPECT_EQ(journal().scan({one, 1}, 0)->size(), 0U);
  EXPECT_EQ(journal().scan({two, 1}, 100)->size(), 0U);
  const auto middle = journal().scan({one, 11}, 5);
  ASSERT_TRUE(middle.ok() && middle->size() == 5);
  EXPECT_EQ(middle->front().event, "11");
  EXPECT_EQ(middle->back().event, "15");

  const auto purchase = journal().scan_purchase(purchase_in(one, 0), 1, 100);  // 3, 6, ... 24
  ASSERT_TRUE(purchase.ok() && purchase->size() == 8);
  EXPECT_EQ(purchase->back().event, "24");
  const auto later = journal().scan_purchase(purchase_in(one, 0), 7, 2);
  ASSERT_TRUE(later.ok() && later->size() == 2);
  EXPECT_EQ(later->front().event, "9");
  EXPECT_EQ(later->back().event, "12");
  EXPECT_EQ(journal().scan_purchase(purchase_in(one, 77), 1, 9)->size(), 0U);
}

TEST_P(JournalContract, I2_ListenersHearOfDurabilityInOrder) {
  const Epoch epoch = open(one);
  std::atomic<std::uint64_t> heard{0};
  std::atomic<bool> in_order{true};
  const int handle = journal().listen([&](Ticket durable, const Status& status) {
    if (!status.ok() || durable.number <= heard) in_order = false;
    heard = durable.number;
  });
  Appended last;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 5; ++i)
      last = must_append(purchase_append(purchase_in(one, 1), epoch, TimeMs{1}, "e"));
    must_flush();
    EXPECT_EQ(heard, last.ticket.number);
  }
  EXPECT_TRUE(in_order);
  journal().unlisten(handle);
  must_append(purchase_append(purchase_in(one, 1), epoch, TimeMs{1}, "e"));
  must_flush();
  EXPECT_EQ(heard, last.ticket.number) << "not called after unlisten";
}

TEST_P(JournalContract, AnAppendThatNobodyWaitsForBecomesDurableByItself) {
  auto append = purchase_append(purchase_in(one, 1), open(one), TimeMs{1}, "lazy");
  append.sync = false;
  const auto appended = must_append(append);
  engine().let_linger_pass(appended.ticket);
  engine().crash();
  const auto records = journal().scan({one, 1}, 10);
  ASSERT_TRUE(records.ok() && records->size() == 1);
  EXPECT_EQ(records->front().event, "lazy");
}

TEST_P(JournalContract, I4_WhatWasAcknowledgedSurvivesACrash) {
  const Epoch epoch = open(one);
  for (int i = 1; i <= 10; ++i)
    must_append(purchase_append(purchase_in(one, 1), epoch, TimeMs{i}, std::to_string(i)));
  must_flush();
  for (int i = 11; i <= 20; ++i)
    must_append(purchase_append(purchase_in(one, 1), epoch, TimeMs{i}, std::to_string(i)));
  engine().crash();
  const auto opened = journal().open_shard(one);
  ASSERT_TRUE(opened.ok()) << opened.error().detail;
  EXPECT_GE(opened->head, 10U);
  EXPECT_EQ(opened->last_at.count, static_cast<std::int64_t>(opened->head));
  const auto records = journal().scan({one, 1}, 100);
  ASSERT_TRUE(records.ok());
  ASSERT_EQ(records->size(), opened->head);
  for (std::size_t i = 0; i < records->size(); ++i) EXPECT_EQ((*records)[i].event, std::to_string(i + 1));
  // And the log goes on where it ended.
  const auto next = must_append(purchase_append(purchase_in(one, 1), opened->epoch, TimeMs{99}, "next"));
  EXPECT_EQ(next.position.lsn, opened->head + 1);
}

TEST_P(JournalContract, I15_AWriterWithAnOlderEpochIsFenced) {
  const auto append = [&](Epoch epoch) {
    return purchase_append(purchase_in(one, 1), epoch, TimeMs{1}, "e");
  };
  EXPECT_EQ(code_of(append(Epoch{0})), "fenced") << "not opened yet";
  const Epoch first = open(one);
  EXPECT_LT(Epoch{0}, first);
  EXPECT_EQ(code_of(append(first)), "ok");
  const Epoch second = open(one);
  EXPECT_LT(first, second);
  EXPECT_EQ(code_of(append(first)), "fenced");
  EXPECT_EQ(code_of(append(second)), "ok");
  engine().crash();
  EXPECT_EQ(code_of(append(second)), "fenced") << "an epoch does not outlive its owner";
  const Epoch third = open(one);
  EXPECT_LT(second, third) << "the epoch is durable before the shard is given out";
  EXPECT_EQ(code_of(append(third)), "ok");
  EXPECT_EQ(code_of(append(Epoch{third.number + 1})), "fenced");
}

TEST_P(JournalContract, I15_ATakenShardContainsWhatTheOwnerBeforeAppended) {
  const Epoch first = open(one);
  for (int i = 0; i < 5; ++i) must_append(purchase_append(purchase_in(one, 1), first, TimeMs{i}, "e"));
  const auto taken = journal().open_shard(one);
  ASSERT_TRUE(taken.ok());
  EXPECT_EQ(taken->head, 5U);
  EXPECT_EQ(taken->last_at, TimeMs{4});
  EXPECT_EQ(journal().scan({one, 1}, 10)->size(), 5U);
}

TEST_P(JournalContract, WhatIsRefusedLeavesNoTrace) {
  const Epoch epoch = open(one);
  const auto good = purchase_append(purchase_in(one, 1), epoch, TimeMs{1}, "e");
  const auto refused = [&](const char* code, auto change) {
    auto append = good;
    change(append);
    EXPECT_EQ(code_of(append), code);
  };
  refused("too_large", [](Append& a) { a.event.assign(record_bytes_max, 'x'); });
  refused("too_large", [](Append& a) { a.snapshot = std::string(record_bytes_max, 'x'); });
  refused("too_large", [](Append& a) { a.documents.push_back({"a", std::string(513, 'k'), "v"}); });
  refused("too_large", [](Append& a) {
    a.indexes.push_back({true, "i", std::string(513, 'v'), {}, a.purchase});
  });
  refused("invalid_append", [](Append& a) { a.documents.push_back({"A", "k", "v"}); });
  refused("invalid_append", [](Append& a) { a.documents.push_back({"a", "", "v"}); });
  refused("invalid_append", [](Append& a) { a.documents.push_back({std::string(33, 'a'), "k", "v"}); });
  refused("invalid_append", [](Append& a) { a.indexes.push_back({true, "", "v", {}, a.purchase}); });
  refused("invalid_append", [](Append& a) {
    a.indexes.push_back({true, std::string(17, 'i'), "v", {}, {}});
  });
  refused("invalid_append", [](Append& a) { a.shard = ShardId{contract_shards}; });
  refused("invalid_append", [](Append& a) { a.purchase = PurchaseId{}, a.snapshot = "s"; });
  refused("invalid_append", [](Append& a) { a.purchase = purchase_in(two, 1), a.due_put = TimeMs{1}; });
  must_flush();
  EXPECT_EQ(journal().scan({one, 1}, 10)->size(), 0U);
  EXPECT_EQ(must_append(good).position.lsn, 1U) << "no LSN was used up";
  EXPECT_TRUE(journal().health().ok());
}

TEST_P(JournalContract, ARecordMayBeAsLargeAsTheLimit) {
  auto append =
      purchase_append(purchase_in(one, 1), open(one), TimeMs{1}, std::string(record_bytes_max - 1, 'x'));
  must_append(append);
  must_flush();
  engine().reopen();
  const auto records = journal().scan({one, 1}, 1);
  ASSERT_TRUE(records.ok() && records->size() == 1);
  EXPECT_EQ(records->front().event, append.event);
}

TEST_P(JournalContract, FiguresCount) {
  const Epoch epoch = open(one);
  const auto before = journal().figures();
  for (int i = 0; i < 4; ++i) must_append(purchase_append(purchase_in(one, 1), epoch, TimeMs{1}, "four"));
  must_flush();
  const auto after = journal().figures();
  EXPECT_EQ(after.appends - before.appends, 4U);
  EXPECT_EQ(after.bytes - before.bytes, 4U * 5U);
  EXPECT_GE(after.syncs - before.syncs, 1U);
  EXPECT_LE(after.syncs - before.syncs, 4U);
}

}  // namespace
}  // namespace settle
