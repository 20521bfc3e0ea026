// Random mutations of valid requests: whatever comes, the daemon answers or closes, stays up, and every
// answer is whole. The seed is fixed; SETTLE_SEED and SETTLE_ROUNDS give others.

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <vector>

#include "api_json.hpp"
#include "daemon.hpp"
#include "raw_client.hpp"

namespace settle::test {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::vector<std::string> seeds() {
  const std::string id(32, '0');
  const std::string act = R"({"who":"ann","why":"because"})";
  return {
      request_text("POST", "/v1/purchases", good_order().dump(),
                   "Idempotency-Key: fuzz\r\nPrefer: wait=1\r\n"),
      request_text("GET", "/v1/purchases?state=trying&shop=a%20b&limit=3"),
      request_text("GET", "/v1/journal?limit=2&purchase=" + id),
      request_text("POST", "/v1/purchases/" + id + "/resolve", act),
      request_text("PUT", "/v1/participants/p",
                   R"({"base_urls":["http://127.0.0.1:9"],"endpoints":{"try":"/t"}})"),
      request_text("PUT", "/v1/definitions/d",
                   R"({"steps":[{"name":"a","mode":"tcc","target":"card","after":[]}]})"),
      request_text("POST", "/v1/callbacks/AAAA", R"({"outcome":"done","result":{"x":[1,2,{"y":null}]}})")};
}

std::string mutated(std::string text, std::mt19937_64& random) {
  static const std::vector<std::string> pieces = {"\r\n",
                                                  "\r\n\r\n",
                                                  "{",
                                                  "}",
                                                  "[",
                                                  "\"",
                                                  "\\u0000",
                                                  "%",
                                                  "%zz",
                                                  "-1",
                                                  "1e999",
                                                  "99999999999999999999",
                                                  "\xFF",
                                                  std::string(1, '\0'),
                                                  "Content-Length: 0\r\n",
                                                  "Transfer-Encoding: chunked\r\n",
                                                  "null",
                                                  ":",
                                                  ",",
                                                  "HTTP/1.1",
                                                  "$sealed"};
  const std::size_t changes = 1 + random() % 6;
  for (std::size_t i = 0; i < changes && !text.empty(); ++i) {
    const std::size_t at = random() % text.size();
    switch (random() % 5) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, 1 + random() % 8);
        break;
      case 2:
        text.insert(at, pieces[random() % pieces.size()]);
        break;
      case 3:
        text.insert(at, text.substr(random() % text.size(), random() % 40));
        break;
      default:
        text.resize(at);
        break;
    }
  }
  return text;
}

TEST(Fuzz, I4_TheDaemonOutlivesWhateverComes) {
  HttpLimits limits = TestDaemon::quick_limits();
  limits.header_timeout = limits.body_timeout = limits.idle_timeout = DurationMs{60};
  TestDaemon daemon({}, limits);
  std::mt19937_64 random(from_environment("SETTLE_SEED", 20260131));
  const std::uint64_t rounds = from_environment("SETTLE_ROUNDS", 1'500);
  const std::vector<std::string> valid = seeds();
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const std::string bytes = mutated(valid[random() % valid.size()], random);
    RawClient client(daemon.port());
    client.send(bytes);
    if (random() % 2 == 0) client.half_close();
    const RawAnswer answer = client.read(bytes.starts_with("HEAD"));
    if (answer.status == 0) continue;
    ASSERT_TRUE(answer.status >= 200 && answer.status < 600) << round;
    ASSERT_NE(answer.status, 500) << "round " << round << ": " << answer.body << "\n" << bytes;
    const std::string type = answer.header("content-type");
    if (type.find("json") != std::string::npos && type.find("ndjson") == std::string::npos) {
      ASSERT_FALSE(answer.json().is_discarded()) << "round " << round << ": " << answer.body;
    }
    ASSERT_EQ(answer.status >= 400, type == "application/problem+json")
        << "round " << round << ": " << answer.body;
  }
  EXPECT_EQ(request(daemon.port(), "GET", "/healthz").status, 200);
}

// The guard agrees with nlohmann's own reader on everything but what it is there to refuse.
TEST(Fuzz, TheGuardTakesNothingThatIsNotJson) {
  std::mt19937_64 random(from_environment("SETTLE_SEED", 7));
  const std::string valid = R"({"a":[1,-2,3.5,true,null,{"b":"c\n\u00e9"}],"d":{},"e":"f"})";
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = mutated(valid, random);
    nlohmann::json mine;
    const auto problem = read_json(text, mine);
    auto theirs = nlohmann::json::parse(text, nullptr, false);
    // nlohmann takes NUL for the end of the text.
    if (text.find('\0') != std::string::npos) theirs = nlohmann::json(nlohmann::json::value_t::discarded);
    if (!problem) {
      ASSERT_FALSE(theirs.is_discarded()) << text;
      ASSERT_EQ(mine, theirs) << text;
    } else if (problem->code == "malformed_json" || problem->code == "invalid_utf8") {
      ASSERT_TRUE(theirs.is_discarded()) << text;
    }
  }
}

}  // namespace
}  // namespace settle::test
