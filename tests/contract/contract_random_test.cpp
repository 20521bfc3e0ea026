// Long random histories with clean ends and crashes between them: what was durable reads the same ever after.

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "contract_fixture.hpp"

namespace settle {
namespace {

class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  Append next(const std::map<std::uint16_t, Epoch>& epochs) {
    const auto shard = static_cast<std::uint16_t>(below(contract_shards));
    const auto number = static_cast<std::uint32_t>(below(5));
    auto append = purchase_append(purchase_in(ShardId{shard}, number), epochs.at(shard),
                                  TimeMs{static_cast<std::int64_t>(++clock_)}, std::to_string(random_()));
    append.sync = below(2) == 0;
    if (below(3) == 0) append.snapshot = std::to_string(random_());
    if (below(3) == 0) {
      auto& due = due_[append.purchase];
      append.due_remove = due;
      append.due_put = due = TimeMs{static_cast<std::int64_t>(below(3) * (1 + below(1'000)))};
    }
    if (below(4) == 0) {
      append.documents.push_back(
          {below(2) == 0 ? "a" : "b", std::to_string(below(9)), std::to_string(random_())});
      if (below(3) == 0) append.documents.back().value.reset();
    }
    if (below(4) == 0) {
      append.indexes.push_back({below(3) != 0, "state", below(2) == 0 ? "x" : "y",
                                TimeMs{static_cast<std::int64_t>(below(50))}, append.purchase});
    }
    return append;
  }

 private:
  std::mt19937_64 random_;
  std::uint64_t clock_ = 0;
  std::map<PurchaseId, TimeMs> due_;
};

TEST_P(JournalContract, I21_RandomHistoriesReadTheSameAfterEveryEnd) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SetUp();
    History history(seed);
    for (int life = 0; life < 4; ++life) {
      std::map<std::uint16_t, Epoch> epochs;
      for (std::uint16_t i = 0; i < contract_shards; ++i) epochs[i] = open(ShardId{i});
      for (std::uint64_t n = history.below(120); n > 0; --n) {
        must_append(history.next(epochs));
        if (history.below(20) == 0) must_flush();
      }
      must_flush();
      const auto before = dump(journal());
      if (history.below(2) == 0) {
        engine().reopen();
      } else {
        engine().crash();
      }
      ASSERT_EQ(dump(journal()), before) << "seed " << seed << " life " << life;
    }
  }
}

}  // namespace
}  // namespace settle
