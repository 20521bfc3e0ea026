// Orders of events that nobody plans: acts that are refused, keys and definitions that come again before the
// first is durable, a journal that failed while much was still to do.

#include <gtest/gtest.h>

#include "settle/participants/protocol.hpp"
#include "world.hpp"

namespace settle::test {
namespace {

using Views = std::vector<Result<PurchaseView>>;

std::function<void(Result<PurchaseView>)> into(Views& views) {
  return [&views](Result<PurchaseView> view) { views.push_back(std::move(view)); };
}

Result<PurchaseView> reopen(World& world, const PurchaseId& id) {
  Views views;
  world.engine->reopen(id, {"ann", "stock is back"}, into(views));
  while (views.empty() && world.step()) {
  }
  return views.empty() ? Result<PurchaseView>(Error{"unanswered", ""}) : views.front();
}

TEST(Engine, I23_AFailedJournalLeavesNothingThatWakesTheLoopForEver) {
  World world;
  world.submit(world.request("k1"));
  world.journal->fail_next_sync(0);
  ASSERT_FALSE(world.submit(world.request("k2"))[0].ok());
  int steps = 0;
  while (steps < 10'000 && world.step()) ++steps;
  EXPECT_LT(steps, 10'000) << "what is due can never be done, and keeps the loop busy";
}

TEST(Engine, I5_AKeyThatJoinedACartIsAnsweredOnlyOnceThatIsDurable) {
  World world;
  const auto first = world.submit(world.request("k1", "cart-1"));
  Views views;
  world.engine->submit(world.request("k2", "cart-1"), into(views));
  world.engine->submit(world.request("k2", "cart-1"), into(views));
  EXPECT_TRUE(views.empty()) << "answered before the key's record was synced";
  while (views.size() < 2 && world.step()) {
  }
  ASSERT_EQ(views.size(), 2U);
  for (const auto& view : views) {
    ASSERT_TRUE(view.ok());
    EXPECT_EQ(view->purchase.id, first[0]->purchase.id);
    EXPECT_TRUE(view->same_cart);
  }
}

TEST(Engine, RefusedActsLeaveNothingInMemory) {
  World world;
  const auto first = world.submit(world.request("k1", "cart-1"));
  const PurchaseId id = first[0]->purchase.id;
  world.run();
  ASSERT_EQ(world.engine->figures().in_motion, 0U);
  Views views;
  world.engine->retry(id, {"ann", "why not"}, "no-such-step", into(views));
  EXPECT_EQ(world.engine->figures().in_motion, 0U) << "retry of an unknown step";
  world.engine->resolve(id, {"ann", "why not"}, "no-such-step", Resolution::done, into(views));
  EXPECT_EQ(world.engine->figures().in_motion, 0U) << "resolve of an unknown step";
  world.engine->reopen(id, {"ann", "why not"}, into(views));
  EXPECT_EQ(world.engine->figures().in_motion, 0U) << "reopening what is completed";
  ASSERT_EQ(views.size(), 3U);
  for (const auto& view : views) EXPECT_FALSE(view.ok());
  const ShardId shard = shard_of(id, world.journal->shard_count());
  const std::string token = callback_token({id, 9, Operation::try_}, shard, *world.keys);
  world.engine->callback(token, R"({"outcome":"done"})",
                         [](const Result<Done>& done) { EXPECT_EQ(done.error().code, "unknown_token"); });
  EXPECT_EQ(world.engine->figures().in_motion, 0U) << "a callback for a step that is not there";
}

TEST(Engine, I14_OnlyTheLastOfAChainIsReopened) {
  World world({{"reserve:try", {Behaviour::refuse, Behaviour::refuse}}});
  const PurchaseId a = world.submit(world.request("k1"))[0]->purchase.id;
  world.run();
  const auto second = reopen(world, a);
  ASSERT_TRUE(second.ok()) << second.error().detail;
  const PurchaseId b = second->purchase.id;
  world.run();
  ASSERT_EQ(world.show(b).purchase.state, PurchaseState::cancelled);
  const auto fork = reopen(world, a);
  ASSERT_FALSE(fork.ok()) << "two successors of one purchase could both be open: it would be bought twice";
  EXPECT_EQ(fork.error().code, "state_forbids");
  EXPECT_NE(fork.error().detail.find(b.text()), std::string::npos) << fork.error().detail;
  const auto third = reopen(world, b);
  ASSERT_TRUE(third.ok()) << third.error().detail;
  world.run();
  EXPECT_EQ(world.show(third->purchase.id).purchase.state, PurchaseState::completed);
  EXPECT_EQ(world.engine->figures().in_motion, 0U);
}

TEST(Engine, I4_ADefinitionPutAgainIsAnsweredOnlyOnceItIsDurable) {
  World world;
  Definition definition = purchase_definition();
  definition.name = "other";
  int answered = 0, fine = 0;
  const auto then = [&](const Result<Engine::PutOutcome>& put) {
    ++answered;
    fine += put.ok() ? 1 : 0;
  };
  world.engine->put_definition(definition, then);
  world.engine->put_definition(definition, then);
  EXPECT_EQ(answered, 0) << "`nothing changed` was said of what a crash would lose";
  while (answered < 2 && world.step()) {
  }
  EXPECT_EQ(fine, 2);

  world.journal->fail_next_sync(0);
  definition.name = "lost";
  world.engine->put_definition(definition, then);
  while (answered < 3 && world.step()) {
  }
  world.engine->put_definition(definition, then);
  EXPECT_EQ(answered, 4);
  EXPECT_EQ(fine, 2) << "I23: a definition that was never stored was acknowledged";
}

TEST(Engine, AChangeOfARegistrationDoesNotUndoTheOneBefore) {
  World world;
  const std::string url = R"({"url":"http://merchant/callback")";
  const auto parse = [&](const std::string& more) {
    return *parse_merchant("m-1", url + more + "}", world.engine->registry().merchant("m-1"));
  };
  const std::string secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
  std::vector<std::string> answers;
  const auto then = [&](const Result<Engine::PutOutcome>& put) {
    answers.push_back(put.ok() ? "ok" : put.error().code);
  };
  world.engine->put_merchant(parse(R"(,"secrets":[")" + secret + "\"]"), then);
  world.engine->put_merchant(parse(R"(,"contact":"ann")"), then);  // made from the secrets before
  world.engine->erase_merchant(
      "m-1", [&](const Result<Done>& done) { answers.push_back(done.ok() ? "ok" : done.error().code); });
  while (answers.size() < 3 && world.step()) {
  }
  EXPECT_EQ(answers, (std::vector<std::string>{"overloaded", "overloaded", "ok"}));
  world.engine->put_merchant(parse(R"(,"contact":"ann")"), then);
  while (answers.size() < 4 && world.step()) {
  }
  EXPECT_EQ(answers.back(), "ok");
  const Merchant* merchant = world.engine->registry().merchant("m-1");
  ASSERT_NE(merchant, nullptr);
  EXPECT_EQ(merchant->secrets, std::vector<std::string>{secret}) << "the rotated secret was undone";
}

TEST(Engine, OneWhoWaitsMayAskAgainFromWithinItsAnswer) {
  World world({{"reserve:try", {Behaviour::refuse}}});
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  Views views;
  const auto then = [&](Result<PurchaseView> view) {
    views.push_back(std::move(view));
    world.engine->show(id, into(views));
  };
  world.engine->await_outcome(id, DurationMs{30'000}, then);
  world.engine->await_outcome(id, DurationMs{30'000}, then);
  world.run();
  ASSERT_EQ(views.size(), 4U);
  for (const auto& view : views) {
    ASSERT_TRUE(view.ok());
    EXPECT_EQ(view->purchase.id, id);
    EXPECT_EQ(view->purchase.order.idempotency_key, "k1");
  }
}

// A participant's answers, each within the limits, must not add up to a record that the journal refuses: the
// refusal would stop everybody (I19).
TEST(Engine, I19_LargeAnswersStopNoJournal) {
  const std::vector<Behaviour> silent{Behaviour::accepted_lost};
  World world({{"reserve:try", silent}, {"reserve:confirm", silent}, {"charge:confirm", silent}});
  Definition definition = purchase_definition();
  definition.name = "large";
  for (StepDefinition& step : definition.steps) step.secrets = {"c"};
  definition.steps.back().secrets.clear();
  world.engine->put_definition(definition,
                               [](const Result<Engine::PutOutcome>& put) { EXPECT_TRUE(put.ok()); });
  SubmitRequest request = world.request("k1");
  request.definition = "large";
  const PurchaseId id = world.submit(request)[0]->purchase.id;

  std::string result = "{\"a\":1";  // each small member grows by sealing, many times over
  while (result.size() + 10 < result_bytes_max) result += ",\"c\":1";
  const std::string body = R"({"outcome":"done","result":)" + result + "}}";
  const ShardId shard = shard_of(id, world.journal->shard_count());
  const auto tell = [&](std::uint8_t step, Operation operation) {
    bool answered = false;
    world.engine->callback(callback_token({id, step, operation}, shard, *world.keys), body,
                           [&](const Result<Done>&) { answered = true; });
    while (!answered && world.step()) {
    }
    world.run(DurationMs{1'000});
    EXPECT_TRUE(world.engine->ready().ok()) << "step " << int{step} << " " << name_of(operation);
  };
  world.run(DurationMs{1'000});
  tell(0, Operation::try_);
  tell(0, Operation::confirm);
  tell(1, Operation::confirm);
  world.run();
  EXPECT_TRUE(world.engine->ready().ok());
  EXPECT_EQ(world.show(id).purchase.state, PurchaseState::completed);
}

// A shop that gives up on a 422 must not do so because of a purchase that a crash then takes back.
TEST(Engine, I3_ARefusalIsToldOnlyOnceWhatItRestsOnIsDurable) {
  World world;
  std::vector<Result<PurchaseView>> first, other_body, other_goods;
  SubmitRequest request = world.request("k1", "cart-1");
  world.engine->submit(request, into(first));
  SubmitRequest altered = request;
  altered.digest[0] = 9;
  world.engine->submit(altered, into(other_body));
  SubmitRequest twin = world.request("k2", "cart-1");
  twin.order.amount_minor += 1;
  world.engine->submit(twin, into(other_goods));
  EXPECT_TRUE(first.empty());
  EXPECT_TRUE(other_body.empty());
  EXPECT_TRUE(other_goods.empty());
  while (first.empty() && world.step()) {
  }
  ASSERT_EQ(other_body.size(), 1U);
  EXPECT_EQ(other_body[0].error().code, "idempotency_key_reused");
  ASSERT_EQ(other_goods.size(), 1U);
  EXPECT_EQ(other_goods[0].error().code, "cart_id_reused");
}

// Both were in force before either was durable: the definition then named somebody who was gone.
TEST(Engine, ADefinitionCannotNameWhoIsBeingDeleted) {
  World world;
  const auto spare =
      parse_participant("spare", R"({"base_urls":["http://spare"],"endpoints":{"deliver":"/d"}})", nullptr);
  ASSERT_TRUE(spare.ok()) << spare.error().detail;
  world.engine->put_participant(*spare, [](const auto&) {});
  while (world.step()) {
  }
  Definition definition = purchase_definition();
  definition.name = "other";
  definition.steps[3].target = "spare";
  std::string erased, put;
  world.engine->erase_participant("spare",
                                  [&](const auto& done) { erased = done.ok() ? "ok" : done.error().code; });
  world.engine->put_definition(definition,
                               [&](const auto& done) { put = done.ok() ? "ok" : done.error().code; });
  while (world.step()) {
  }
  EXPECT_EQ(erased, "ok");
  EXPECT_EQ(put, "overloaded");
}

}  // namespace
}  // namespace settle::test
