// Changes of what is registered while purchases are in flight: later calls go where they now belong, nothing
// that was begun is forgotten, and a purchase ends by the definition that it began with (I27).

#include <gtest/gtest.h>

#include <algorithm>

#include "settle/crypto/crypto.hpp"
#include "world.hpp"

namespace settle::test {
namespace {

template <class T>
std::string code_of(const Result<T>& result) {
  return result.ok() ? "ok" : result.error().code;
}

template <class Start>
void wait_for(World& world, const Start& start) {
  std::string answer;
  start([&](const auto& result) { answer = code_of(result); });
  while (answer.empty() && world.step()) {
  }
  ASSERT_EQ(answer, "ok");
}

void put_merchant(World& world, const std::string& url) {
  const Merchant* before = world.engine->registry().merchant("m-1");
  const auto merchant = parse_merchant("m-1", R"({"url":")" + url + R"("})", before);
  wait_for(world, [&](auto then) { world.engine->put_merchant(*merchant, then); });
}

void put_participant(World& world, const std::string& name, const std::string& url) {
  const std::string endpoints = R"({"try":"/try","confirm":"/confirm","cancel":"/cancel"})";
  const auto participant =
      parse_participant(name, R"({"base_urls":[")" + url + R"("],"endpoints":)" + endpoints + "}",
                        world.engine->registry().participant(name));
  ASSERT_TRUE(participant.ok()) << participant.error().detail;
  wait_for(world, [&](auto then) { world.engine->put_participant(*participant, then); });
}

void erase_merchant(World& world) {
  wait_for(world, [&](auto then) { world.engine->erase_merchant("m-1", then); });
}

// Goes on until this many calls are on the wire.
void run_to_call(World& world, std::size_t calls) {
  while (world.wire.size() < calls && world.step()) {
  }
  ASSERT_EQ(world.wire.size(), calls);
}

void expect_same_message(const HttpRequest& a, const HttpRequest& b) {
  EXPECT_EQ(a.body, b.body);
  for (const char* name : {"webhook-id", "Idempotency-Key"}) {
    EXPECT_FALSE(header(a, name).empty()) << name;
    EXPECT_EQ(header(a, name), header(b, name)) << name;
  }
}

// A resend says when it was made, and signs that: services refuse what is more than five minutes old (A8).
void expect_own_signature(const HttpRequest& request, TimeMs sent_at, const std::string& secret) {
  const std::int64_t stamp = sent_at.count / 1'000;
  EXPECT_EQ(header(request, "webhook-timestamp"), std::to_string(stamp));
  const auto key = webhook_key(secret);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(header(request, "webhook-signature"),
            webhook_signature(*key, header(request, "webhook-id"), stamp, request.body));
}

PurchaseState state_of(World& world, const PurchaseId& id) {
  return world.show(id).purchase.state;
}

TEST(Registration, I26_ANewUrlOfAMerchantAppliesToWhatWaitsTheMessageUnchanged) {
  World world({{"notify:deliver", {Behaviour::broken}}});
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  run_to_call(world, 7);
  ASSERT_EQ(world.wire.back(), "notify:deliver:1");
  put_merchant(world, "http://elsewhere/callback");
  world.run();
  ASSERT_EQ(world.wire.back(), "notify:deliver:2");
  EXPECT_EQ(world.requests[6].urls, std::vector<std::string>{"http://merchant/callback"});
  EXPECT_EQ(world.requests[7].urls, std::vector<std::string>{"http://elsewhere/callback"});
  expect_same_message(world.requests[6], world.requests[7]);
  EXPECT_EQ(state_of(world, id), PurchaseState::completed);
  world.check_books("a merchant moved");
}

TEST(Registration, I26_AResendHasATimestampAndASignatureOfItsOwn) {
  World world({{"notify:deliver", {Behaviour::broken, Behaviour::broken}}});
  world.submit(world.request("k1"));
  world.run();
  ASSERT_EQ(world.wire.back(), "notify:deliver:3");
  const std::string secret = world.engine->registry().merchant("m-1")->secrets.front();
  for (const std::size_t call : {6U, 7U, 8U}) {
    expect_own_signature(world.requests[call], world.sent_at[call], secret);
    expect_same_message(world.requests[6], world.requests[call]);
  }
  EXPECT_GT((world.sent_at[8] - world.sent_at[6]).count, 5 * 60'000) << "longer than a signature is good for";
}

TEST(Registration, I7_ANewUrlOfAParticipantAppliesToTheNextAttemptUnderTheSameKey) {
  World world({{"charge:try", {Behaviour::broken}}}, false);
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  run_to_call(world, 2);
  ASSERT_EQ(world.wire.back(), "charge:try:1");
  put_participant(world, "payment", "http://elsewhere");
  world.run();
  ASSERT_EQ(world.wire.at(2), "charge:try:2");
  EXPECT_EQ(world.requests[1].urls, std::vector<std::string>{"http://payment/try"});
  EXPECT_EQ(world.requests[2].urls, std::vector<std::string>{"http://elsewhere/try"});
  expect_same_message(world.requests[1], world.requests[2]);
  EXPECT_EQ(state_of(world, id), PurchaseState::completed);
  world.check_books("a participant moved");
}

// `purchase` without its step `issue`.
Definition shorter_purchase() {
  Definition definition = purchase_definition();
  definition.steps.erase(definition.steps.begin() + 2);
  definition.steps.back().after = {1};
  return definition;
}

TEST(Registration, I27_APurchaseEndsByTheDefinitionThatItBeganWith) {
  World world;
  world.definitions[2] = shorter_purchase();
  const PurchaseId old = world.submit(world.request("k1"))[0]->purchase.id;
  run_to_call(world, 2);
  wait_for(world, [&](auto then) { world.engine->put_definition(shorter_purchase(), then); });
  world.restart(0);
  world.run();
  EXPECT_EQ(state_of(world, old), PurchaseState::completed);
  EXPECT_EQ(world.show(old).purchase.definition_version, 1U);
  EXPECT_EQ(world.show(old).definition->steps.size(), 4U);
  for (const char* call : {"issue:try:1", "issue:confirm:1", "notify:deliver:1"})
    EXPECT_EQ(std::count(world.wire.begin(), world.wire.end(), call), 1) << call;
  world.check_books("by version 1");
  world.wire.clear();
  const PurchaseId fresh = world.submit(world.request("k2"))[0]->purchase.id;
  world.run();
  EXPECT_EQ(state_of(world, fresh), PurchaseState::completed);
  EXPECT_EQ(world.show(fresh).purchase.definition_version, 2U);
  const std::vector<std::string> expected = {"reserve:try:1", "charge:try:1", "reserve:confirm:1",
                                             "charge:confirm:1", "notify:deliver:1"};
  EXPECT_EQ(world.wire, expected);
  world.check_replay("two versions");
}

TEST(Registration, I16_ADeletedMerchantIsStillToldWhatWasBoughtAlsoAfterARestart) {
  World world({{"notify:deliver", {Behaviour::broken, Behaviour::broken}}});
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  run_to_call(world, 7);
  erase_merchant(world);
  EXPECT_EQ(world.engine->registry().merchant("m-1"), nullptr);
  EXPECT_TRUE(world.engine->registry().merchants().empty());
  EXPECT_EQ(code_of(world.submit(world.request("k2"))[0]), "unknown_merchant");
  run_to_call(world, 8);
  world.restart(0);
  EXPECT_EQ(world.engine->registry().merchant("m-1"), nullptr);
  EXPECT_TRUE(world.engine->registry().merchants().empty());
  EXPECT_EQ(code_of(world.submit(world.request("k2"))[0]), "unknown_merchant");
  std::string again;
  world.engine->erase_merchant("m-1", [&](const Result<Done>& done) { again = code_of(done); });
  EXPECT_EQ(again, "not_found");
  world.run();
  EXPECT_EQ(state_of(world, id), PurchaseState::completed);
  EXPECT_EQ(world.requests.back().urls, std::vector<std::string>{"http://merchant/callback"});
  expect_same_message(world.requests[6], world.requests.back());
  world.check_books("a merchant was deleted");
}

// Its key is still the one that signs, and it is stored sealed as before.
// The name was moved away before it was written, so that the log told of a deletion and not of whose.
TEST(Registration, I25_TheLogNamesWhatWasDeleted) {
  World world;
  erase_merchant(world);
  wait_for(world, [&](auto then) {
    world.engine->put_participant(
        *parse_participant("spare", R"({"base_urls":["http://spare"],"endpoints":{"deliver":"/deliver"}})",
                           nullptr),
        then);
  });
  wait_for(world, [&](auto then) { world.engine->erase_participant("spare", then); });
  const auto records = world.journal->scan(Position{ShardId{0}, 1}, 1'000);
  ASSERT_TRUE(records.ok());
  const auto tells = [&](const std::string& event) {
    return std::any_of(records->begin(), records->end(),
                       [&](const Record& record) { return record.event == event; });
  };
  EXPECT_TRUE(tells(R"({"event":"merchant_deleted","name":"m-1"})"));
  EXPECT_TRUE(tells(R"({"event":"participant_deleted","name":"spare"})"));
}

TEST(Registration, ADeletedMerchantsSecretStaysAndStaysSealed) {
  World world;
  const std::string secret = world.engine->registry().merchant("m-1")->secrets.front();
  erase_merchant(world);
  world.restart(0);
  const Merchant* retired = world.engine->registry().reachable_merchant("m-1");
  ASSERT_NE(retired, nullptr);
  EXPECT_TRUE(retired->retired);
  EXPECT_EQ(retired->secrets, std::vector<std::string>{secret});
  const auto stored = world.journal->document(ShardId{0}, "merchant", "m-1");
  ASSERT_TRUE(stored.ok() && stored->has_value());
  EXPECT_NE((*stored)->find(R"("retired":true)"), std::string::npos);
  EXPECT_EQ((*stored)->find("whsec_"), std::string::npos);
}

TEST(Registration, ADeletedMerchantIsRevivedByItsNextPut) {
  World world({{"notify:deliver", {Behaviour::broken}}});
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  run_to_call(world, 7);
  erase_merchant(world);
  put_merchant(world, "http://elsewhere/callback");
  ASSERT_NE(world.engine->registry().merchant("m-1"), nullptr);
  world.restart(0);
  ASSERT_NE(world.engine->registry().merchant("m-1"), nullptr);
  EXPECT_EQ(world.engine->registry().reachable_merchant("m-1")->url, "http://elsewhere/callback");
  world.run();
  EXPECT_EQ(state_of(world, id), PurchaseState::completed);
  EXPECT_EQ(world.requests.back().urls, std::vector<std::string>{"http://elsewhere/callback"});
  EXPECT_TRUE(world.submit(world.request("k2"))[0].ok());
}

// Only one that the newest version of no definition names can be deleted: `card`, once `purchase` does
// without.
TEST(Registration, I16_ADeletedParticipantIsStillReachedByWhatNeedsItAlsoAfterARestart) {
  World world({{"issue:try", {Behaviour::broken}}, {"issue:confirm", {Behaviour::broken}}}, false);
  world.definitions[2] = shorter_purchase();
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  run_to_call(world, 3);
  std::string code;
  world.engine->erase_participant("card", [&](const Result<Done>& done) { code = code_of(done); });
  EXPECT_EQ(code, "in_use");
  wait_for(world, [&](auto then) { world.engine->put_definition(shorter_purchase(), then); });
  wait_for(world, [&](auto then) { world.engine->erase_participant("card", then); });
  for (int restarts = 0; restarts < 2; ++restarts) {
    EXPECT_EQ(world.engine->registry().participant("card"), nullptr);
    EXPECT_EQ(world.engine->registry().participants().count("card"), 0U);
    world.engine->erase_participant("card", [&](const Result<Done>& done) { code = code_of(done); });
    EXPECT_EQ(code, "not_found");
    Definition again = purchase_definition();
    again.name = "again";
    world.engine->put_definition(again, [&](const auto& put) { code = code_of(put); });
    EXPECT_EQ(code, "unknown_participant");
    if (restarts == 0) world.restart(0);
  }
  world.run();
  EXPECT_EQ(state_of(world, id), PurchaseState::completed);
  world.check_books("a participant was deleted");
  world.check_replay("a participant was deleted");
}

}  // namespace
}  // namespace settle::test
