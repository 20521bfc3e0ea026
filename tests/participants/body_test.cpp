// What participants read: the body of a call.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sample_call.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

json body(const SampleCall& sample, std::uint8_t step, Operation operation) {
  return json::parse(sample.request(step, operation).body);
}

TEST(CallBody, CarriesTheOrderAsTheShopSentIt) {
  SampleCall sample;
  sample.purchase.order.order_id = "A\"\\\n\x01\xe4\xb8\xad";
  const json said = body(sample, reserve, Operation::try_);
  EXPECT_EQ(said["purchase"], sample.purchase.id.text());
  EXPECT_EQ(said["step"], "reserve");
  EXPECT_EQ(said["operation"], "try");
  EXPECT_EQ(said["shop"], "shop-1");
  EXPECT_EQ(said["order_id"], "A\"\\\n\x01\xe4\xb8\xad");
  EXPECT_EQ(said["cart_id"], "C-7");
  EXPECT_EQ(said["buyer"], "b-42");
  EXPECT_EQ(said["sku"], "GAME-100");
  EXPECT_EQ(said["quantity"], 2);
  EXPECT_EQ(said["amount"], 2000);
  EXPECT_EQ(said["currency"], "CNY");
  EXPECT_EQ(said["merchant"], "m-1");
  EXPECT_EQ(said["payload"], json({{"free", "as it came"}}));
  EXPECT_EQ(said["results"], json::object());
}

// A resend must have the same bytes also when another build makes it: services compare digests under a key.
TEST(CallBody, I26_IsTheseBytesInEachVersionOfSettle) {
  SampleCall sample;
  sample.purchase.steps[charge].try_result = R"({"auth":"a-1"})";
  const std::string order =
      R"("shop":"shop-1","order_id":"A-1001","cart_id":"C-7","buyer":"b-42","sku":"GAME-100","quantity":2,)"
      R"("amount":2000,"currency":"CNY","merchant":"m-1","payload":{"free":"as it came"},)";
  const auto expect = [&](std::uint8_t step, Operation operation, const std::string& results) {
    const std::string name = sample.definition.steps[step].name;
    EXPECT_EQ(sample.request(step, operation).body,
              R"({"purchase":"a0a1a2a3a4a5a6a7a8a9aaabacadaeaf","step":")" + name + R"(","operation":")" +
                  name_of(operation) + "\"," + order + R"("results":)" + results + "}");
  };
  expect(charge, Operation::try_, "{}");
  for (const Operation op : {Operation::confirm, Operation::cancel, Operation::query})
    expect(charge, op, R"({"charge":{"auth":"a-1"}})");
  expect(notify, Operation::deliver, R"({"charge":{"auth":"a-1"}})");
}

TEST(CallBody, LeavesOutTheCartAndEmptiesThePayloadWhenTheShopGaveNone) {
  SampleCall sample;
  sample.purchase.order.cart_id.clear();
  sample.purchase.order.payload.clear();
  const json said = body(sample, reserve, Operation::try_);
  EXPECT_FALSE(said.contains("cart_id"));
  EXPECT_EQ(said["payload"], json::object());
}

TEST(CallBody, EscapesEveryControlCharacter) {
  SampleCall sample;
  std::string all;
  for (char c = 1; c < 0x20; ++c) all += c;
  sample.purchase.order.buyer = all + "\x7f\"\\/";
  EXPECT_EQ(body(sample, reserve, Operation::try_)["buyer"], all + "\x7f\"\\/");
}

struct Results : ::testing::Test {
  Results() {
    sample.purchase.steps[reserve].try_result = R"({"hold":"h-77","n":12345678901234567890})";
    sample.purchase.steps[charge].try_result = R"({"auth":"a-1","state":"held"})";
    sample.purchase.steps[charge].confirm_result = R"({"capture":"c-1","state":"taken"})";
    sample.purchase.steps[issue].try_result = R"({"lot":7})";
    sample.purchase.steps[issue].confirm_result = sample.sealed_cards(R"(["CODE-1"])");
  }
  SampleCall sample;
};

TEST_F(Results, OfATryAreThoseOfTheStepsBefore) {
  const json results = body(sample, issue, Operation::try_)["results"];
  EXPECT_EQ(results.size(), 2U);
  EXPECT_EQ(results["reserve"]["hold"], "h-77");
  EXPECT_EQ(results["charge"], json({{"auth", "a-1"}, {"state", "held"}}));
}

TEST_F(Results, OfAConfirmAreEveryTryAndTheConfirmsItWaitsFor) {
  const json results = body(sample, issue, Operation::confirm)["results"];
  EXPECT_EQ(results["reserve"]["hold"], "h-77");
  EXPECT_EQ(results["charge"], json({{"auth", "a-1"}, {"capture", "c-1"}, {"state", "taken"}}));
  EXPECT_EQ(results["issue"], json({{"lot", 7}}));
  // reserve's confirm waits for nobody, and so sees no confirm: otherwise its body would depend on who was
  // faster.
  EXPECT_EQ(body(sample, reserve, Operation::confirm)["results"]["charge"],
            json({{"auth", "a-1"}, {"state", "held"}}));
}

TEST_F(Results, OfACancelOrQueryAreItsOwnTry) {
  for (const Operation operation : {Operation::cancel, Operation::query}) {
    EXPECT_EQ(body(sample, charge, operation)["results"],
              json({{"charge", {{"auth", "a-1"}, {"state", "held"}}}}));
  }
  sample.purchase.steps[charge].try_result.clear();
  EXPECT_EQ(body(sample, charge, Operation::cancel)["results"], json::object());
}

TEST_F(Results, KeepNumbersAsTheyWereWritten) {
  EXPECT_NE(sample.request(charge, Operation::try_).body.find("12345678901234567890"), std::string::npos);
}

TEST_F(Results, OfADeliveryToTheMerchantHaveNoCards) {
  const std::string text = sample.request(notify, Operation::deliver).body;
  EXPECT_EQ(text.find("CODE-1"), std::string::npos);
  EXPECT_EQ(text.find("sealed"), std::string::npos);
  const json results = json::parse(text)["results"];
  EXPECT_EQ(results["issue"], json({{"lot", 7}}));
  EXPECT_EQ(results["charge"]["capture"], "c-1");
}

TEST_F(Results, OfADeliveryToAParticipantHaveTheCards) {
  sample.definition.steps[notify].target = "card";
  Participant card = *sample.registry.participant("card");
  card.endpoints[Operation::deliver] = "/deliver";
  sample.registry.put(card);
  EXPECT_EQ(body(sample, notify, Operation::deliver)["results"]["issue"],
            json({{"cards", {"CODE-1"}}, {"lot", 7}}));
}

TEST_F(Results, ThatCannotBeUnsealedStopTheCall) {
  sample.purchase.steps[issue].try_result = R"({"cards":{"$sealed":"v1.0000.AAAA.BBBB"}})";
  const auto built = build_request(sample.call(issue, Operation::confirm), sample.registry, *sample.keys);
  ASSERT_FALSE(built.ok());
  EXPECT_EQ(built.error().code, "unseal_failed");
}

TEST_F(Results, AreTheSameBytesInAllAttempts) {
  for (const Operation operation :
       {Operation::try_, Operation::confirm, Operation::cancel, Operation::query}) {
    const std::string first = sample.request(issue, operation, 1).body;
    SampleCall later = sample;
    later.now = TimeMs{later.now.count + 3'600'000};
    later.purchase.revision += 9;
    later.purchase.steps[issue].attempts.fill(17);
    later.purchase.steps[issue].error_code = "status_500";
    EXPECT_EQ(later.request(issue, operation, 18).body, first) << name_of(operation);
  }
}

}  // namespace
}  // namespace settle::test
