// Standard Webhooks signatures, digests and base64, against published numbers.

#include <gtest/gtest.h>

#include "settle/kit/digest.hpp"
#include "settle/kit/encoding.hpp"
#include "support.hpp"

namespace settle::kit::test {
namespace {

constexpr const char* id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::int64_t timestamp_s = 1614265330;
constexpr const char* payload = R"({"test": 2432232314})";
constexpr const char* signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
constexpr const char* other_secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

TEST(Signature, GivesTheNumbersOfTheReferenceVector) {
  EXPECT_EQ(secrets().sign(id, timestamp_s, payload), signature);
  EXPECT_TRUE(secrets().verify(id, "1614265330", payload, signature));
}

TEST(Signature, RefusesWhateverWasChanged) {
  const std::string last = std::string(signature).substr(0, std::string(signature).size() - 2) + "F=";
  EXPECT_FALSE(secrets().verify("msg_other", "1614265330", payload, signature));
  EXPECT_FALSE(secrets().verify(id, "1614265331", payload, signature));
  EXPECT_FALSE(secrets().verify(id, "1614265330", R"({"test": 2432232315})", signature));
  EXPECT_FALSE(secrets().verify(id, "1614265330", payload, last));
  EXPECT_FALSE(secrets().verify(id, "1614265330", payload, ""));
  std::string other_version = signature;
  other_version[1] = '2';
  EXPECT_FALSE(secrets().verify(id, "1614265330", payload, other_version));
  std::string too_long(5000, 'x');
  too_long.append(" ").append(signature);
  EXPECT_FALSE(secrets().verify(id, "1614265330", payload, too_long));
  EXPECT_FALSE(Secrets::parse({other_secret})->verify(id, "1614265330", payload, signature));
}

TEST(Signature, AcceptsEitherSecretWhileOneRotates) {
  const Secrets both = Secrets::parse({other_secret, secret_text}).value();
  EXPECT_TRUE(both.verify(id, "1614265330", payload, signature));
  const std::string two = both.sign(id, timestamp_s, payload);
  EXPECT_NE(two.find(' '), std::string::npos);
  EXPECT_TRUE(secrets().verify(id, "1614265330", payload, two));
}

TEST(Signature, TimestampsCountForFiveMinutesOnEitherSide) {
  EXPECT_TRUE(timestamp_fresh("1000", 1300));
  EXPECT_FALSE(timestamp_fresh("1000", 1301));
  EXPECT_TRUE(timestamp_fresh("1300", 1000));
  EXPECT_FALSE(timestamp_fresh("1301", 1000));
  for (const char* wrong : {"", "x", "1000x", " 1000", "-1", "99999999999999999999"}) {
    EXPECT_FALSE(timestamp_fresh(wrong, 1000)) << wrong;
  }
}

TEST(Signature, SecretsAreCheckedWhenTheyAreRead) {
  for (const char* wrong :
       {"", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!!"}) {
    const auto parsed = Secrets::parse({wrong});
    ASSERT_FALSE(parsed) << wrong;
    EXPECT_EQ(parsed.error().code, "secret_malformed");
  }
  EXPECT_EQ(Secrets::parse({}).error().code, "secret_missing");
  EXPECT_EQ(Secrets::parse(std::vector<std::string>(9, secret_text)).error().code, "secrets_too_many");
  EXPECT_EQ(Secrets::read_file("/nonexistent/secret").error().code, "file_unreadable");
}

TEST(Digest, IsTheSha256OfTheBody) {
  // RFC 9530, appendix D: {"hello": "world"} with a newline.
  const std::string body = "{\"hello\": \"world\"}\n";
  EXPECT_EQ(content_digest(body), "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
  EXPECT_TRUE(digest_matches(content_digest(body), body));
  EXPECT_TRUE(digest_matches("sha-512=:AAAA:, " + content_digest(body), body));
  EXPECT_FALSE(digest_matches(content_digest(body), body + " "));
  EXPECT_FALSE(digest_matches("sha-512=:AAAA:", body));
  EXPECT_FALSE(digest_matches("", body));
}

TEST(Encoding, Base64IsStrict) {
  for (const char* text : {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="}) {
    const auto bytes = from_base64(text);
    ASSERT_TRUE(bytes) << text;
    EXPECT_EQ(base64(*bytes), text);
  }
  for (const char* wrong : {"Zg=", "Zg", "Z===", "Zh==", "Zm9v\n", " Zm9v", "Z-9v", "Zm8=Zm8="}) {
    EXPECT_FALSE(from_base64(wrong)) << wrong;
  }
}

TEST(Encoding, TokensDiffer) {
  EXPECT_NE(random_token(16), random_token(16));
  EXPECT_EQ(random_token(16).size(), 16U);
  EXPECT_EQ(hex("\x01\xff"), "01ff");
}

}  // namespace
}  // namespace settle::kit::test
