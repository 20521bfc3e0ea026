// Callback tokens: a forged or foreign one opens nothing.

#include <gtest/gtest.h>

#include "sample_call.hpp"
#include "settle/crypto/crypto.hpp"

namespace settle::test {
namespace {

const CallbackTarget target{SampleCall().purchase.id, 2, Operation::confirm};

TEST(CallbackToken, NamesItsTarget) {
  SampleCall sample;
  for (const std::uint16_t shard : {0, 63, 65535}) {
    const auto parsed =
        parse_callback_token(callback_token(target, ShardId{shard}, *sample.keys), *sample.keys);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->purchase, target.purchase);
    EXPECT_EQ(parsed->step, 2);
    EXPECT_EQ(parsed->operation, Operation::confirm);
  }
}

TEST(CallbackToken, I13_AnyOtherSpellingIsRefused) {
  SampleCall sample;
  const std::string token = callback_token(target, ShardId{7}, *sample.keys);
  for (std::size_t i = 0; i < token.size(); ++i) {
    EXPECT_FALSE(parse_callback_token(token.substr(0, i), *sample.keys)) << "cut to " << i;
    for (const char c : {'A', 'z', '0', '-', '_', '.', '=', '\0'}) {
      std::string forged = token;
      if (forged[i] == c) continue;
      forged[i] = c;
      EXPECT_FALSE(parse_callback_token(forged, *sample.keys)) << "byte " << i;
    }
  }
  EXPECT_FALSE(parse_callback_token(token + "A", *sample.keys));
  EXPECT_FALSE(parse_callback_token(token + "=", *sample.keys));
  EXPECT_TRUE(parse_callback_token(token, *sample.keys));
}

TEST(CallbackToken, I13_TheMacOfOneTargetDoesNotFitAnother) {
  SampleCall sample;
  CallbackTarget other = target;
  other.purchase.bytes[15] ^= 1;
  const std::string mine = *unbase64url(callback_token(target, ShardId{7}, *sample.keys));
  const std::string theirs = *unbase64url(callback_token(other, ShardId{7}, *sample.keys));
  EXPECT_FALSE(parse_callback_token(base64url(theirs.substr(0, 20) + mine.substr(20)), *sample.keys));
}

TEST(CallbackToken, I13_OfAnotherKeyRingIsRefused) {
  SampleCall sample;
  const auto foreign = KeyRing::from_bytes({1, 2, 3});
  EXPECT_FALSE(parse_callback_token(callback_token(target, ShardId{7}, *foreign), *sample.keys));
}

}  // namespace
}  // namespace settle::test
