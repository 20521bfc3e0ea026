// Headers, targets and signatures of a call.

#include <gtest/gtest.h>

#include <set>

#include "sample_call.hpp"
#include "settle/crypto/crypto.hpp"

namespace settle::test {
namespace {

TEST(Request, NamesTheCall) {
  SampleCall sample;
  const std::string id = sample.purchase.id.text();
  const HttpRequest request = sample.request(charge, Operation::try_, 4);
  EXPECT_EQ(request.group, "payment");
  EXPECT_EQ(request.urls,
            (std::vector<std::string>{"http://127.0.0.1:1/payment/try", "http://127.0.0.2:1/payment/try"}));
  EXPECT_EQ(header(request, "Content-Type"), "application/json");
  EXPECT_EQ(header(request, "Idempotency-Key"), id + ":charge:try");
  EXPECT_EQ(header(request, "webhook-id"), id + ":charge:try");
  EXPECT_EQ(header(request, "Settle-Purchase"), id);
  EXPECT_EQ(header(request, "Settle-Step"), "charge");
  EXPECT_EQ(header(request, "Settle-Operation"), "try");
  EXPECT_EQ(header(request, "Settle-Attempt"), "4");
  EXPECT_EQ(header(request, "Settle-Epoch"), "7:3");
  EXPECT_EQ(header(request, "webhook-timestamp"), "1700000000");
  EXPECT_EQ(request.answer_timeout.count,
            sample.definition.steps[charge].spec(Operation::try_).timeout.count);
}

TEST(Request, A13_SaysHowImportantItIs) {
  SampleCall sample;
  EXPECT_EQ(sample.request(charge, Operation::confirm).importance, 0);
  EXPECT_EQ(sample.request(charge, Operation::cancel).importance, 0);
  EXPECT_EQ(sample.request(charge, Operation::try_).importance, 1);
  EXPECT_EQ(sample.request(charge, Operation::query).importance, 1);
  EXPECT_EQ(sample.request(notify, Operation::deliver).importance, 2);
  sample.definition.steps[notify].priority = Priority::low;
  EXPECT_EQ(sample.request(notify, Operation::deliver).importance, 3);
}

TEST(Request, SignsAndDigestsWhatItSends) {
  SampleCall sample;
  const HttpRequest request = sample.request(charge, Operation::confirm);
  EXPECT_TRUE(content_digest_matches(header(request, "Content-Digest"), request.body));
  EXPECT_FALSE(content_digest_matches(header(request, "Content-Digest"), request.body + " "));
  const std::string message = header(request, "webhook-id") + ".1700000000." + request.body;
  const auto mac = hmac_sha256("0123456789abcdef01234567", message);
  const std::string expected = "v1," + base64({reinterpret_cast<const char*>(mac.data()), mac.size()});
  EXPECT_EQ(header(request, "webhook-signature"), expected);
}

// The example of the Standard Webhooks specification.
TEST(Request, SignatureVector) {
  const auto key = webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(webhook_signature(*key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Request, SignsWithEverySecretWhileTheyRotate) {
  SampleCall sample;
  Participant payment = *sample.registry.participant("payment");
  payment.secrets.insert(payment.secrets.begin(), "whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=");
  const std::string old_one = header(sample.request(charge, Operation::try_), "webhook-signature");
  sample.registry.put(payment);
  const std::string both = header(sample.request(charge, Operation::try_), "webhook-signature");
  ASSERT_EQ(both.size(), 2 * old_one.size() + 1);
  EXPECT_EQ(both.substr(old_one.size()), " " + old_one);
}

TEST(Request, TracesThePurchase) {
  SampleCall sample;
  std::set<std::string> seen;
  for (const std::uint8_t step : {reserve, charge}) {
    for (const Operation op : {Operation::try_, Operation::cancel}) {
      for (const std::uint16_t attempt : {1, 2, 65535}) {
        const std::string trace = header(sample.request(step, op, attempt), "traceparent");
        ASSERT_EQ(trace.size(), 55U);
        EXPECT_EQ(trace.substr(0, 36), "00-" + sample.purchase.id.text() + "-");
        EXPECT_EQ(trace.substr(52), "-01");
        EXPECT_NE(trace.substr(36, 16), "0000000000000000");
        EXPECT_EQ(trace.find_first_not_of("0123456789abcdef-"), std::string::npos);
        EXPECT_TRUE(seen.insert(trace).second) << "a span for each attempt";
      }
    }
  }
}

TEST(Request, GivesACallbackWhereA202IsPossible) {
  SampleCall sample;
  const std::string prefix = "http://127.0.0.1:7070/v1/callbacks/";
  for (const Operation op : {Operation::try_, Operation::confirm, Operation::cancel}) {
    const std::string url = header(sample.request(charge, op), "Settle-Callback");
    ASSERT_EQ(url.substr(0, prefix.size()), prefix);
    const auto target = parse_callback_token(url.substr(prefix.size()), *sample.keys);
    ASSERT_TRUE(target);
    EXPECT_EQ(target->purchase, sample.purchase.id);
    EXPECT_EQ(target->step, charge);
    EXPECT_EQ(target->operation, op);
  }
  EXPECT_FALSE(has_header(sample.request(charge, Operation::query), "Settle-Callback"));
  EXPECT_FALSE(has_header(sample.request(notify, Operation::deliver), "Settle-Callback"));
}

TEST(Request, GoesToTheMerchantsUrl) {
  SampleCall sample;
  const HttpRequest request = sample.request(notify, Operation::deliver);
  EXPECT_EQ(request.group, "merchant:m-1");
  EXPECT_EQ(request.urls, std::vector<std::string>{"http://127.0.0.1:2/told?by=settle"});
}

TEST(Request, IsNotBuiltForWhatIsNotRegistered) {
  SampleCall sample;
  const auto code = [&sample](std::uint8_t step, Operation operation) {
    const auto built = build_request(sample.call(step, operation), sample.registry, *sample.keys);
    return built.ok() ? std::string("built") : built.error().code;
  };
  EXPECT_EQ(code(charge, Operation::deliver), "unregistered");  // no such endpoint
  EXPECT_EQ(code(notify, Operation::try_), "unregistered");     // a merchant holds nothing
  sample.registry = Registry();
  EXPECT_EQ(code(charge, Operation::try_), "unregistered");
  EXPECT_EQ(code(notify, Operation::deliver), "unregistered");
}

}  // namespace
}  // namespace settle::test
