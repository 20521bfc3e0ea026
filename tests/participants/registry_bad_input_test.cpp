// Bad registrations: each is refused with the place of what is wrong, and no error quotes a secret.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sample_call.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

const json participant = {{"base_urls", {"http://127.0.0.1:1"}}, {"endpoints", {{"try", "/try"}}}};
const json merchant = {{"url", "http://127.0.0.1:1/"}};

struct BadMember {
  const char* member;
  json value;
  const char* pointer;
};

const std::string short_secret = "whsec_c2hvcnQtYnV0LXNlY3JldA==";
const std::string long_path = "/" + std::string(600, 'x');
const json nine_urls = json(std::vector<std::string>(9, "http://a"));

const BadMember bad_participants[] = {
    {"name", "other", "/name"},
    {"base_urls", nullptr, "/base_urls"},
    {"base_urls", "http://a", "/base_urls"},
    {"base_urls", json::array(), "/base_urls"},
    {"base_urls", nine_urls, "/base_urls"},
    {"base_urls", {"http://a", 7}, "/base_urls/1"},
    {"base_urls", {"http://a", "ftp://a"}, "/base_urls/1"},
    {"base_urls", {"http://u:p@a"}, "/base_urls/0"},
    {"base_urls", {"http://a/?q=1"}, "/base_urls/0"},
    {"base_urls", {"http://a/#f"}, "/base_urls/0"},
    {"base_urls", {"http://a/\r\nX: y"}, "/base_urls/0"},
    {"endpoints", nullptr, "/endpoints"},
    {"endpoints", json::object(), "/endpoints"},
    {"endpoints", {{"attempt", "/x"}}, "/endpoints/attempt"},
    {"endpoints", {{"try", "x"}}, "/endpoints/try"},
    {"endpoints", {{"try", 7}}, "/endpoints/try"},
    {"endpoints", {{"try", "/a b"}}, "/endpoints/try"},
    {"endpoints", {{"try", "/a?b"}}, "/endpoints/try"},
    {"endpoints", {{"try", long_path}}, "/endpoints/try"},
    {"secrets", json::array(), "/secrets"},
    {"secrets", "whsec_x", "/secrets"},
    {"secrets", {sample_secret, short_secret}, "/secrets/1"},
    {"secrets", {sample_secret, sample_secret, sample_secret, sample_secret}, "/secrets"},
    {"require_digest", 1, "/require_digest"},
    {"limits", 7, "/limits"},
    {"limits", {{"connections", 7}}, "/limits/connections"},
    {"limits", {{"connections_max", 0}}, "/limits/connections_max"},
    {"limits", {{"connections_max", 5000}}, "/limits/connections_max"},
    {"limits", {{"connections_max", 1.5}}, "/limits/connections_max"},
    {"limits", {{"connect_timeout_ms", -1}}, "/limits/connect_timeout_ms"},
    {"limits", {{"queue_max", 18446744073709551615ULL}}, "/limits/queue_max"},
    {"limits", {{"queue_wait_max_ms", "1"}}, "/limits/queue_wait_max_ms"},
    // Together they must end before a call's lease does (I8).
    {"limits", {{"queue_wait_max_ms", 40'001}}, "/limits/queue_wait_max_ms"},
    {"limits", {{"connect_timeout_ms", 10'001}}, "/limits/connect_timeout_ms"},
    {"timeout/~", 5, "/timeout~1~0"},
};

const BadMember bad_merchants[] = {
    {"id", "other", "/id"},
    {"url", nullptr, "/url"},
    {"url", "file:///etc/passwd", "/url"},
    {"secrets", {short_secret}, "/secrets/0"},
    {"success", 200, "/success"},
    {"success", {{"statuses", 200}}, "/success/statuses"},
    {"success", {{"statuses", {200, 199}}}, "/success/statuses/1"},
    {"success", {{"statuses", {600}}}, "/success/statuses/0"},
    {"success", {{"exact_body", 7}}, "/success/exact_body"},
    {"success", {{"body", "ok"}}, "/success/body"},
    {"contact", 7, "/contact"},
    {"contact", std::string(600, 'x'), "/contact"},
    {"schedule", 7, "/schedule"},
};

json with(json object, const BadMember& bad) {
  if (bad.value.is_null()) {
    object.erase(bad.member);
  } else {
    object[bad.member] = bad.value;
  }
  return object;
}

void expect_at(const Error& error, const char* code, const std::string& pointer) {
  EXPECT_EQ(error.code, code);
  EXPECT_EQ(error.detail.substr(0, pointer.size() + 2), pointer + ": ") << error.detail;
  EXPECT_EQ(error.detail.find("c2hvcnQ"), std::string::npos) << "quotes a secret";
}

TEST(BadRegistration, OfAParticipantNamesThePlace) {
  ASSERT_TRUE(parse_participant("p", participant.dump(), nullptr).ok());
  for (const BadMember& bad : bad_participants) {
    const auto read = parse_participant("p", with(participant, bad).dump(), nullptr);
    ASSERT_FALSE(read.ok()) << bad.pointer << " " << bad.value;
    expect_at(read.error(), "invalid_participant", bad.pointer);
  }
}

TEST(BadRegistration, OfAMerchantNamesThePlace) {
  ASSERT_TRUE(parse_merchant("m", merchant.dump(), nullptr).ok());
  for (const BadMember& bad : bad_merchants) {
    const auto read = parse_merchant("m", with(merchant, bad).dump(), nullptr);
    ASSERT_FALSE(read.ok()) << bad.pointer << " " << bad.value;
    expect_at(read.error(), "invalid_merchant", bad.pointer);
  }
}

TEST(BadRegistration, OfAnImpossibleName) {
  for (const char* name : {"", "-a", "A", "a b", "a/b", "$merchant", "a\n", "\xc3\xa9"}) {
    const auto read = parse_participant(name, participant.dump(), nullptr);
    ASSERT_FALSE(read.ok()) << name;
    expect_at(read.error(), "invalid_participant", "/name");
  }
  EXPECT_FALSE(parse_participant(std::string(65, 'a'), participant.dump(), nullptr).ok());
  EXPECT_TRUE(parse_participant("a0._-", participant.dump(), nullptr).ok());
}

TEST(BadRegistration, ThatIsNoDocument) {
  std::string deep = R"({"limits":)";
  for (int i = 0; i < 10'000; ++i) deep += "[";
  for (const std::string& text : {std::string(), std::string("[]"), std::string("{"), std::string("{} x"),
                                  deep, std::string("{\"url\":\"\xff\"}"), std::string(70'000, ' ') + "{}"}) {
    EXPECT_EQ(parse_merchant("m", text, nullptr).error().code, "invalid_merchant") << text.substr(0, 20);
  }
  const auto twice = parse_merchant("m", R"({"url":"http://a/","url":"http://b/"})", nullptr);
  ASSERT_FALSE(twice.ok());
  expect_at(twice.error(), "invalid_merchant", "/url");
}

}  // namespace
}  // namespace settle::test
