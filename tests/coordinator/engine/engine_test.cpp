// Stories of single purchases in virtual time, on the production engine.

#include <gtest/gtest.h>

#include "world.hpp"

namespace settle::test {
namespace {

PurchaseId only_purchase(const World& world) {
  return *world.acknowledged.begin();
}

TEST(Engine, D3_PurchaseGoesItsWholeWay) {
  World world;
  const auto answers = world.submit(world.request("k1"));
  ASSERT_EQ(answers.size(), 1U);
  ASSERT_TRUE(answers[0].ok()) << answers[0].error().detail;
  EXPECT_TRUE(answers[0]->created);
  world.run();
  EXPECT_EQ(world.show(only_purchase(world)).purchase.state, PurchaseState::completed);
  const std::vector<std::string> expected = {"reserve:try:1",     "charge:try:1",     "issue:try:1",
                                             "reserve:confirm:1", "charge:confirm:1", "issue:confirm:1",
                                             "notify:deliver:1"};
  EXPECT_EQ(world.wire, expected);
  world.check_books("happy");
  world.check_replay("happy");
}

TEST(Engine, I5_SameKeyGivesTheSamePurchaseAndAnotherBodyIsRefused) {
  World world;
  const auto first = world.submit(world.request("k1"));
  const auto again = world.submit(world.request("k1"));
  ASSERT_TRUE(again[0].ok());
  EXPECT_FALSE(again[0]->created);
  EXPECT_EQ(first[0]->purchase.id, again[0]->purchase.id);
  world.run();
  world.restart(0);
  const auto finished = world.submit(world.request("k1"));
  ASSERT_TRUE(finished[0].ok());
  EXPECT_EQ(finished[0]->purchase.id, first[0]->purchase.id);
  EXPECT_EQ(finished[0]->purchase.state, PurchaseState::completed);
  SubmitRequest other = world.request("k1");
  other.digest[0] = 2;
  const auto refused = world.submit(other);
  ASSERT_FALSE(refused[0].ok());
  EXPECT_EQ(refused[0].error().code, "idempotency_key_reused");
}

TEST(Engine, B7_ThreeClicksOnOneCartMakeOnePurchase) {
  World world;
  const auto first = world.submit(world.request("k1", "cart-1"));
  const auto second = world.submit(world.request("k2", "cart-1"));
  const auto third = world.submit(world.request("k3", "cart-1"));
  EXPECT_EQ(first[0]->purchase.id, second[0]->purchase.id);
  EXPECT_EQ(first[0]->purchase.id, third[0]->purchase.id);
  EXPECT_TRUE(third[0]->same_cart);
  EXPECT_EQ(world.acknowledged.size(), 1U);
  world.run();
  world.restart(0);
  EXPECT_EQ(world.submit(world.request("k2", "cart-1"))[0]->purchase.id, first[0]->purchase.id);
}

TEST(Engine, B7_ACartIsOfItsGoodsOnly) {
  World world;
  const auto first = world.submit(world.request("k1", "cart-1"));
  const auto with = [&](const auto& change) {
    SubmitRequest other = world.request("k2", "cart-1");
    change(other.order);
    return other;
  };
  const std::vector<SubmitRequest> others = {
      with([](Order& order) { order.sku = "GAME-200"; }), with([](Order& order) { order.quantity = 3; }),
      with([](Order& order) { order.amount_minor = 1; }), with([](Order& order) { order.currency = "USD"; }),
      with([](Order& order) { order.buyer = "buyer-2"; })};
  for (int round = 0; round < 2; ++round) {
    const std::uint64_t appends = world.journal->figures().appends;
    for (const SubmitRequest& other : others) {
      const auto refused = world.submit(other);
      ASSERT_FALSE(refused[0].ok()) << "another purchase's answer was given";
      EXPECT_EQ(refused[0].error().code, "cart_id_reused");
    }
    if (round == 1) {
      EXPECT_EQ(world.journal->figures().appends, appends) << "a refused one was stored";
      EXPECT_EQ(world.engine->figures().in_motion, 0U);
    }
    world.run();  // again from where it rests on disk
  }
  SubmitRequest same = with([](Order& order) { order.order_id = "another"; });
  const auto second = world.submit(same);
  ASSERT_TRUE(second[0].ok()) << "a refusal used the key up";
  EXPECT_EQ(second[0]->purchase.id, first[0]->purchase.id);
  EXPECT_EQ(world.acknowledged.size(), 1U);
}

TEST(Engine, B7_ACancelledPurchaseFreesItsCartForOtherGoods) {
  World world({{"reserve:try", {Behaviour::refuse}}});
  const auto first = world.submit(world.request("k1", "cart-1"));
  world.run();
  SubmitRequest other = world.request("k2", "cart-1");
  other.order.sku = "GAME-200";
  const auto fresh = world.submit(other);
  ASSERT_TRUE(fresh[0].ok()) << fresh[0].error().detail;
  EXPECT_NE(fresh[0]->purchase.id, first[0]->purchase.id);
}

TEST(Engine, B7_ACancelledPurchaseFreesItsCartButKeepsItsKeys) {
  World world({{"reserve:try", {Behaviour::refuse}}});
  const auto first = world.submit(world.request("k1", "cart-1"));
  const auto second = world.submit(world.request("k2", "cart-1"));
  world.run();
  ASSERT_EQ(world.show(first[0]->purchase.id).purchase.state, PurchaseState::cancelled);
  const auto fresh = world.submit(world.request("k3", "cart-1"));
  EXPECT_NE(fresh[0]->purchase.id, first[0]->purchase.id);
  EXPECT_EQ(world.submit(world.request("k2", "cart-1"))[0]->purchase.id, first[0]->purchase.id) << "I5";
}

TEST(Engine, B9_ARefusalSaysWhy) {
  World world({{"charge:try", {Behaviour::refuse}}});
  world.submit(world.request("k1"));
  world.run();
  const Purchase p = world.show(only_purchase(world)).purchase;
  EXPECT_EQ(p.state, PurchaseState::cancelled);
  EXPECT_EQ(p.reason_code, "out_of_stock");
  EXPECT_EQ(p.reason_step, "charge");
  world.check_books("refused charge");
}

TEST(Engine, C11_WaitingForTheOutcomeIsAnsweredWhenAllIsConfirmed) {
  World world({{"notify:deliver", {Behaviour::lose_request}}});
  const auto answers = world.submit(world.request("k1"));
  std::vector<PurchaseView> outcomes;
  world.engine->await_outcome(answers[0]->purchase.id, DurationMs{30'000},
                              [&](Result<PurchaseView> view) { outcomes.push_back(*view); });
  while (outcomes.empty() && world.step()) {
  }
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].purchase.state, PurchaseState::delivering) << "a slow merchant delays nobody";
}

TEST(Engine, WaitingEndsWithWhatStands) {
  World world({{"charge:try", {Behaviour::lose_request, Behaviour::lose_request}}});
  const auto answers = world.submit(world.request("k1"));
  std::vector<PurchaseView> outcomes;
  world.engine->await_outcome(answers[0]->purchase.id, DurationMs{1'000},
                              [&](Result<PurchaseView> view) { outcomes.push_back(*view); });
  while (outcomes.empty() && world.step()) {
  }
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].purchase.state, PurchaseState::trying);
}

TEST(Engine, I23_AFailedSyncStopsAcknowledging) {
  World world;
  world.submit(world.request("k1"));
  world.journal->fail_next_sync(0);
  const auto answers = world.submit(world.request("k2"));
  ASSERT_EQ(answers.size(), 1U);
  ASSERT_FALSE(answers[0].ok());
  EXPECT_EQ(answers[0].error().code, "journal_failed");
  EXPECT_FALSE(world.engine->ready().ok());
  const std::size_t sent = world.wire.size();
  world.run(DurationMs{60'000});
  EXPECT_EQ(world.wire.size(), sent) << "nothing leaves after a failed sync";
  world.restart(0);
  world.run();
  world.check_books("after a failed sync");
}

TEST(Engine, I17_APurchaseThatWaitsRestsOnDiskAndIsWoken) {
  World world({{"reserve:try", {Behaviour::lose_request, Behaviour::lose_request}}}, false);
  world.submit(world.request("k1"));
  int at_rest = 0;
  world.at_idle = [&] { at_rest += world.engine->figures().in_motion == 0 ? 1 : 0; };
  world.run();
  EXPECT_GT(at_rest, 0) << "never left memory";
  EXPECT_EQ(world.show(only_purchase(world)).purchase.state, PurchaseState::completed);
  EXPECT_EQ(world.engine->figures().in_motion, 0U) << "finished purchases stay in memory";
}

// As many as are looked at in a round, and all of them before everybody else in their shard.
TEST(Engine, I19_APurchaseThatCannotBeReadKeepsNoOtherFromItsTurn) {
  for (const std::uint16_t count : {1, 700}) {
    World world({{"reserve:try", {Behaviour::lose_request, Behaviour::lose_request}}}, false);
    world.submit(world.request("k1"));
    const PurchaseId id = only_purchase(world);
    const ShardId shard = shard_of(id, world.journal->shard_count());
    PurchaseId bad;
    for (std::uint16_t made = 0, n = 0; made < count; ++n) {
      bad.bytes.fill(1);
      bad.bytes[15] = bad.bytes[7] = static_cast<std::uint8_t>(n);
      bad.bytes[14] = bad.bytes[6] = static_cast<std::uint8_t>(n >> 8U);
      if (shard_of(bad, world.journal->shard_count()).number != shard.number) continue;
      Append poison;
      poison.purchase = bad;
      poison.shard = shard;
      poison.epoch = Epoch{1};
      poison.at = world.loop.now_;
      poison.event = "unreadable";
      poison.snapshot = "\xff\xff unreadable";
      poison.due_put = world.loop.now_ + DurationMs{1};
      ASSERT_TRUE(world.journal->append(std::move(poison)).ok());
      ++made;
    }
    world.run(DurationMs{120'000});
    EXPECT_EQ(world.show(id).purchase.state, PurchaseState::completed);
    EXPECT_TRUE(world.engine->ready().ok());
    EXPECT_EQ(world.engine->figures().alerts, count) << "a person is told of each, once";
    world.pass(DurationMs{3'600'000});
    EXPECT_EQ(world.engine->gauges().due_lag.count, 0) << "nobody else is late";
    EXPECT_FALSE(world.loop.wake_) << "nor is anybody looked for";
  }
}

TEST(Engine, I13_AForgedCallbackChangesNothing) {
  World world;
  world.submit(world.request("k1"));
  std::string code;
  world.engine->callback("AAAA", R"({"outcome":"done"})",
                         [&](const Result<Done>& done) { code = done.ok() ? "ok" : done.error().code; });
  EXPECT_EQ(code, "unknown_token");
}

TEST(Engine, I13_ACallbackThatContradictsIsAnswered409AndAlerted) {
  World world({{"reserve:try", {Behaviour::accepted_both}}});
  world.submit(world.request("k1"));
  world.run();
  EXPECT_EQ(world.alerts_409, 1);
  EXPECT_EQ(world.engine->figures().alerts, 1U) << "a person is told";
  EXPECT_EQ(world.show(only_purchase(world)).purchase.state, PurchaseState::completed);
  world.check_books("a contradicting callback");
  world.check_replay("a contradicting callback");

  World agreeing({{"reserve:try", {Behaviour::accepted_told}}});
  agreeing.submit(agreeing.request("k1"));
  agreeing.run();
  EXPECT_EQ(agreeing.alerts_409, 0) << "a duplicate is no contradiction";
}

TEST(Engine, I14_ReopenMakesALinkedPurchaseAndOnlyOne) {
  World world({{"reserve:try", {Behaviour::refuse}}});
  const auto first = world.submit(world.request("k1"));
  world.run();
  std::vector<Result<PurchaseView>> reopened;
  const auto reopen = [&] {
    world.engine->reopen(first[0]->purchase.id, {"ann", "stock is back"},
                         [&](Result<PurchaseView> view) { reopened.push_back(std::move(view)); });
    const std::size_t before = reopened.size();
    while (reopened.size() == before && world.step()) {
    }
  };
  reopen();
  while (reopened.empty() && world.step()) {
  }
  ASSERT_TRUE(reopened[0].ok()) << reopened[0].error().detail;
  EXPECT_EQ(reopened[0]->purchase.predecessor, first[0]->purchase.id);
  world.acknowledged.insert(reopened[0]->purchase.id);
  world.run();
  const Purchase old = world.show(first[0]->purchase.id).purchase;
  EXPECT_EQ(old.state, PurchaseState::cancelled);
  EXPECT_EQ(old.successor, reopened[0]->purchase.id);
  EXPECT_EQ(world.show(old.successor).purchase.state, PurchaseState::completed);
  world.engine->reopen(first[0]->purchase.id, {"ann", "again"},
                       [&](Result<PurchaseView> view) { reopened.push_back(std::move(view)); });
  ASSERT_EQ(reopened.size(), 2U);
  ASSERT_FALSE(reopened[1].ok());
  EXPECT_EQ(reopened[1].error().code, "state_forbids");
  world.check_books("reopened");
  world.check_replay("reopened");
}

TEST(Engine, I25_ActsAreRefusedWithTheReason) {
  World world;
  const auto first = world.submit(world.request("k1"));
  world.run();
  std::string code, detail;
  world.engine->cancel(first[0]->purchase.id, {"ann", "wrong"}, [&](const Result<PurchaseView>& view) {
    code = view.ok() ? "ok" : view.error().code;
    detail = view.ok() ? "" : view.error().detail;
  });
  EXPECT_EQ(code, "state_forbids");
  EXPECT_NE(detail.find("commit"), std::string::npos);
}

TEST(Engine, PauseRefusesNewPurchasesAndSurvivesARestart) {
  World world;
  bool paused = false;
  world.engine->pause({"ann", "bank is down"}, [&](const Result<Done>& done) { paused = done.ok(); });
  while (!paused && world.step()) {
  }
  world.restart(0);
  const auto refused = world.submit(world.request("k1"));
  ASSERT_FALSE(refused[0].ok());
  EXPECT_EQ(refused[0].error().code, "paused");
}

TEST(Engine, ListsFindPurchasesInMotionAndAtRest) {
  World world({{"charge:try", {Behaviour::ok, Behaviour::lose_request}}});
  world.submit(world.request("k1"));
  world.run();
  world.submit(world.request("k2"));
  ListPage page;
  const auto list = [&](ListQuery query) {
    page = {};
    bool listed = false;
    world.engine->list(std::move(query), [&](Result<ListPage> found) {
      listed = true;
      ASSERT_TRUE(found.ok());
      page = std::move(*found);
    });
    while (!listed && world.step()) {
    }
  };
  list({});
  EXPECT_EQ(page.purchases.size(), 2U);
  ListQuery trying;
  trying.state = PurchaseState::trying;
  list(trying);
  ASSERT_EQ(page.purchases.size(), 1U);
  EXPECT_EQ(page.purchases[0].purchase.order.idempotency_key, "k2");
  ListQuery by_order;
  by_order.order_id = "order-k1";
  list(by_order);
  ASSERT_EQ(page.purchases.size(), 1U);
  ListQuery small;
  small.limit = 1;
  list(small);
  ASSERT_EQ(page.purchases.size(), 1U);
  ASSERT_FALSE(page.next_cursor.empty());
  small.cursor = page.next_cursor;
  const std::string first = page.purchases[0].purchase.order.idempotency_key;
  list(small);
  ASSERT_EQ(page.purchases.size(), 1U);
  EXPECT_NE(page.purchases[0].purchase.order.idempotency_key, first);
}

TEST(Engine, D6_TheJournalIsReadPageByPageWithoutGapsOrRepeats) {
  World world;
  world.submit(world.request("k1"));
  world.submit(world.request("k2"));
  world.run();
  std::set<std::pair<int, std::uint64_t>> seen;
  std::string cursor;
  for (;;) {
    const auto page = world.engine->journal(cursor, std::nullopt, 3);
    ASSERT_TRUE(page.ok());
    if (page->records.empty()) break;
    for (const Record& record : page->records)
      EXPECT_TRUE(seen.insert({record.position.shard.number, record.position.lsn}).second)
          << "seen twice: " << record.position.text();
    cursor = page->next_cursor;
  }
  EXPECT_EQ(seen.size(), world.journal->figures().appends);
  EXPECT_FALSE(world.engine->journal("nonsense", std::nullopt, 3).ok());
}

}  // namespace
}  // namespace settle::test
