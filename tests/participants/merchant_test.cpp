// A merchant's own rule decides what counts as told; it never says "later".

#include <gtest/gtest.h>

#include "sample_call.hpp"

namespace settle::test {
namespace {

Answered told(SampleCall& sample, const SuccessRule& rule, int status, const std::string& body = "") {
  Merchant merchant = *sample.registry.merchant("m-1");
  merchant.success = rule;
  sample.registry.put(merchant);
  return sample.classified(notify, Operation::deliver, answer_of(status, body));
}

TEST(Merchant, AnswerTable) {
  SampleCall sample;
  const std::tuple<int, Outcome, Cause> rows[] = {
      {200, Outcome::done, Cause::none},
      {202, Outcome::done, Cause::none},
      {299, Outcome::done, Cause::none},
      {302, Outcome::fault, Cause::bad_status},
      {400, Outcome::fault, Cause::bad_status},
      {401, Outcome::fault, Cause::signature_refused},
      {403, Outcome::fault, Cause::signature_refused},
      {404, Outcome::fault, Cause::bad_status},
      {408, Outcome::unknown, Cause::bad_status},
      {409, Outcome::refused, Cause::business_refusal},
      {422, Outcome::refused, Cause::business_refusal},
      {425, Outcome::not_now, Cause::throttled},
      {429, Outcome::not_now, Cause::throttled},
      {500, Outcome::unknown, Cause::bad_status},
      {503, Outcome::not_now, Cause::throttled},
  };
  for (const auto& [status, outcome, cause] : rows) {
    const Answered event = told(sample, {}, status, "<html>not JSON, and need not be</html>");
    EXPECT_EQ(event.outcome, outcome) << status;
    EXPECT_EQ(event.cause, cause) << status;
    EXPECT_EQ(event.result, "");
  }
}

TEST(Merchant, ItsStatusesAreTheOnlyOnes) {
  SampleCall sample;
  EXPECT_EQ(told(sample, {{200, 409}, {}}, 409).outcome, Outcome::done);
  EXPECT_EQ(told(sample, {{200, 409}, {}}, 202).outcome, Outcome::unknown);
}

TEST(Merchant, ItsBodyMustBeExactButForWhiteSpace) {
  SampleCall sample;
  const SuccessRule rule{{}, "success"};
  EXPECT_EQ(told(sample, rule, 200, " success\r\n").outcome, Outcome::done);
  for (const char* body : {"", "fail", "successful", "Success", "su ccess"}) {
    EXPECT_EQ(told(sample, rule, 200, body).outcome, Outcome::unknown) << body;
    EXPECT_EQ(told(sample, rule, 200, body).cause, Cause::format) << body;
  }
  EXPECT_EQ(told(sample, rule, 500, "success").outcome, Outcome::unknown);
}

}  // namespace
}  // namespace settle::test
