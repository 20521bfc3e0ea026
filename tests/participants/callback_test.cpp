// POST /v1/callbacks/{token}: what participants report by themselves.

#include <gtest/gtest.h>

#include "sample_call.hpp"

namespace settle::test {
namespace {

Result<Told> parsed(const SampleCall& sample, std::uint8_t step, const std::string& body) {
  return parse_callback(body, sample.definition, sample.purchase, step, Operation::try_, *sample.keys);
}

TEST(Callback, Done) {
  SampleCall sample;
  const auto told =
      parsed(sample, issue,
             R"({"outcome":"done","result":{"cards":["CODE-1"],"expires_at":"2026-01-31T12:00:00Z"}})");
  ASSERT_TRUE(told.ok());
  EXPECT_EQ(told->step, issue);
  EXPECT_EQ(told->operation, Operation::try_);
  EXPECT_EQ(told->outcome, Outcome::done);
  EXPECT_EQ(told->expires_at.count, 1'769'860'800'000);
  EXPECT_EQ(told->result.find("CODE-1"), std::string::npos);
  EXPECT_EQ(parsed(sample, issue, R"({"outcome":"done"})")->result, "");
}

TEST(Callback, Refused) {
  SampleCall sample;
  const auto told = parsed(sample, charge, R"({"outcome":"refused","code":"no_funds","detail":"none left"})");
  ASSERT_TRUE(told.ok());
  EXPECT_EQ(told->outcome, Outcome::refused);
  EXPECT_EQ(told->code, "no_funds");
  EXPECT_EQ(told->detail, "none left");
}

TEST(Callback, BadInputIsRefusedWithItsPlace) {
  SampleCall sample;
  const std::pair<std::string, std::string> rows[] = {
      {"", ": must be a JSON object"},
      {"[]", ": must be a JSON object"},
      {"{\"outcome\":", ": must be a JSON object"},
      {std::string(70'000, ' '), ": larger"},
      {"{}", "/outcome: "},
      {R"({"outcome":7})", "/outcome: "},
      {R"({"outcome":"accepted"})", "/outcome: "},
      {R"({"outcome":"done","result":[]})", "/result: "},
      {R"({"outcome":"done","result":{"expires_at":"soon"}})", "/result/expires_at: "},
      {R"({"outcome":"done","result":{"cards":{"$sealed":"v1"}}})", "/result: "},
      {"{\"outcome\":\"done\",\"result\":{\"a\":\"" + std::string(40'000, 'x') + "\"}}", "/result: larger"},
      {R"({"outcome":"refused"})", "/code: "},
      {R"({"outcome":"refused","code":""})", "/code: "},
      {R"({"outcome":"refused","code":"two words"})", "/code: "},
      {R"({"outcome":"refused","code":"a","detail":7})", "/detail: "},
  };
  for (const auto& [body, place] : rows) {
    const auto told = parsed(sample, issue, body);
    ASSERT_FALSE(told.ok()) << body.substr(0, 60);
    EXPECT_EQ(told.error().code, "invalid_callback");
    EXPECT_EQ(told.error().detail.substr(0, place.size()), place) << body.substr(0, 60);
  }
}

}  // namespace
}  // namespace settle::test
