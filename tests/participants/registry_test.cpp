// Registrations: what is stored, what is shown, and that putting the same twice changes nothing.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sample_call.hpp"
#include "settle/crypto/crypto.hpp"

namespace settle::test {
namespace {

const std::string payment_json = R"({
  "base_urls": ["http://127.0.0.1:8081/pay/", "https://pay.example:8443"],
  "endpoints": {"try": "/try", "confirm": "/confirm", "cancel": "/cancel", "query": "/query", "deliver": "/deliver"},
  "secrets": ["whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"],
  "require_digest": true,
  "limits": {"connect_timeout_ms": 200, "connections_max": 8, "queue_max": 50, "queue_wait_max_ms": 900}
})";

const std::string merchant_json = R"({
  "url": "https://shop.example/told?x=1", "secrets": ["whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"],
  "success": {"statuses": [200, 201], "exact_body": "success"}, "contact": "call Wang"
})";

TEST(Registry, ReadsAParticipant) {
  const auto read = parse_participant("payment", payment_json, nullptr);
  ASSERT_TRUE(read.ok()) << read.error().detail;
  EXPECT_EQ(read->name, "payment");
  EXPECT_EQ(read->base_urls,
            (std::vector<std::string>{"http://127.0.0.1:8081/pay", "https://pay.example:8443"}));
  EXPECT_EQ(read->endpoints.size(), 5U);
  EXPECT_EQ(read->endpoints.at(Operation::query), "/query");
  EXPECT_EQ(read->secrets, std::vector<std::string>{sample_secret});
  EXPECT_TRUE(read->require_digest);
  EXPECT_EQ(read->limits.connect_timeout.count, 200);
  EXPECT_EQ(read->limits.connections_max, 8U);
  EXPECT_EQ(read->limits.queue_max, 50U);
  EXPECT_EQ(read->limits.queue_wait_max.count, 900);
}

TEST(Registry, ReadsAMerchant) {
  const auto read = parse_merchant("M-1", merchant_json, nullptr);
  ASSERT_TRUE(read.ok()) << read.error().detail;
  EXPECT_EQ(read->url, "https://shop.example/told?x=1");
  EXPECT_EQ(read->success.statuses, (std::vector<int>{200, 201}));
  EXPECT_EQ(read->success.exact_body, "success");
  EXPECT_EQ(read->contact, "call Wang");
}

TEST(Registry, PuttingWhatWasShownChangesNothing) {
  SampleCall sample;
  const Participant first = *parse_participant("payment", payment_json, nullptr);
  const auto second = parse_participant("payment", public_json(first), &first);
  ASSERT_TRUE(second.ok()) << second.error().detail;
  EXPECT_EQ(public_json(*second), public_json(first));
  EXPECT_EQ(second->secrets, first.secrets);
  const Merchant merchant = *parse_merchant("m-1", merchant_json, nullptr);
  const auto again = parse_merchant("m-1", public_json(merchant), &merchant);
  ASSERT_TRUE(again.ok()) << again.error().detail;
  EXPECT_EQ(public_json(*again), public_json(merchant));
  EXPECT_EQ(again->secrets, merchant.secrets);
}

TEST(Registry, MakesASecretForANewcomerWithoutOne) {
  const std::string text = R"({"url":"http://a/"})";
  const Merchant one = *parse_merchant("m-1", text, nullptr);
  const Merchant two = *parse_merchant("m-2", text, nullptr);
  ASSERT_EQ(one.secrets.size(), 1U);
  EXPECT_TRUE(webhook_key(one.secrets[0]).ok());
  EXPECT_NE(one.secrets, two.secrets);
  EXPECT_EQ(parse_merchant("m-1", text, &one)->secrets, one.secrets);
}

TEST(Registry, StoredAndLoadedIsTheSame) {
  SampleCall sample;
  const Participant payment = *parse_participant("payment", payment_json, nullptr);
  const auto loaded = load_participant(stored_json(payment, *sample.keys), *sample.keys);
  ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
  EXPECT_EQ(public_json(*loaded), public_json(payment));
  EXPECT_EQ(loaded->secrets, payment.secrets);
  const Merchant merchant = *parse_merchant("m-1", merchant_json, nullptr);
  const auto merchant_loaded = load_merchant(stored_json(merchant, *sample.keys), *sample.keys);
  ASSERT_TRUE(merchant_loaded.ok()) << merchant_loaded.error().detail;
  EXPECT_EQ(public_json(*merchant_loaded), public_json(merchant));
  EXPECT_EQ(merchant_loaded->secrets, merchant.secrets);
}

TEST(Registry, SecretsAreNeitherShownNorStoredOpenly) {
  SampleCall sample;
  const Participant payment = *parse_participant("payment", payment_json, nullptr);
  const Merchant merchant = *parse_merchant("m-1", merchant_json, nullptr);
  for (const std::string& text : {public_json(payment), public_json(merchant),
                                  stored_json(payment, *sample.keys), stored_json(merchant, *sample.keys)}) {
    EXPECT_EQ(text.find("whsec_"), std::string::npos);
    EXPECT_EQ(text.find("MDEyMzQ1"), std::string::npos);
  }
  EXPECT_EQ(nlohmann::json::parse(public_json(payment))["secret_count"], 1);
}

TEST(Registry, AStoredSecretOpensForItsOwnerOnly) {
  SampleCall sample;
  const Participant payment = *parse_participant("payment", payment_json, nullptr);
  auto stolen = nlohmann::json::parse(stored_json(payment, *sample.keys));
  stolen["name"] = "thief";
  EXPECT_EQ(load_participant(stolen.dump(), *sample.keys).error().code, "unseal_failed");
  EXPECT_EQ(load_participant(stored_json(payment, *sample.keys), *KeyRing::from_bytes({9})).error().code,
            "unseal_failed");
}

TEST(Registry, KnowsWhoCanBeQueried) {
  SampleCall sample;
  EXPECT_EQ(sample.registry.queryable(sample.definition), 0b0111U);
  Participant payment = *sample.registry.participant("payment");
  payment.endpoints.erase(Operation::query);
  sample.registry.put(payment);
  EXPECT_EQ(sample.registry.queryable(sample.definition), 0b0101U);
  Participant card = *sample.registry.participant("card");
  card.retired = true;
  sample.registry.put(card);
  EXPECT_EQ(sample.registry.queryable(sample.definition), 0b0101U) << "what is in flight still reaches it";
}

TEST(Registry, TheRetiredAreReachedByNothingNew) {
  SampleCall sample;
  Participant payment = *sample.registry.participant("payment");
  payment.retired = true;
  const auto loaded = load_participant(stored_json(payment, *sample.keys), *sample.keys);
  ASSERT_TRUE(loaded.ok()) << loaded.error().detail;
  EXPECT_TRUE(loaded->retired);
  EXPECT_EQ(loaded->secrets, payment.secrets);
  sample.registry.put(*loaded);
  EXPECT_EQ(sample.registry.participant("payment"), nullptr);
  EXPECT_EQ(sample.registry.participants().count("payment"), 0U);
  ASSERT_NE(sample.registry.reachable_participant("payment"), nullptr);
  payment.retired = false;
  sample.registry.put(payment);
  ASSERT_NE(sample.registry.participant("payment"), nullptr);
  EXPECT_FALSE(sample.registry.reachable_participant("payment")->retired);
  const std::string asked = R"({"base_urls":["http://a"],"endpoints":{"try":"/t"},"retired":true})";
  EXPECT_FALSE(parse_participant("payment", asked, nullptr).ok()) << "nobody is retired by a put";
}

}  // namespace
}  // namespace settle::test
