// Known answers of the RFCs and of the standards that we follow.

#include "settle/crypto/crypto.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>

namespace settle {
namespace {

std::string hex(const std::array<std::uint8_t, 32>& bytes) {
  std::string text;
  for (const auto byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

TEST(Crypto, Sha256GivesTheKnownAnswers) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Crypto, HmacGivesTheAnswersOfRfc4231) {
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Crypto, AnEmptyKeyIsAKeyOfItsOwnAndNotTheOneBefore) {
  (void)hmac_sha256("Jefe", "x");
  EXPECT_EQ(hex(hmac_sha256("", "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Crypto, EachThreadHasItsOwnContexts) {
  std::array<std::string, 4> seen;
  std::array<std::thread, 4> threads;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    threads[i] = std::thread([&seen, i] {
      for (int round = 0; round < 1'000; ++round) seen[i] = hex(hmac_sha256("k", std::to_string(round)));
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& one : seen) EXPECT_EQ(one, hex(hmac_sha256("k", "999")));
}

TEST(Base64, WritesAndReadsTheVectorsOfRfc4648) {
  const std::array<std::array<const char*, 3>, 7> vectors{{{"", "", ""},
                                                           {"f", "Zg==", "Zg"},
                                                           {"fo", "Zm8=", "Zm8"},
                                                           {"foo", "Zm9v", "Zm9v"},
                                                           {"foob", "Zm9vYg==", "Zm9vYg"},
                                                           {"fooba", "Zm9vYmE=", "Zm9vYmE"},
                                                           {"\xfb\xff", "+/8=", "-_8"}}};
  for (const auto& [plain, padded, url] : vectors) {
    EXPECT_EQ(base64(plain), padded);
    EXPECT_EQ(base64url(plain), url);
    EXPECT_EQ(unbase64(padded), plain);
    EXPECT_EQ(unbase64url(url), plain);
  }
}

TEST(Base64, RefusesWhatHasAnotherSpelling) {
  for (const char* text :
       {"Zg", "Zg=", "Zh==", "Z===", "====", "Zg==Zg==", "Zm9v\n", "Zm-_", "Z g=", "=Zg="}) {
    EXPECT_FALSE(unbase64(text)) << text;
  }
  for (const char* text : {"Zg==", "Zh", "Z", "Zm9v+/8", "Zm9 "}) EXPECT_FALSE(unbase64url(text)) << text;
}

TEST(ContentDigest, MatchesTheExampleOfRfc9530) {
  const std::string body = "{\"hello\": \"world\"}\n";
  EXPECT_EQ(content_digest(body), "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
  EXPECT_TRUE(content_digest_matches(content_digest(body), body));
  EXPECT_FALSE(content_digest_matches(content_digest(body), body + " "));
}

TEST(ContentDigest, SkipsOtherAlgorithmsAndParameters) {
  const std::string body = "b", good = content_digest(body);
  EXPECT_TRUE(content_digest_matches("", body));
  EXPECT_TRUE(content_digest_matches("md5=:AAAA:", body));
  EXPECT_TRUE(content_digest_matches("md5=:AAAA:;a=\"x,\\\"y\";b , \t" + good, body));
  EXPECT_FALSE(content_digest_matches("md5=:AAAA:, " + content_digest("other"), body));
  EXPECT_FALSE(content_digest_matches(good + ", " + content_digest("other"), body));
}

TEST(ContentDigest, IsFalseWhenItCannotBeRead) {
  const std::string body = "b", good = content_digest(body);
  for (const std::string& bad :
       {good + ",", good + " x", "," + good, std::string("sha-256"), std::string("sha-256="),
        std::string("sha-256=:"), std::string("sha-256=:!!:"), std::string("SHA-256=:AAAA:"),
        std::string("=:AAAA:"), std::string("sha-256=abc")}) {
    EXPECT_FALSE(content_digest_matches(bad, body)) << bad;
  }
}

TEST(Webhook, SignsAsTheStandardsExampleDoes) {
  const auto key = webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(webhook_signature(*key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Webhook, RefusesSecretsOfAnotherShapeWithoutQuotingThem) {
  for (const std::string& secret :
       {std::string(), std::string("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        "whsec_" + base64(std::string(23, 'k')), "whsec_" + base64(std::string(65, 'k')),
        "whsec_" + base64(std::string(24, 'k')) + "!"}) {
    const auto key = webhook_key(secret);
    ASSERT_FALSE(key.ok()) << secret;
    EXPECT_EQ(key.error().code, "invalid_secret");
    if (secret.size() > 6) {
      EXPECT_EQ(key.error().detail.find(secret.substr(6)), std::string::npos);
    }
  }
  EXPECT_TRUE(webhook_key("whsec_" + base64(std::string(24, 'k'))).ok());
  EXPECT_TRUE(webhook_key("whsec_" + base64(std::string(64, 'k'))).ok());
}

TEST(Crypto, ComparesInConstantTime) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
  EXPECT_NE(random_bytes(16), random_bytes(16));
}

}  // namespace
}  // namespace settle
