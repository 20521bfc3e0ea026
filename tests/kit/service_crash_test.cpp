// kill -9 in the middle of a stream of calls, again and again: afterwards the books balance.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "http.hpp"
#include "process.hpp"

namespace settle::kit::test {
namespace {

constexpr std::uint64_t purchases = 300;
constexpr int kills = 10;
constexpr int threads_count = 4;

// Repeats until an answer is final, as a coordinator does. The service may be away, or somewhere else by
// then.
int insist(const std::atomic<int>& port, const CallSpec& spec) {
  for (int attempt = 0; attempt < 2000; ++attempt) {
    const int status = send(port, request_of(spec), 2000).status;
    if (status == 200 || status == 409) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return 0;
}

Operation decision_of(std::uint64_t purchase) {
  return purchase % 3 == 0 ? Operation::cancel : Operation::confirm;
}

void drive(const std::atomic<int>& port, std::uint64_t first, std::atomic<std::uint64_t>& settled) {
  for (std::uint64_t purchase = first; purchase < purchases; purchase += threads_count) {
    CallSpec spec;
    spec.purchase = purchase_id(purchase);
    EXPECT_EQ(insist(port, spec), 200);
    spec.operation = decision_of(purchase);
    EXPECT_EQ(insist(port, spec), 200);
    ++settled;
  }
}

void survive(const TempDir& folder, const std::string& name, const std::vector<std::string>& more) {
  auto service = start(folder, name, more);
  std::atomic<int> port{service->port()};
  std::atomic<std::uint64_t> settled{0};
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (std::uint64_t n = 0; n < threads_count; ++n) {
    threads.emplace_back([&port, n, &settled] { drive(port, n, settled); });
  }
  int killed = 0;
  for (; killed < kills && settled < purchases;
       ++killed) {  // spread over the stream, by progress and not by time
    const std::uint64_t until = purchases * static_cast<std::uint64_t>(killed + 1) / (kills + 2);
    while (settled < until) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    service->kill_hard();
    service = start(folder, name, more);
    port = service->port();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(killed, kills);
  service->kill_hard();
}

std::int64_t number(const std::string& file, const std::string& sql) {
  auto database = Database::open(file).value();
  Transaction transaction = database->begin();
  return transaction.row(sql)->integer(0);
}

TEST(Crash, I11_I12_TheInventoryBalancesAfterKills) {
  const TempDir folder;
  survive(folder, "inventory", {"--default-stock", "1000"});
  const std::string file = folder.file("inventory.db");
  EXPECT_EQ(number(file, "SELECT count(*) FROM holds WHERE state = 'taken'"), 200);
  EXPECT_EQ(number(file, "SELECT count(*) FROM holds WHERE state = 'released'"), 100);
  EXPECT_EQ(number(file, "SELECT count(*) FROM holds WHERE state = 'held'"), 0);
  EXPECT_EQ(number(file, "SELECT taken FROM stock"), 400);
  EXPECT_EQ(number(file, "SELECT available FROM stock"), 600);
}

TEST(Crash, I11_I12_ThePaymentBalancesAfterKills) {
  const TempDir folder;
  survive(folder, "payment", {"--default-balance", "1000000"});
  const std::string file = folder.file("payment.db");
  EXPECT_EQ(number(file, "SELECT sum(charged - refunded) FROM payments"), 400'000);
  EXPECT_EQ(number(file, "SELECT sum(held) FROM payments"), 0);
  EXPECT_EQ(number(file, "SELECT balance FROM accounts"), 600'000);
}

TEST(Crash, I12_TheCardsBalanceAfterKills) {
  const TempDir folder;
  survive(folder, "card", {});
  const std::string file = folder.file("card.db");
  EXPECT_EQ(number(file, "SELECT count(*) FROM codes WHERE state = 'issued'"), 400);
  EXPECT_EQ(number(file, "SELECT count(*) FROM codes WHERE state = 'reserved'"), 0);
  EXPECT_EQ(number(file,
                   "SELECT count(*) FROM (SELECT purchase FROM codes WHERE state = 'issued'"
                   " GROUP BY purchase HAVING count(*) <> 2)"),
            0);
}

}  // namespace
}  // namespace settle::kit::test
