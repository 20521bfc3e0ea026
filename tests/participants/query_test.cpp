// What a query's answer says, and how little an unreadable one does.

#include <gtest/gtest.h>

#include "sample_call.hpp"

namespace settle::test {
namespace {

TEST(Query, SaysHowThingsStand) {
  SampleCall sample;
  const std::pair<const char*, QueryState> rows[] = {
      {"tried", QueryState::tried},         {"refused", QueryState::refused},
      {"pending", QueryState::pending},     {"confirmed", QueryState::confirmed},
      {"cancelled", QueryState::cancelled}, {"unknown", QueryState::unknown},
  };
  for (const auto& [text, state] : rows) {
    const QueryAnswered event = sample.query_classified(
        charge, answer_of(200, std::string("{\"state\":\"") + text + "\",\"extra\":1}"));
    EXPECT_EQ(event.says, state) << text;
    EXPECT_EQ(event.status, 200);
  }
}

TEST(Query, BringsTheResultOfATry) {
  SampleCall sample;
  const QueryAnswered event = sample.query_classified(
      issue,
      answer_of(200,
                R"({"state":"tried","result":{"cards":["CODE-1"],"expires_at":"2026-01-31T12:00:00Z"}})"));
  EXPECT_EQ(event.says, QueryState::tried);
  EXPECT_EQ(event.expires_at.count, 1'769'860'800'000);
  EXPECT_EQ(event.result.find("CODE-1"), std::string::npos);
  EXPECT_NE(event.result.find("$sealed"), std::string::npos);
}

TEST(Query, BringsTheRefusal) {
  SampleCall sample;
  const QueryAnswered event = sample.query_classified(
      charge, answer_of(200, R"({"state":"refused","code":"no_funds","detail":"none left"})"));
  EXPECT_EQ(event.says, QueryState::refused);
  EXPECT_EQ(event.code, "no_funds");
  EXPECT_EQ(event.detail, "none left");
}

TEST(Query, I7_WhatCannotBeReadIsNoAnswer) {
  SampleCall sample;
  for (const char* body :
       {"", "[]", "{}", R"({"state":"no_answer"})", R"({"state":7})", R"({"state":"TRIED"})", "{",
        R"({"state":"tried","result":7})", R"({"state":"tried","result":{"expires_at":"soon"}})"}) {
    const QueryAnswered event = sample.query_classified(charge, answer_of(200, body));
    EXPECT_EQ(event.says, QueryState::no_answer) << body;
    EXPECT_EQ(event.cause, Cause::format) << body;
  }
}

TEST(Query, I20_ItsRetryAfterIsHeardWhereItLeavesThingsOpen) {
  SampleCall sample;
  for (const auto& [status, body] : {std::pair{503, ""}, std::pair{200, R"({"state":"pending"})"}}) {
    HttpAnswer answer = answer_of(status, body);
    answer.retry_after = "7";
    EXPECT_EQ(sample.query_classified(charge, answer).retry_after.count, 7'000) << status;
  }
  HttpAnswer settled = answer_of(200, R"({"state":"tried"})");
  settled.retry_after = "7";
  EXPECT_EQ(sample.query_classified(charge, settled).retry_after.count, 0);
}

TEST(Query, I7_AnyOtherStatusIsNoAnswer) {
  SampleCall sample;
  for (const int status : {201, 202, 204, 301, 400, 404, 408, 409, 422, 500, 502}) {
    const QueryAnswered event = sample.query_classified(charge, answer_of(status, R"({"state":"tried"})"));
    EXPECT_EQ(event.says, QueryState::no_answer) << status;
    EXPECT_EQ(event.cause, Cause::bad_status) << status;
    EXPECT_EQ(event.status, status);
  }
  EXPECT_EQ(sample.query_classified(charge, answer_of(401)).cause, Cause::signature_refused);
  EXPECT_EQ(sample.query_classified(charge, answer_of(503)).cause, Cause::throttled);
}

}  // namespace
}  // namespace settle::test
