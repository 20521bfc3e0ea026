// Sealing the secret fields of a result.

#include <gtest/gtest.h>

#include "sample_call.hpp"

namespace settle::test {
namespace {

TEST(SealFields, SealsTheNamedOnesAndLeavesTheRest) {
  SampleCall sample;
  const std::string text = R"({"a":1,"cards":[{"code":"X-1"}],"z":{"cards":2}})";
  const auto sealed = seal_fields(text, {"cards"}, "here", *sample.keys);
  ASSERT_TRUE(sealed.ok());
  EXPECT_EQ(sealed->substr(0, 28), R"({"a":1,"cards":{"$sealed":"v)");
  EXPECT_EQ(sealed->find("X-1"), std::string::npos);
  EXPECT_NE(sealed->find(R"("z":{"cards":2})"), std::string::npos) << "only the top level";
  EXPECT_EQ(*unseal_fields(*sealed, "here", *sample.keys), text);
}

TEST(SealFields, OpensInItsOwnPlaceOnly) {
  SampleCall sample;
  const std::string sealed = *seal_fields(R"({"cards":1})", {"cards"}, "here", *sample.keys);
  EXPECT_EQ(unseal_fields(sealed, "there", *sample.keys).error().code, "unseal_failed");
}

TEST(SealFields, TakesObjectsOnly) {
  SampleCall sample;
  for (const char* text : {"", "[]", "{", "null", R"({"a":{"$sealed":"v1.x"}})"}) {
    EXPECT_EQ(seal_fields(text, {"cards"}, "here", *sample.keys).error().code, "invalid_object") << text;
  }
  EXPECT_EQ(*seal_fields("{ }", {"cards"}, "here", *sample.keys), "{}");
}

}  // namespace
}  // namespace settle::test
