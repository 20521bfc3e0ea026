// The answer table of docs/participant-protocol.md, section 2, cell by cell.

#include <gtest/gtest.h>

#include "sample_call.hpp"
#include "settle/crypto/crypto.hpp"

namespace settle::test {
namespace {

struct Row {
  int status;
  Outcome on_try, on_confirm, on_cancel;
  Cause cause;
};

constexpr Outcome done = Outcome::done, accepted = Outcome::accepted, refused = Outcome::refused,
                  not_now = Outcome::not_now, unknown = Outcome::unknown, fault = Outcome::fault;

const Row table[] = {
    {200, done, done, done, Cause::none},
    {201, done, done, done, Cause::none},
    {202, accepted, accepted, accepted, Cause::none},
    {203, unknown, unknown, unknown, Cause::bad_status},
    {204, done, done, done, Cause::none},
    {206, unknown, unknown, unknown, Cause::bad_status},
    {301, fault, fault, fault, Cause::bad_status},
    {304, fault, fault, fault, Cause::bad_status},
    {400, fault, fault, fault, Cause::bad_status},
    {401, fault, fault, fault, Cause::signature_refused},
    {403, fault, fault, fault, Cause::signature_refused},
    {404, fault, fault, fault, Cause::bad_status},
    {408, unknown, unknown, unknown, Cause::bad_status},
    {409, refused, refused, refused, Cause::contradiction},
    {410, fault, fault, fault, Cause::bad_status},
    {412, fault, fault, fault, Cause::bad_status},
    {422, refused, refused, refused, Cause::contradiction},
    {425, not_now, not_now, not_now, Cause::throttled},
    {429, not_now, not_now, not_now, Cause::throttled},
    {499, fault, fault, fault, Cause::bad_status},
    {500, unknown, unknown, unknown, Cause::bad_status},
    {501, unknown, unknown, unknown, Cause::bad_status},
    {502, unknown, unknown, unknown, Cause::bad_status},
    {503, not_now, not_now, not_now, Cause::throttled},
    {504, unknown, unknown, unknown, Cause::bad_status},
    {599, unknown, unknown, unknown, Cause::bad_status},
    {999, unknown, unknown, unknown, Cause::bad_status},
};

TEST(AnswerTable, EveryOperationAndStatus) {
  SampleCall sample;
  for (const Row& row : table) {
    SCOPED_TRACE(row.status);
    const HttpAnswer answer = answer_of(row.status, row.status == 204 ? "" : "{}");
    const Answered on_try = sample.classified(charge, Operation::try_, answer);
    const Answered on_confirm = sample.classified(charge, Operation::confirm, answer);
    const Answered on_cancel = sample.classified(charge, Operation::cancel, answer);
    EXPECT_EQ(on_try.outcome, row.on_try);
    EXPECT_EQ(on_confirm.outcome, row.on_confirm);
    EXPECT_EQ(on_cancel.outcome, row.on_cancel);
    EXPECT_EQ(on_confirm.cause, row.cause);
    EXPECT_EQ(on_cancel.cause, row.cause);
    EXPECT_EQ(on_try.cause, row.on_try == refused ? Cause::business_refusal : row.cause);
    EXPECT_EQ(on_try.status, row.status);
    EXPECT_EQ(on_try.code.empty(), row.on_try == done || row.on_try == accepted);
  }
}

// Gone for now, as a merchant's: its endpoint is disabled, and the delivery goes on when somebody enables it.
TEST(AnswerTable, A410OfADeliveryIsTriedAgain) {
  SampleCall sample;
  const Answered said = sample.classified(charge, Operation::deliver, answer_of(410, "{}"));
  EXPECT_EQ(said.outcome, unknown);
  EXPECT_EQ(said.cause, Cause::bad_status);
}

TEST(AnswerTable, WithoutAnAnswer) {
  SampleCall sample;
  const std::pair<Cause, Outcome> rows[] = {
      {Cause::dns, not_now},   {Cause::refused, not_now},  {Cause::connect_timeout, not_now},
      {Cause::tls, not_now},   {Cause::overload, not_now}, {Cause::answer_timeout, unknown},
      {Cause::reset, unknown}, {Cause::format, unknown},
  };
  for (const auto& [cause, outcome] : rows) {
    HttpAnswer answer;
    answer.failure = cause;
    answer.failure_detail = "127.0.0.1:1: it was so";
    for (const Operation op : {Operation::try_, Operation::confirm, Operation::cancel}) {
      const Answered event = sample.classified(charge, op, answer);
      EXPECT_EQ(event.outcome, outcome) << name_of(cause);
      EXPECT_EQ(event.cause, cause);
      EXPECT_EQ(event.code, name_of(cause));
      EXPECT_EQ(event.detail, "127.0.0.1:1: it was so");
      EXPECT_EQ(event.status, 0);
    }
    EXPECT_EQ(sample.query_classified(charge, answer).says, QueryState::no_answer);
  }
}

TEST(Answer, TellsWhichCallItBelongsTo) {
  SampleCall sample;
  HttpAnswer answer = answer_of(200, "{}");
  answer.took_ms = 12;
  const auto event = std::get<Answered>(
      classify(sample.call(issue, Operation::confirm, 5), answer, sample.registry, *sample.keys));
  EXPECT_EQ(event.step, issue);
  EXPECT_EQ(event.operation, Operation::confirm);
  EXPECT_EQ(event.attempt, 5);
  EXPECT_EQ(event.took_ms, 12U);
}

TEST(Answer, KeepsTheResultAsItWasWritten) {
  SampleCall sample;
  const Answered event =
      sample.classified(charge, Operation::try_, answer_of(201, "  {\"b\": 1.10, \"a\":[1, 2]}\n"));
  EXPECT_EQ(event.outcome, done);
  EXPECT_EQ(event.result, "{\"b\": 1.10, \"a\":[1, 2]}");
  EXPECT_EQ(sample.classified(charge, Operation::try_, answer_of(204)).result, "");
  EXPECT_EQ(sample.classified(charge, Operation::try_, answer_of(200)).result, "");
}

TEST(Answer, ThatIsNoObjectIsUnknown) {
  SampleCall sample;
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "[";
  const std::string bad[] = {"[]",
                             "7",
                             "\"text\"",
                             "<html>",
                             "{",
                             "{\"a\":}",
                             "{} {}",
                             "{\"a\":\"\xff\"}",
                             std::string("{}\0", 3),
                             "\xef\xbb\xbf{}",
                             "{\"a\":" + deep,
                             "{\"a\":1e999}",
                             "{\"a\":\"" + std::string(result_bytes_max, 'x') + "\"}",
                             R"({"cards":{"$sealed":"v1.forged"}})",
                             R"({"cards":{"\u0024sealed":"v1.forged"}})"};
  for (const std::string& body : bad) {
    for (const std::uint8_t step : {charge, issue}) {
      const Answered event = sample.classified(step, Operation::try_, answer_of(200, body));
      EXPECT_EQ(event.outcome, unknown) << body.substr(0, 40);
      EXPECT_EQ(event.cause, Cause::format) << body.substr(0, 40);
      EXPECT_EQ(event.result, "");
    }
  }
}

TEST(Answer, ReadsHowLongAHoldLasts) {
  SampleCall sample;
  const auto expires = [&sample](Operation op, const std::string& value) {
    return sample.classified(charge, op, answer_of(200, "{\"expires_at\":" + value + "}"));
  };
  EXPECT_EQ(expires(Operation::try_, "\"2026-01-31T12:00:00Z\"").expires_at.count, 1'769'860'800'000);
  EXPECT_EQ(expires(Operation::try_, "null").outcome, done);
  EXPECT_EQ(expires(Operation::try_, "null").expires_at.count, 0);
  // A hold whose end cannot be read is no hold to rely on.
  for (const char* bad :
       {"\"soon\"", "17", "\"2026-02-30T12:00:00Z\"", "\"2026-01-31T12:00:00+08:00\"", "{}"}) {
    EXPECT_EQ(expires(Operation::try_, bad).outcome, unknown) << bad;
  }
  EXPECT_EQ(expires(Operation::confirm, "\"next year\"").outcome, done)
      << "a card's own field, not a hold's end";
}

TEST(Answer, HonoursRetryAfterWithinADay) {
  SampleCall sample;
  HttpAnswer answer = answer_of(503);
  answer.retry_after = "7";
  EXPECT_EQ(sample.classified(charge, Operation::try_, answer).retry_after.count, 7'000);
  answer.retry_after = "999999999999999999999999";
  EXPECT_EQ(sample.classified(charge, Operation::try_, answer).retry_after.count, 86'400'000);
  answer.retry_after = "Tue, 14 Nov 2023 22:14:20 GMT";  // a minute after `now`
  EXPECT_EQ(sample.classified(charge, Operation::try_, answer).retry_after.count, 59'877);
}

TEST(Answer, PassesTheRefusalOn) {
  SampleCall sample;
  const Answered event = sample.classified(
      charge, Operation::try_,
      answer_of(422, R"({"type":"about:blank","code":"card_declined","detail":"no \u00e9clat"})"));
  EXPECT_EQ(event.outcome, refused);
  EXPECT_EQ(event.code, "card_declined");
  EXPECT_EQ(event.detail,
            "no \xc3\xa9"
            "clat");
  EXPECT_EQ(sample.classified(charge, Operation::try_, answer_of(409, "sorry")).code, "refused");
  EXPECT_EQ(sample.classified(charge, Operation::try_, answer_of(409, R"({"code":"two words"})")).code,
            "refused");
  EXPECT_EQ(sample.classified(charge, Operation::try_, answer_of(500, "<html>")).code, "status_500");
  EXPECT_EQ(sample.classified(charge, Operation::try_, answer_of(412, R"({"code":"stale_epoch"})")).code,
            "stale_epoch");
}

TEST(Answer, CutsALongDetailBetweenCharacters) {
  SampleCall sample;
  std::string detail = "x";
  while (detail.size() < 1000) detail += "\xe4\xb8\xad";
  const Answered event =
      sample.classified(charge, Operation::try_, answer_of(409, "{\"detail\":\"" + detail + "\"}"));
  EXPECT_EQ(event.detail, detail.substr(0, 298));
}

TEST(Answer, WithAnotherDigestIsUnknown) {
  SampleCall sample;
  for (const int status : {200, 202, 409, 503}) {
    HttpAnswer answer = answer_of(status, "{}");
    answer.content_digest = content_digest("{} ");
    const Answered event = sample.classified(charge, Operation::try_, answer);
    EXPECT_EQ(event.outcome, unknown);
    EXPECT_EQ(event.cause, Cause::digest_mismatch);
    answer.content_digest = content_digest("{}");
    EXPECT_NE(sample.classified(charge, Operation::try_, answer).cause, Cause::digest_mismatch);
  }
}

TEST(Answer, WithoutADigestIsUnknownWhereOneIsRequired) {
  SampleCall sample;
  Participant payment = *sample.registry.participant("payment");
  payment.require_digest = true;
  sample.registry.put(payment);
  HttpAnswer answer = answer_of(200, "{}");
  EXPECT_EQ(sample.classified(charge, Operation::try_, answer).cause, Cause::digest_mismatch);
  EXPECT_EQ(sample.classified(reserve, Operation::try_, answer).outcome, done);
  answer.content_digest = content_digest("{}");
  EXPECT_EQ(sample.classified(charge, Operation::try_, answer).outcome, done);
}

TEST(Answer, SealsSecretsBeforeAnybodySeesThem) {
  SampleCall sample;
  for (const std::string body : {R"({"cards":["CODE-1"],"lot":7})", R"({"c\u0061rds":["CODE-1"],"lot":7})",
                                 R"({"cards":1,"cards":["CODE-1"],"lot":7})"}) {
    const Answered event = sample.classified(issue, Operation::confirm, answer_of(200, body));
    EXPECT_EQ(event.outcome, done);
    EXPECT_EQ(event.result.find("CODE-1"), std::string::npos) << event.result;
    EXPECT_EQ(*unseal_fields(event.result, sample.purchase.id.text() + ":issue", *sample.keys), body);
  }
}

}  // namespace
}  // namespace settle::test
