// What an event keeps of the exchange that made it: where the call went, and what came back when it was no
// plain success.

#include <gtest/gtest.h>

#include "sample_call.hpp"

namespace settle::test {
namespace {

HttpAnswer from(const std::string& url, int status, const std::string& body,
                const std::string& type = "application/json") {
  HttpAnswer answer = answer_of(status, body);
  answer.url = url;
  answer.content_type = type;
  return answer;
}

TEST(Exchange, APlainSuccessKeepsNothingBesideItsResult) {
  SampleCall sample;
  const Answered said = sample.classified(charge, Operation::try_, from("http://pay.example/try", 200, "{}"));
  EXPECT_EQ(said.url + said.answer + said.content_type, "");
}

TEST(Exchange, ALaterAttemptsSuccessSaysWhereItWent) {
  SampleCall sample;
  const CallContext call = sample.call(charge, Operation::try_, 2);
  const auto said = classify(call, from("http://b.example/try", 200, "{}"), sample.registry, *sample.keys);
  EXPECT_EQ(std::get<Answered>(said).url, "http://b.example/try");
  EXPECT_EQ(std::get<Answered>(said).answer, "");
}

TEST(Exchange, WhatWentWrongKeepsUrlBodyAndType) {
  SampleCall sample;
  const Answered said = sample.classified(
      charge, Operation::try_, from("http://u:p@pay.example/try?key=1", 500, "<h1>Oops</h1>", "text/html"));
  EXPECT_EQ(said.url, "http://pay.example/try?...");
  EXPECT_EQ(said.answer, "<h1>Oops</h1>");
  EXPECT_EQ(said.content_type, "text/html");
}

TEST(Exchange, TheBodyOfA202IsKept) {
  SampleCall sample;
  const Answered said =
      sample.classified(charge, Operation::try_, from("http://pay.example/", 202, R"({"in":"a while"})"));
  EXPECT_EQ(said.answer, R"({"in":"a while"})");
  EXPECT_EQ(said.url, "") << "it went well";
}

// Where the merchant says that it was never told.
TEST(Exchange, C4_ADeliveryKeepsWhereItWentAndWhatTheMerchantSaid) {
  SampleCall sample;
  const Answered said = sample.classified(notify, Operation::deliver,
                                          from("http://shop.example/told", 200, "success", "text/plain"));
  EXPECT_EQ(said.outcome, Outcome::done);
  EXPECT_EQ(said.url, "http://shop.example/told");
  EXPECT_EQ(said.answer, "success");
  EXPECT_EQ(said.content_type, "text/plain");
}

TEST(Exchange, ABodyIsKeptUpToItsLimitAndAsUtf8) {
  SampleCall sample;
  std::string body(510, 'x');
  body.append("\xC3\xA9\xFF");
  const Answered said = sample.classified(charge, Operation::try_, from("", 500, body, std::string(99, 't')));
  EXPECT_EQ(said.answer, body.substr(0, 512));
  EXPECT_EQ(said.content_type.size(), kept_content_type_bytes_max);
  EXPECT_EQ(sample.classified(charge, Operation::try_, from("", 500, "\xFF")).answer, "\xEF\xBF\xBD");
}

TEST(Exchange, NoSecretIsKeptNotEvenAnotherSteps) {
  SampleCall sample;
  const std::string card = "4111-1111";
  for (const std::uint8_t step : {charge, issue}) {
    for (const std::string& body :
         {R"({"code":"odd","cards":[")" + card + R"("]})", "cards=" + card,
          R"({"echo":{"results":{"issue":{"cards":[")" + card + R"("]}}}})", R"({"cards":[")" + card}) {
      for (const int status : {202, 409, 422, 500, 503}) {
        const Answered said = sample.classified(step, Operation::try_, from("http://a/", status, body));
        EXPECT_EQ(said.answer.find(card), std::string::npos) << said.answer;
      }
      const QueryAnswered said = sample.query_classified(step, from("http://a/", 500, body));
      EXPECT_EQ(said.answer.find(card), std::string::npos) << said.answer;
    }
  }
}

TEST(Exchange, AQueryThatSaysWhatItMustKeepsNothing) {
  SampleCall sample;
  const QueryAnswered said =
      sample.query_classified(charge, from("http://pay.example/q", 200, R"({"state":"unknown"})"));
  EXPECT_EQ(said.url + said.answer + said.content_type, "");
  const QueryAnswered broken = sample.query_classified(charge, from("http://pay.example/q", 200, "?"));
  EXPECT_EQ(broken.answer, "?");
  EXPECT_EQ(broken.url, "http://pay.example/q");
}

}  // namespace
}  // namespace settle::test
