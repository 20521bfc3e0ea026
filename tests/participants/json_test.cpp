// Objects taken apart at their top level, as text.

#include <gtest/gtest.h>

#include <random>

#include "json_object.hpp"
#include "settle/participants/json_text.hpp"

namespace settle::test {
namespace {

TEST(JsonObject, Members) {
  const auto members =
      json_members(R"( { "a" : "x,}\"" , "b":[{"c":"]"}, 2] ,"d":-1.5e3,"e":{} , "a":null } )");
  ASSERT_TRUE(members);
  ASSERT_EQ(members->size(), 5U);
  EXPECT_EQ((*members)[0].value, R"("x,}\"")");
  EXPECT_EQ((*members)[1].value, R"([{"c":"]"}, 2])");
  EXPECT_EQ((*members)[2].value, "-1.5e3");
  EXPECT_EQ((*members)[3].value, "{}");
  EXPECT_EQ(json_find(*members, "a")->value, "null") << "the last one counts";
  EXPECT_EQ(json_find(*members, "x"), nullptr);
}

TEST(JsonObject, Unescapes) {
  EXPECT_EQ(json_unescape(R"(\"\\\/\b\f\n\r\t\u0041\u00e9\u4e2d\ud83d\ude00)"),
            "\"\\/\b\f\n\r\tA\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80");
}

TEST(JsonObject, IsSafeOnAnyBytes) {
  std::mt19937 random(7);
  const std::string alphabet = "{}[]\",:\\u0a ntre1-.";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = "{";
    for (auto i = random() % 24; i != 0; --i) text += alphabet[random() % alphabet.size()];
    const auto members = json_members(text);
    if (is_json_object(text)) {
      EXPECT_TRUE(members) << text;
    }
    for (const auto& member : members.value_or(std::vector<JsonMember>{})) json_unescape(member.key);
  }
}

TEST(JsonText, WhatIsEscapedReadsBack) {
  std::string all;
  for (int c = 1; c < 0x80; ++c) all += static_cast<char>(c);
  std::string text;
  append_json_string(text, all);
  EXPECT_TRUE(is_json_object("{\"a\":" + text + "}"));
  EXPECT_EQ(json_unescape(std::string_view(text).substr(1, text.size() - 2)), all);
}

}  // namespace
}  // namespace settle::test
