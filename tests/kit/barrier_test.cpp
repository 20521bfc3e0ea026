// The barrier of section 5, one story per row of its table.

#include <gtest/gtest.h>

#include "support.hpp"

namespace settle::kit::test {
namespace {

CallSpec try_call() {
  return {};
}
CallSpec confirm_call() {
  CallSpec spec;
  spec.operation = Operation::confirm;
  return spec;
}
CallSpec cancel_call() {
  CallSpec spec;
  spec.operation = Operation::cancel;
  return spec;
}

std::string state(Shop& shop) {
  CallSpec spec;
  spec.operation = Operation::query;
  return json_of(shop.call(spec)).value("state", "");
}

std::int64_t available(Shop& shop) {
  return shop.number("SELECT available FROM stock");
}

TEST(Barrier, I12_ARepeatedTryHoldsOnceAndAnswersAlike) {
  Shop shop(10);
  const Response first = shop.call(try_call());
  const Response second = shop.call(try_call());
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(first.body, second.body);
  EXPECT_EQ(shop.works, 1);
  EXPECT_EQ(available(shop), 8);
  EXPECT_EQ(state(shop), "tried");
}

TEST(Barrier, ARefusedTryRefusesAlikeAlsoWhenStockCameBack) {
  Shop shop(1);
  EXPECT_EQ(code_of(shop.call(try_call())), "out_of_stock");
  {
    Transaction transaction = shop.database->begin();
    shop.book.set_stock(transaction, "GAME-100", 50);
    ASSERT_TRUE(transaction.commit());
  }
  const Response again = shop.call(try_call());
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(code_of(again), "out_of_stock");
  EXPECT_EQ(state(shop), "refused");
}

TEST(Barrier, I12_ARepeatedConfirmTakesOnce) {
  Shop shop(10);
  shop.call(try_call());
  const Response first = shop.call(confirm_call());
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(shop.call(confirm_call()).body, first.body);
  EXPECT_EQ(shop.number("SELECT taken FROM stock"), 2);
  EXPECT_EQ(state(shop), "confirmed");
}

TEST(Barrier, ARepeatedCancelReleasesOnce) {
  Shop shop(10);
  shop.call(try_call());
  EXPECT_EQ(shop.call(cancel_call()).status, 200);
  EXPECT_EQ(shop.call(cancel_call()).status, 200);
  EXPECT_EQ(available(shop), 10);
  EXPECT_EQ(state(shop), "cancelled");
}

TEST(Barrier, I9_ACancelWithoutATrySucceedsAndFencesTheLateTry) {
  Shop shop(10);
  EXPECT_EQ(shop.call(cancel_call()).status, 200);
  EXPECT_EQ(shop.works, 0);
  const Response late = shop.call(try_call());
  EXPECT_EQ(late.status, 409);
  EXPECT_EQ(code_of(late), "fenced");
  EXPECT_EQ(shop.works, 0);
  EXPECT_EQ(state(shop), "cancelled");
}

TEST(Barrier, ACancelOfARefusedTryHasNothingToUndo) {
  Shop shop(1);
  shop.call(try_call());
  EXPECT_EQ(shop.call(cancel_call()).status, 200);
  EXPECT_EQ(shop.works, 1);
  EXPECT_EQ(code_of(shop.call(try_call())), "out_of_stock");
}

TEST(Barrier, AConfirmWithoutATryIsAContradictionAndLeavesNoFence) {
  Shop shop(10);
  const Response answer = shop.call(confirm_call());
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(code_of(answer), "not_tried");
  EXPECT_EQ(state(shop), "unknown");
  EXPECT_EQ(shop.call(try_call()).status, 200);
  EXPECT_EQ(shop.call(confirm_call()).status, 200);
}

TEST(Barrier, I1_ConfirmAndCancelExcludeEachOther) {
  Shop confirmed(10);
  confirmed.call(try_call());
  confirmed.call(confirm_call());
  EXPECT_EQ(code_of(confirmed.call(cancel_call())), "confirmed_before");
  EXPECT_EQ(state(confirmed), "confirmed");

  Shop cancelled(10);
  cancelled.call(try_call());
  cancelled.call(cancel_call());
  EXPECT_EQ(code_of(cancelled.call(confirm_call())), "cancelled_before");
  EXPECT_EQ(state(cancelled), "cancelled");
}

TEST(Barrier, WhatWasNotDoneLeavesNothing) {
  Shop shop(10);
  for (const CallSpec& spec : {try_call(), confirm_call()}) {
    shop.fail_next = true;
    const Response failed = shop.call(spec);
    EXPECT_EQ(failed.status, 503);
    EXPECT_FALSE(failed.headers.empty());  // Retry-After
    EXPECT_EQ(shop.call(spec).status, 200);
  }
  EXPECT_EQ(shop.number("SELECT taken FROM stock"), 2);
}

TEST(Barrier, ARefusalUndoesWhatTheHandlerHadWritten) {
  auto database = Database::open(":memory:").value();
  const Local writes_then_refuses{[](const Call&, Transaction& transaction) {
    transaction.run("CREATE TABLE half_done (x)");
    return Answer::refused("no", "changed my mind");
  }};
  const auto participant =
      Participant::create(*database, secrets(),
                          {writes_then_refuses, writes_then_refuses, writes_then_refuses})
          .value();
  EXPECT_EQ(participant->handle(Operation::try_, request_of({})).status, 409);
  Transaction transaction = database->begin();
  EXPECT_FALSE(transaction.row("SELECT 1 FROM sqlite_master WHERE name = 'half_done'"));
}

TEST(Barrier, AnExceptionOfTheHandlerIsNotNow) {
  auto database = Database::open(":memory:").value();
  const Local throws{[](const Call&, Transaction&) -> Answer { throw std::runtime_error("broken"); }};
  const auto participant = Participant::create(*database, secrets(), {throws, throws, throws}).value();
  EXPECT_EQ(participant->handle(Operation::try_, request_of({})).status, 503);
}

TEST(Barrier, I9_FencesOutliveThirtyDaysAndAreDeletedWholeStepByStep) {
  Shop shop(10);
  shop.call(try_call());
  shop.call(cancel_call());
  CallSpec standing = try_call();
  standing.purchase = purchase_id(2);
  shop.call(standing);
  Transaction transaction = shop.database->begin();
  const std::int64_t day = 86'400;
  EXPECT_EQ(purge(transaction, now_s() + 30 * day - 60, 30), 0);
  EXPECT_EQ(purge(transaction, now_s() + 31 * day, 30), 2);   // try and cancel of the first
  EXPECT_EQ(purge(transaction, now_s() + 400 * day, 30), 0);  // the hold that still stands
  EXPECT_EQ(purge(transaction, now_s() + 400 * day, 30, true), 1);
}

}  // namespace
}  // namespace settle::kit::test
