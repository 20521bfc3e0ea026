// Sentences for people, in the language that they ask for; and that no code is without one.

#include "language.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "api_problem.hpp"
#include "daemon.hpp"
#include "raw_client.hpp"
#include "sentences.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

bool is_chinese(std::string_view text) {  // the lead bytes of U+3000 to U+9FFF
  return std::any_of(text.begin(), text.end(), [](char c) { return '\xE3' <= c && c <= '\xE9'; });
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(Language, TheGreaterQualityWins) {
  const std::pair<const char*, Language> cases[] = {
      {"", Language::english},
      {"zh", Language::chinese},
      {"zh-CN", Language::chinese},
      {"ZH-hant-TW;q=0.2", Language::chinese},
      {"en", Language::english},
      {"fr", Language::english},
      {"zhx", Language::english},
      {"zh, en", Language::chinese},
      {"en, zh", Language::english},
      {"en;q=0.8, zh;q=0.9", Language::chinese},
      {"zh;q=0.801,en-GB;q=0.802", Language::english},
      {"fr, zh;q=0.1", Language::chinese},
      {"zh;q=0", Language::english},
      {"zh;q=0, *", Language::english},
      {"*", Language::english},
      {"*;q=0.5, en;q=0.1", Language::chinese},
      {"zh;q=0.3, *;q=0.9", Language::english},
      {"zh ; q=1.000 , en ; q=0.999", Language::chinese},
      {"zh;q=2", Language::english},
      {"zh;q=0.1234", Language::english},
      {"zh;q= 1", Language::english},
      {"zh;q=1.001", Language::english},
      {"zh;q=", Language::english},
      {"zh;q=-1", Language::english},
      {"zh;level=1", Language::english},
      {",,;,=,zh", Language::chinese},
  };
  for (const auto& [header, language] : cases) EXPECT_EQ(preferred_language(header), language) << header;
}

TEST(Language, ALongHeaderIsReadToItsBound) {
  std::string many;
  for (int i = 0; i < 32; ++i) many += "fr,";
  EXPECT_EQ(preferred_language(many + "zh"), Language::english);
  EXPECT_EQ(preferred_language(many.substr(3) + "zh"), Language::chinese);
  EXPECT_EQ(preferred_language(std::string(1024, ' ') + "zh"), Language::english);
}

TEST(Sentences, EveryProblemHasOneInBothLanguages) {
  for (const ProblemKind& kind : problem_kinds()) {
    EXPECT_FALSE(problem_sentence(kind.code, Language::english).empty()) << kind.code;
    EXPECT_TRUE(is_chinese(problem_sentence(kind.code, Language::chinese)))
        << kind.code << " has no Chinese title in coordinator/src/sentences.cpp";
  }
}

// What the coordinator makes itself, and what the reference services and their kit refuse with, is read from
// their sources: a new code needs a sentence.
std::set<std::string> reason_codes() {
  std::set<std::string> codes = {"deadline_passed", "hold_expiring", "risk_refused"};
  for (int cause = 1; name_of(static_cast<Cause>(cause)) != std::string("?") && cause <= 16; ++cause)
    codes.insert(name_of(static_cast<Cause>(cause)));
  const std::regex made(R"rx((?:Answer::refused|[. ]cancel)\(\s*"([a-z_]+)")rx");
  for (const char* folder : {"statemachine/src", "participants/services/src", "participants/kit/src"}) {
    for (const auto& file : std::filesystem::directory_iterator(std::string(SETTLE_SOURCES "/") + folder)) {
      const std::string text = read(file.path());
      for (std::sregex_iterator found(text.begin(), text.end(), made), end; found != end; ++found)
        codes.insert((*found)[1]);
    }
  }
  return codes;
}

TEST(Sentences, EveryReasonHasOneInBothLanguages) {
  const std::set<std::string> codes = reason_codes();
  for (const char* code :
       {"cancelled_by_request", "cancelled_by_client", "out_of_stock", "declined", "fenced"})
    EXPECT_EQ(codes.count(code), 1U) << code << " is not found in the sources any more";
  for (const std::string& code : codes) {
    EXPECT_TRUE(is_known_reason(code)) << code << " has no sentence in coordinator/src/sentences.cpp";
    EXPECT_FALSE(reason_sentence(code, Language::english).empty()) << code;
    EXPECT_FALSE(is_chinese(reason_sentence(code, Language::english))) << code;
    EXPECT_TRUE(is_chinese(reason_sentence(code, Language::chinese))) << code;
  }
  EXPECT_FALSE(is_known_reason("never_heard_of"));
  EXPECT_EQ(reason_sentence("never_heard_of", Language::english), "The order could not be completed.");
}

TEST(Sentences, AProblemIsToldInTheLanguageThatIsAskedFor) {
  TestDaemon daemon;
  const RawAnswer chinese = request(daemon.port(), "GET", "/v1/nowhere", "", "Accept-Language: zh-CN\r\n");
  EXPECT_EQ(chinese.status, 404);
  EXPECT_EQ(chinese.header("content-language"), "zh-CN");
  EXPECT_EQ(chinese.header("content-type"), "application/problem+json");
  EXPECT_EQ(chinese.json()["code"], "unknown_route");
  EXPECT_EQ(chinese.json()["title"], problem_sentence("unknown_route", Language::chinese));
  const RawAnswer english = request(daemon.port(), "GET", "/v1/nowhere", "", "Accept-Language: fr, en\r\n");
  EXPECT_EQ(english.json()["title"], "No such path");
  EXPECT_EQ(english.header("content-language"), "");
  json without_title = chinese.json(), other = english.json();
  without_title.erase("title"), other.erase("title");
  EXPECT_EQ(without_title, other) << "only the title is translated";
}

// Refused before anybody handles it, but not before its headers were read.
TEST(Sentences, AProblemOfHttpItselfIsToldInTheLanguageThatIsAskedFor) {
  TestDaemon daemon;
  const std::string head = "POST /v1/purchases HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
  const auto refused = [&](const std::string& rest) {
    RawClient client(daemon.port());
    client.send(head + rest);
    return client.read();
  };
  const RawAnswer large = refused("Accept-Language: zh\r\nContent-Length: 10000000\r\n\r\n");
  EXPECT_EQ(large.status, 413);
  EXPECT_EQ(large.json()["title"], problem_sentence("body_too_large", Language::chinese));
  EXPECT_EQ(large.header("content-language"), "zh-CN");
  const RawAnswer slow = refused("Accept-Language: zh-CN, en;q=0.5\r\nContent-Length: 100\r\n\r\n{");
  EXPECT_EQ(slow.status, 408);
  EXPECT_EQ(slow.json()["title"], problem_sentence("request_timeout", Language::chinese));
  for (const char* rest :
       {"Content-Length: 10000000\r\n\r\n", "Accept-Language: en\r\nContent-Length: 10000000\r\n\r\n"}) {
    const RawAnswer english = refused(rest);
    EXPECT_EQ(english.status, 413);
    EXPECT_EQ(english.header("content-language"), "");
  }
  RawClient garbage(daemon.port());
  garbage.send("\x01\x02\r\n\r\n");
  EXPECT_EQ(garbage.read().code(), "malformed_request");
  const RawAnswer operators =
      request(daemon.port(), "POST", "/v1/purchases/" + std::string(32, '0') + "/retry",
              R"({"who":"ann","why":"again"})", "Accept-Language: zh\r\n");
  EXPECT_EQ(operators.json()["title"], problem_sentence("not_found", Language::chinese))
      << "what operators are answered as well";
}

TEST(Sentences, TheReasonOfACancelledPurchaseIsToldToTheBuyer) {
  TestDaemon daemon({{"charge:try", {409, R"({"code":"insufficient_funds","detail":"12.50 left"})"}}});
  const RawAnswer english = submit(daemon.port(), "k-1", good_order(), "Prefer: wait=10\r\n");
  EXPECT_EQ(english.json()["reason"]["code"], "insufficient_funds");
  EXPECT_EQ(english.json()["reason_text"], "The balance is too low.");
  EXPECT_EQ(english.header("content-language"), "");
  const std::string in_chinese = "Accept-Language: zh;q=0.9, en;q=0.1\r\n";
  const std::string path = "/v1/purchases/" + english.json()["id"].get<std::string>();
  for (const RawAnswer& answer : {submit(daemon.port(), "k-1", good_order(), in_chinese),
                                  request(daemon.port(), "GET", path, "", in_chinese)}) {
    EXPECT_EQ(answer.json()["reason_text"], "余额不足。") << answer.body;
    EXPECT_EQ(answer.header("content-language"), "zh-CN");
  }
  const RawAnswer list = request(daemon.port(), "GET", "/v1/purchases", "", in_chinese);
  EXPECT_EQ(list.json()["purchases"][0]["reason_text"], "余额不足。");
}

TEST(Sentences, APurchaseThatGoesWellHasNoReason) {
  TestDaemon daemon;
  const RawAnswer answer =
      submit(daemon.port(), "k-1", good_order(), "Prefer: wait=10\r\nAccept-Language: zh\r\n");
  EXPECT_FALSE(answer.json().contains("reason_text"));
  EXPECT_EQ(answer.header("content-language"), "");
}

}  // namespace
}  // namespace settle::test
