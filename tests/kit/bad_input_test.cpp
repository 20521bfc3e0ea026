// Every kind of bad call has its status and its code, and leaves nothing behind.

#include <gtest/gtest.h>

#include <functional>

#include "http.hpp"
#include "process.hpp"
#include "settle/kit/digest.hpp"

namespace settle::kit::test {
namespace {

struct BadCase {
  const char* name;
  int status;
  const char* code;
  std::function<Request()> make;
};

Request good() {
  return request_of({});
}

Request with(const char* header, const std::string& value) {
  Request request = good();
  if (value.empty()) {
    request.headers.erase(header);
  } else {
    request.headers[header] = value;
  }
  return request;
}

Request aged(std::int64_t seconds) {
  CallSpec spec;
  spec.timestamp_s = now_s() + seconds;
  return request_of(spec);
}

Request with_member(const char* name, const nlohmann::json& value) {
  nlohmann::json body = body_of({});
  body[name] = value;
  return request_of({}, body.dump());
}

Request without_member(const char* name) {
  nlohmann::json body = body_of({});
  body.erase(name);
  return request_of({}, body.dump());
}

std::vector<BadCase> bad_cases() {
  const std::string key = Key{purchase_id(1), "reserve", Operation::try_}.text();
  return {
      {"no signature", 401, "signature_refused", [] { return with("webhook-signature", ""); }},
      {"forged signature", 401, "signature_refused",
       [] { return with("webhook-signature", "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="); }},
      {"signature of another body", 401, "signature_refused",
       [] {
         Request request = good();
         request.body[request.body.find("GAME")] = 'F';
         request.headers["content-digest"] = content_digest(request.body);
         return request;
       }},
      {"no timestamp", 401, "signature_refused", [] { return with("webhook-timestamp", ""); }},
      {"timestamp in words", 401, "signature_refused", [] { return with("webhook-timestamp", "today"); }},
      {"stale timestamp", 401, "signature_refused", [] { return aged(-310); }},
      {"timestamp of the future", 401, "signature_refused", [] { return aged(310); }},
      {"no webhook-id", 401, "signature_refused", [] { return with("webhook-id", ""); }},
      {"no digest", 400, "header_missing", [] { return with("content-digest", ""); }},
      {"wrong digest", 400, "digest_mismatch", [] { return with("content-digest", content_digest("else")); }},
      {"digest of another kind", 400, "digest_mismatch", [] { return with("content-digest", "md5=:AAAA:"); }},
      {"no key", 400, "header_missing", [] { return with("idempotency-key", ""); }},
      {"no purchase", 400, "header_missing", [] { return with("settle-purchase", ""); }},
      {"no step", 400, "header_missing", [] { return with("settle-step", ""); }},
      {"no operation", 400, "header_missing", [] { return with("settle-operation", ""); }},
      {"no attempt", 400, "header_missing", [] { return with("settle-attempt", ""); }},
      {"no epoch", 400, "header_missing", [] { return with("settle-epoch", ""); }},
      {"attempt 0", 400, "header_malformed", [] { return with("settle-attempt", "0"); }},
      {"epoch without shard", 400, "header_malformed", [] { return with("settle-epoch", "5"); }},
      {"negative epoch", 400, "header_malformed", [] { return with("settle-epoch", "0:-1"); }},
      {"purchase in capitals", 400, "header_malformed",
       [] { return with("settle-purchase", "0000000000000000000000000000000A"); }},
      {"overlong step", 400, "header_malformed", [] { return with("settle-step", std::string(129, 's')); }},
      {"key of another step", 400, "headers_mismatch", [] { return with("settle-step", "charge"); }},
      {"operation of another route", 400, "headers_mismatch",
       [] { return with("settle-operation", "confirm"); }},
      {"body of another purchase", 400, "headers_mismatch",
       [] { return with_member("purchase", purchase_id(2)); }},
      {"body of another operation", 400, "headers_mismatch",
       [] { return with_member("operation", "cancel"); }},
      {"no JSON", 400, "body_malformed", [] { return request_of({}, "{\"purchase\":"); }},
      {"empty body", 400, "body_malformed", [] { return request_of({}, ""); }},
      {"an array", 400, "body_malformed", [] { return request_of({}, "[]"); }},
      {"bad UTF-8", 400, "body_malformed", [] { return request_of({}, "{\"sku\":\"\xff\"}"); }},
      {"too deep", 400, "body_malformed", [] { return request_of({}, std::string(30'000, '[')); }},
      {"no sku", 400, "body_malformed", [] { return without_member("sku"); }},
      {"a quantity in words", 400, "body_malformed", [] { return with_member("quantity", "two"); }},
      {"a negative quantity", 400, "body_malformed", [] { return with_member("quantity", -2); }},
      {"a broken amount", 400, "body_malformed", [] { return with_member("amount", 19.99); }},
      {"an overflowing amount", 400, "body_malformed", [] { return with_member("amount", UINT64_MAX); }},
      {"a payload that is no object", 400, "body_malformed", [] { return with_member("payload", "x"); }},
  };
}

TEST(BadInput, EachHasItsStatusAndCodeAndNothingIsStored) {
  Shop shop(10);
  for (const BadCase& bad : bad_cases()) {
    SCOPED_TRACE(bad.name);
    const Response answer = shop.participant->handle(Operation::try_, bad.make());
    EXPECT_EQ(answer.status, bad.status);
    EXPECT_EQ(code_of(answer), bad.code);
    EXPECT_EQ(answer.content_type, "application/problem+json");
    EXPECT_EQ(answer.body.find("whsec"), std::string::npos);
  }
  EXPECT_EQ(shop.works, 0);
  EXPECT_EQ(shop.number("SELECT count(*) FROM kit_fence"), 0);
  EXPECT_EQ(shop.number("SELECT count(*) FROM kit_epoch"), 0);
  EXPECT_EQ(shop.participant->handle(Operation::try_, good()).status, 200);  // the good one, for comparison
}

TEST(BadInput, AQueryNeedsNoMoreThanTheNames) {
  Shop shop(10);
  CallSpec spec;
  spec.operation = Operation::query;
  const std::string body =
      nlohmann::json{{"purchase", spec.purchase}, {"step", spec.step}, {"operation", "query"}}.dump();
  EXPECT_EQ(shop.participant->handle(Operation::query, request_of(spec, body)).status, 200);
}

TEST(BadInput, OverTheWire) {
  const TempDir folder;
  const auto service = start(folder, "inventory");
  ASSERT_NE(service->port(), 0);
  const int port = service->port();

  const HttpAnswer fits = send(port, request_of({}));
  EXPECT_EQ(fits.status, 200);
  EXPECT_EQ(fits.headers.at("content-digest"), content_digest(fits.body));

  const HttpAnswer forged = send(port, with("webhook-signature", "v1,AAAA"));
  EXPECT_EQ(forged.status, 401);
  EXPECT_EQ(forged.headers.at("content-type"), "application/problem+json");
  EXPECT_EQ(forged.headers.at("content-digest"), content_digest(forged.body));

  const std::string filler(65'000, 'x');
  EXPECT_EQ(send(port, request_of({}, nlohmann::json{{"a", filler}}.dump())).status, 400);
  EXPECT_EQ(send(port, request_of({}, nlohmann::json{{"a", filler + filler}}.dump())).status, 413);
  const std::string head = "POST /try HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(talk(port, head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n").status, 411);
  EXPECT_EQ(
      talk(port, head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
          .status,
      411);
  // Megabytes pass through and are not kept.
  EXPECT_EQ(send(port, request_of({}, std::string(8'000'000, 'x'))).status, 413);

  EXPECT_EQ(send(port, "GET", "/try").status, 405);
  EXPECT_EQ(send(port, "GET", "/nothing").status, 404);
  EXPECT_EQ(send(port, "POST", "/admin/behave", "{\"stall\":1}").status, 400);
  EXPECT_EQ(send(port, "POST", "/admin/stock", "{\"sku\":7}").status, 400);
  EXPECT_EQ(send(port, "GET", "/healthz").status, 200);
  EXPECT_EQ(service->terminate(), 0);
}

}  // namespace
}  // namespace settle::kit::test
