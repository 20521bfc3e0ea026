// Many threads, two connections as of two processes, one file: the same calls at the same time.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "support.hpp"

namespace settle::kit::test {
namespace {

constexpr std::uint64_t purchases = 60;
constexpr std::int64_t stock = 70;  // for 35 of the 60, two each

struct Seen {
  std::mutex mutex;
  std::map<std::string, std::set<std::string>> tries;  // by purchase: the bodies of all 200s
  std::set<std::string> confirmed;
  std::set<std::string> cancelled;
  int unexpected = 0;
};

void note(Seen& seen, const CallSpec& spec, const Response& answer) {
  const std::lock_guard<std::mutex> lock(seen.mutex);
  if (answer.status != 200 && answer.status != 409) ++seen.unexpected;
  if (answer.status != 200) return;
  if (spec.operation == Operation::try_) seen.tries[spec.purchase].insert(answer.body);
  if (spec.operation == Operation::confirm) seen.confirmed.insert(spec.purchase);
  if (spec.operation == Operation::cancel) seen.cancelled.insert(spec.purchase);
}

std::vector<CallSpec> shuffled_calls(std::uint64_t seed) {
  std::vector<CallSpec> calls;
  for (std::uint64_t i = 0; i < purchases; ++i) {
    for (const Operation operation :
         {Operation::try_, Operation::try_, Operation::confirm, Operation::cancel}) {
      CallSpec spec;
      spec.purchase = purchase_id(i);
      spec.operation = operation;
      calls.push_back(spec);
    }
  }
  std::shuffle(calls.begin(), calls.end(), std::mt19937_64(seed));
  return calls;
}

TEST(Barrier, I9_I12_ConcurrentCallsHoldTakeAndReleaseOnce) {
  const TempDir folder;
  Shop one(stock, folder.file("shop.db"), Durability::full);
  Shop two(stock, folder.file("shop.db"), Durability::full);
  Seen seen;
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (std::uint64_t n = 0; n < 6; ++n) {
    threads.emplace_back([&seen, &shop = n % 2 == 0 ? one : two, n] {
      for (const CallSpec& spec : shuffled_calls(n)) note(seen, spec, shop.call(spec));
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(seen.unexpected, 0);
  for (const auto& [purchase, bodies] : seen.tries) EXPECT_EQ(bodies.size(), 1U) << purchase;
  for (const std::string& purchase : seen.confirmed)
    EXPECT_EQ(seen.cancelled.count(purchase), 0U) << purchase;
  EXPECT_EQ(seen.confirmed.size() + seen.cancelled.size(), purchases);
  const auto taken = static_cast<std::int64_t>(2 * seen.confirmed.size());
  EXPECT_EQ(one.number("SELECT taken FROM stock"), taken);
  EXPECT_EQ(one.number("SELECT available FROM stock"), stock - taken);
  EXPECT_EQ(one.number("SELECT count(*) FROM holds WHERE state = 'held'"), 0);
  EXPECT_GT(taken, 0);
}

TEST(Barrier, I12_TheLastPieceGoesToOne) {
  const TempDir folder;
  Shop shop(2, folder.file("shop.db"), Durability::full);
  std::atomic<int> won{0};
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (std::uint64_t n = 0; n < 8; ++n) {
    threads.emplace_back([&shop, &won, n] {
      CallSpec spec;
      spec.purchase = purchase_id(n);
      if (shop.call(spec).status == 200) ++won;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(shop.number("SELECT available FROM stock"), 0);
}

}  // namespace
}  // namespace settle::kit::test
