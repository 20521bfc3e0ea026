// A coordinator that has been replaced is refused, for ever.

#include <gtest/gtest.h>

#include "support.hpp"

namespace settle::kit::test {
namespace {

CallSpec at(const std::string& epoch, std::uint64_t purchase, Operation operation = Operation::try_) {
  CallSpec spec;
  spec.epoch = epoch;
  spec.purchase = purchase_id(purchase);
  spec.operation = operation;
  return spec;
}

TEST(Epoch, I15_AnOlderEpochIsRefusedPerShardAndDoesNothing) {
  Shop shop(10);
  EXPECT_EQ(shop.call(at("7:5", 1)).status, 200);
  for (const Operation operation :
       {Operation::try_, Operation::confirm, Operation::cancel, Operation::query}) {
    const Response answer = shop.call(at("7:4", 1, operation));
    EXPECT_EQ(answer.status, 412);
    EXPECT_EQ(code_of(answer), "stale_epoch");
  }
  EXPECT_EQ(shop.number("SELECT count(*) FROM holds WHERE state = 'held'"), 1);
  EXPECT_EQ(shop.call(at("8:1", 2)).status, 200);  // another shard counts for itself
  EXPECT_EQ(shop.call(at("7:5", 1, Operation::confirm)).status, 200);
}

TEST(Epoch, I15_SurvivesARestart) {
  const TempDir folder;
  {
    Shop shop(10, folder.file("shop.db"), Durability::full);
    EXPECT_EQ(shop.call(at("7:5", 1)).status, 200);
  }
  Shop shop(10, folder.file("shop.db"), Durability::full);
  EXPECT_EQ(code_of(shop.call(at("7:4", 2))), "stale_epoch");
  EXPECT_EQ(shop.call(at("7:5", 2)).status, 200);
}

TEST(Epoch, I15_IsSeenAlsoByAQueryAndByARefusal) {
  Shop shop(0);
  EXPECT_EQ(shop.call(at("1:3", 1, Operation::query)).status, 200);
  EXPECT_EQ(code_of(shop.call(at("1:2", 1))), "stale_epoch");
  EXPECT_EQ(code_of(shop.call(at("1:4", 1))), "out_of_stock");
  EXPECT_EQ(code_of(shop.call(at("1:3", 1))), "stale_epoch");
  shop.fail_next = true;
  EXPECT_EQ(shop.call(at("1:5", 2)).status, 503);
  EXPECT_EQ(code_of(shop.call(at("1:4", 2))), "stale_epoch");
}

}  // namespace
}  // namespace settle::kit::test
