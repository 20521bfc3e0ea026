// What is kept of answers and shown of requests has no secret in it.

#include "settle/participants/redact.hpp"

#include <gtest/gtest.h>

namespace settle::test {
namespace {

std::vector<std::string> names() {
  return secret_names(purchase_definition());
}
std::string fields(std::string_view body) {
  return redacted(body, names(), Redact::fields);
}
std::string mentioned(std::string_view body) {
  return redacted(body, names(), Redact::mentions);
}

constexpr const char* sealed = R"({"$sealed":true})";

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const std::string_view part : parts) all += part;
  return all;
}

TEST(Redact, AFieldOfASecretNameIsReplacedHoweverDeepItLies) {
  EXPECT_EQ(fields(R"({"a":1,"cards":["4-1","4-2"],"b":{"Cards":{"x":"]}"}}})"),
            joined({R"({"a":1,"cards":)", sealed, R"(,"b":{"Cards":)", sealed, "}}"}));
  EXPECT_EQ(fields(R"({"list":[{"cards" : 41 , "n":2}]})"),
            joined({R"({"list":[{"cards":)", sealed, R"(, "n":2}]})"}));
  EXPECT_EQ(fields(R"({"\u0063ards":"4-1"})"), joined({R"({"\u0063ards":)", sealed, "}"}));
  EXPECT_EQ(fields(R"({"cards":null})"), joined({R"({"cards":)", sealed, "}"}));
}

TEST(Redact, WhatIsSealedAlreadyShowsNoSeal) {
  EXPECT_EQ(fields(R"({"pin":{"$sealed":"v1.aa.bb.cc"}})"), joined({R"({"pin":)", sealed, "}"}));
}

TEST(Redact, WhatHasNoSecretStaysAsItIs) {
  for (const char* body : {"{}", R"({"code":"no_stock","n":[1,2,{"a":"\"}"}]})", " { \"a\" : \"cards\" } "}) {
    EXPECT_EQ(fields(body), body);
  }
  EXPECT_EQ(mentioned("<h1>401 Authorization Required</h1>"), "<h1>401 Authorization Required</h1>");
}

TEST(Redact, ATextThatMentionsASecretIsReplacedWhereParticipantsSpeak) {
  EXPECT_EQ(mentioned(R"({"code":"odd","trace":"{\"cards\":[\"4-1\"]}"})"),
            joined({R"({"code":"odd","trace":)", sealed, "}"}));
  EXPECT_EQ(mentioned(R"({"trace":"Authorization: Basic YTpi"})"), joined({R"({"trace":)", sealed, "}"}));
  EXPECT_EQ(fields(R"({"sku":"cards-100"})"), R"({"sku":"cards-100"})") << "our own words are known";
}

TEST(Redact, WhatCannotBeReadAndMentionsASecretIsLeftOut) {
  for (const char* body :
       {R"({"cards":["4-1")", "cards=4-1", "CARDS: 4-1", R"({"\u0063ards":["4-1"])", R"([{"cards":"4-1"}])",
        "webhook-signature: v1,AAAA", R"({"settle-callback":"http)"}) {
    EXPECT_EQ(mentioned(body), "") << body;
    EXPECT_EQ(fields(body), "") << body;
  }
}

TEST(Redact, IsCutBetweenCharactersAndAlwaysUtf8) {
  EXPECT_EQ(clipped("abc", 3).text, "abc");
  EXPECT_FALSE(clipped("abc", 3).cut);
  EXPECT_EQ(clipped("a\xC3\xA9z", 2).text, "a");
  EXPECT_TRUE(clipped("a\xC3\xA9z", 2).cut);
  EXPECT_EQ(clipped("a\xFFz", 10).text, "a\xEF\xBF\xBDz");
  EXPECT_EQ(clipped("a\xC3", 10).text, "a\xEF\xBF\xBD");
}

TEST(Redact, UrlsCarryNoCredentials) {
  EXPECT_EQ(shown_url("https://shop.example:8443/hook/1"), "https://shop.example:8443/hook/1");
  EXPECT_EQ(shown_url("https://u:p@shop.example/hook?token=abc@d"), "https://shop.example/hook?...");
  EXPECT_EQ(shown_url("http://shop.example?key=1"), "http://shop.example?...");
  EXPECT_EQ(shown_url(""), "");
}

}  // namespace
}  // namespace settle::test
