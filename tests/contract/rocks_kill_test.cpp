// A process that writes is killed without warning, again and again: everything that it was told to be durable
// is there, and the chain is whole. And several threads at once.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <thread>

#include "journal_victim.hpp"
#include "rocks_support.hpp"

namespace settle {
namespace {

TEST(RocksKill, I4_I21_I22_WhatWasAcknowledgedSurvivesThirtyKills) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "journal";
  std::array<std::uint64_t, contract_shards> durable{};
  std::mt19937_64 random(1);
  std::uint64_t acknowledged = 0;
  for (int life = 0; life < 30; ++life) {
    Victim victim(path, false);
    // Some lives end while the journal is being opened.
    const std::uint64_t enough = random() % 5 == 0 ? 0 : 1 + random() % 3'000;
    if (enough == 0) std::this_thread::sleep_for(std::chrono::milliseconds(random() % 200));
    Acknowledged one;
    const auto note = [&] { durable[one.shard] = std::max(durable[one.shard], one.lsn); };
    for (std::uint64_t seen = 0; seen < enough && victim.next(one); ++seen, ++acknowledged) note();
    ASSERT_EQ(victim.kill(), -1) << "it ended by itself";
    while (victim.next(one)) note();

    const auto journal = open_rocks(path);
    for (std::uint16_t i = 0; i < contract_shards; ++i) {
      const auto opened = journal->open_shard(ShardId{i});
      ASSERT_TRUE(opened.ok()) << opened.error().detail;
      EXPECT_GE(opened->head, durable[i]) << "shard " << i << " in life " << life;
      durable[i] = opened->head;
      if (life % 10 != 9) continue;
      const auto records = journal->scan({ShardId{i}, 1}, 10'000'000);
      ASSERT_TRUE(records.ok()) << records.error().detail;
      EXPECT_EQ(records->size(), opened->head);
    }
  }
  EXPECT_GT(acknowledged, 1'000U);
}

TEST(RocksThreads, I3_ManyThreadsShareOneSync) {
  const TemporaryFolder folder;
  const auto journal = open_rocks(folder.path() / "journal");
  constexpr std::uint64_t each = 400;
  std::array<std::thread, 4> threads;
  for (std::uint16_t t = 0; t < static_cast<std::uint16_t>(threads.size()); ++t) {
    const ShardId shard{t};
    const Epoch epoch = journal->open_shard(shard)->epoch;
    threads[t] = std::thread([&journal, shard, epoch] {
      for (std::uint64_t i = 1; i <= each; ++i) {
        const auto done = journal->append(purchase_append(
            purchase_in(shard, 1), epoch, TimeMs{static_cast<std::int64_t>(i)}, std::to_string(i)));
        SETTLE_CHECK(done.ok() && done->position.lsn == i);
        if (i % 100 == 0) SETTLE_CHECK(journal->flush().ok());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (std::uint16_t t = 0; t < static_cast<std::uint16_t>(threads.size()); ++t) {
    const auto records = journal->scan({ShardId{t}, 1}, 1'000);
    ASSERT_TRUE(records.ok() && records->size() == each);
    EXPECT_EQ(records->back().event, std::to_string(each));
  }
  const auto figures = journal->figures();
  EXPECT_EQ(figures.appends, each * threads.size());
  EXPECT_LT(figures.syncs, figures.appends / 4);
}

}  // namespace
}  // namespace settle
