// Bad input: each kind has its code, and nothing of it is stored.

#include <gtest/gtest.h>

#include <vector>

#include "daemon.hpp"
#include "raw_client.hpp"

namespace settle::test {
namespace {

struct BadBody {
  const char* what;
  std::string body;
  int status;
  const char* code;
  const char* pointer;
};

// The good order with one member written otherwise, as text: JSON that a builder would not build.
std::string with(const std::string& name, const std::string& value) {
  nlohmann::json order = good_order();
  order.erase(name);
  std::string text = order.dump();
  text.pop_back();
  return text + ",\"" + name + "\":" + value + "}";
}
std::string without(const std::string& name) {
  nlohmann::json order = good_order();
  order.erase(name);
  return order.dump();
}
std::string nested(std::size_t depth, const char* open, const char* close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += open;
  text += "1";
  for (std::size_t i = 0; i < depth; ++i) text += close;
  return text;
}

std::vector<BadBody> bad_bodies() {
  return {
      {"malformed", "{\"shop\":", 400, "malformed_json", "/shop"},
      {"trailing garbage", good_order().dump() + "x", 400, "malformed_json", ""},
      {"garbage behind a NUL", good_order().dump() + std::string("\0garbage", 8), 400, "malformed_json", ""},
      {"a NUL at the end", good_order().dump() + std::string(1, '\0'), 400, "malformed_json", ""},
      {"single quotes", "{'shop':'x'}", 400, "malformed_json", "*"},
      {"a comment", "{/*x*/}", 400, "malformed_json", "*"},
      {"NaN", with("amount", "NaN"), 400, "malformed_json", "/amount"},
      {"only white space", "  ", 400, "malformed_json", ""},
      {"too deep, arrays", with("payload", "{\"a\":" + nested(15, "[", "]") + "}"), 400, "json_too_deep",
       "*"},
      {"too deep, objects", with("payload", nested(40, "{\"a\":", "}")), 400, "json_too_deep", "*"},
      {"duplicate name", with("shop\":\"a\",\"shop", "\"b\""), 400, "duplicate_name", "/shop"},
      {"duplicate name within", with("payload", R"({"x":{"y":1,"y":2}})"), 400, "duplicate_name",
       "/payload/x/y"},
      {"integer overflow", with("amount", "18446744073709551616"), 400, "number_out_of_range", "/amount"},
      {"negative overflow", with("amount", "-9223372036854775809"), 400, "number_out_of_range", "/amount"},
      {"float overflow", with("payload", R"({"x":1e999})"), 400, "number_out_of_range", "/payload/x"},
      {"bad UTF-8", with("buyer", "\"\xC3\x28\""), 400, "invalid_utf8", ""},
      {"overlong UTF-8", with("buyer", "\"\xC0\xAF\""), 400, "invalid_utf8", ""},
      {"a lone surrogate, escaped", with("buyer", R"("\ud800")"), 400, "malformed_json", "/buyer"},
      {"not an object", "[]", 422, "invalid_field", ""},
      {"amount as text", with("amount", "\"2000\""), 422, "invalid_field", "/amount"},
      {"amount as float", with("amount", "2000.0"), 422, "invalid_field", "/amount"},
      {"amount negative", with("amount", "-1"), 422, "invalid_field", "/amount"},
      {"amount zero", with("amount", "0"), 422, "invalid_field", "/amount"},
      {"amount too large", with("amount", "1000000000001"), 422, "invalid_field", "/amount"},
      {"amount beyond int64", with("amount", "9223372036854775808"), 422, "invalid_field", "/amount"},
      {"quantity zero", with("quantity", "0"), 422, "invalid_field", "/quantity"},
      {"quantity too large", with("quantity", "10001"), 422, "invalid_field", "/quantity"},
      {"shop null", with("shop", "null"), 422, "invalid_field", "/shop"},
      {"shop empty", with("shop", "\"\""), 422, "invalid_field", "/shop"},
      {"buyer too long", with("buyer", "\"" + std::string(129, 'b') + "\""), 422, "invalid_field", "/buyer"},
      {"a control character", with("sku", R"("a\u0000b")"), 422, "invalid_field", "/sku"},
      {"payload not an object", with("payload", "[]"), 422, "invalid_field", "/payload"},
      {"payload too large", with("payload", "{\"x\":\"" + std::string(17000, 'p') + "\"}"), 422,
       "invalid_field", "/payload"},
      {"deadline zero", with("deadline_seconds", "0"), 422, "invalid_field", "/deadline_seconds"},
      {"deadline too far", with("deadline_seconds", "86401"), 422, "invalid_field", "/deadline_seconds"},
      {"unknown currency", with("currency", "\"XYZ\""), 422, "unknown_currency", "/currency"},
      {"currency in lower case", with("currency", "\"cny\""), 422, "unknown_currency", "/currency"},
      {"unknown field", with("colour", "1"), 422, "unknown_field", "/colour"},
      {"unknown field, escaped in the pointer", with("a/b~c", "1"), 422, "unknown_field", "/a~1b~0c"},
      {"no shop", without("shop"), 422, "missing_field", "/shop"},
      {"no amount", without("amount"), 422, "missing_field", "/amount"},
      {"unknown merchant", with("merchant", "\"m-2\""), 422, "unknown_merchant", "*"},
      {"no merchant's name", with("merchant", "\"no such\""), 422, "unknown_merchant", "*"},
      {"unknown definition", with("definition", "\"gift\""), 422, "unknown_definition", "*"},
  };
}

TEST(BadInput, I4_EveryBadBodyHasItsCodeAndStoresNothing) {
  TestDaemon daemon;
  const std::uint64_t before = daemon.appends();
  RawClient client(daemon.port());  // all over one connection: a refused body does not cost it
  for (const BadBody& bad : bad_bodies()) {
    client.send(request_text("POST", "/v1/purchases", bad.body, "Idempotency-Key: k-1\r\n"));
    const RawAnswer answer = client.read();
    EXPECT_EQ(answer.status, bad.status) << bad.what << ": " << answer.body;
    EXPECT_EQ(answer.code(), bad.code) << bad.what << ": " << answer.body;
    EXPECT_EQ(answer.header("content-type"), "application/problem+json") << bad.what;
    if (std::string(bad.pointer) != "*") {
      EXPECT_EQ(answer.json().value("pointer", ""), bad.pointer) << bad.what;
    }
  }
  EXPECT_EQ(daemon.appends(), before);
  client.send(request_text("POST", "/v1/purchases", good_order().dump(), "Idempotency-Key: k-1\r\n"));
  EXPECT_EQ(client.read().status, 202) << "none of them used up the key";
}

TEST(BadInput, DepthSixteenIsTaken) {
  TestDaemon daemon;
  EXPECT_EQ(request(daemon.port(), "POST", "/v1/purchases",
                    with("payload", "{\"a\":" + nested(14, "[", "]") + "}"), "Idempotency-Key: k\r\n")
                .status,
            202);
}

struct BadRequest {
  const char* what;
  const char* method;
  std::string target;
  std::string headers;
  std::string body;
  int status;
  const char* code;
};

std::vector<BadRequest> bad_requests() {
  const std::string order = good_order().dump();
  const std::string act = R"({"who":"ann","why":"because"})";
  const std::string id(32, 'a');
  return {
      {"no key", "POST", "/v1/purchases", "", order, 400, "missing_idempotency_key"},
      {"empty key", "POST", "/v1/purchases", "Idempotency-Key:\r\n", order, 400, "missing_idempotency_key"},
      {"overlong key", "POST", "/v1/purchases", "Idempotency-Key: " + std::string(201, 'k') + "\r\n", order,
       400, "invalid_idempotency_key"},
      {"a key with a space", "POST", "/v1/purchases", "Idempotency-Key: a b\r\n", order, 400,
       "invalid_idempotency_key"},
      {"two keys", "POST", "/v1/purchases", "Idempotency-Key: a\r\nIdempotency-Key: b\r\n", order, 400,
       "invalid_idempotency_key"},
      {"another media type", "POST", "/v1/purchases", "Idempotency-Key: a\r\nContent-Type: text/plain\r\n",
       order, 415, "unsupported_media_type"},
      {"unknown path", "GET", "/v1/nothing", "", "", 404, "unknown_route"},
      {"the root", "GET", "/", "", "", 404, "unknown_route"},
      {"a path that goes on", "GET", "/v1/purchases/" + id + "/x/y", "", "", 404, "unknown_route"},
      {"a slash at the end", "GET", "/v1/purchases/", "", "", 404, "unknown_route"},
      {"a broken escape", "GET", "/v1/participants/%zz", "", "", 404, "unknown_route"},
      {"another method", "DELETE", "/v1/purchases", "", "", 405, "method_not_allowed"},
      {"a method nobody knows", "BREW", "/v1/purchases", "", "", 405, "method_not_allowed"},
      {"no such purchase", "GET", "/v1/purchases/" + id, "", "", 404, "not_found"},
      {"no purchase's id", "GET", "/v1/purchases/ABC", "", "", 404, "not_found"},
      {"cancel nothing", "POST", "/v1/purchases/" + id + "/cancel", "", act, 404, "not_found"},
      {"cancel without why", "POST", "/v1/purchases/" + id + "/cancel", "", R"({"who":"ann"})", 422,
       "missing_field"},
      {"cancel by nobody", "POST", "/v1/purchases/" + id + "/cancel", "", R"({"who":"","why":"x"})", 422,
       "invalid_field"},
      {"cancel at length", "POST", "/v1/purchases/" + id + "/cancel", "",
       R"({"who":"ann","why":")" + std::string(201, 'x') + "\"}", 422, "invalid_field"},
      {"resolve how?", "POST", "/v1/purchases/" + id + "/resolve", "",
       R"({"who":"a","why":"b","step":"charge"})", 422, "missing_field"},
      {"resolve otherwise", "POST", "/v1/purchases/" + id + "/resolve", "",
       R"({"who":"a","why":"b","step":"charge","resolution":"maybe"})", 422, "invalid_field"},
      {"a list in no state", "GET", "/v1/purchases?state=gone", "", "", 400, "invalid_parameter"},
      {"a list since when?", "GET", "/v1/purchases?since=yesterday", "", "", 400, "invalid_parameter"},
      {"a list too long", "GET", "/v1/purchases?limit=201", "", "", 400, "invalid_parameter"},
      {"an unknown parameter", "GET", "/v1/purchases?colour=red", "", "", 400, "invalid_parameter"},
      {"a parameter twice", "GET", "/v1/purchases?shop=a&shop=b", "", "", 400, "invalid_parameter"},
      {"a parameter that is not UTF-8", "GET", "/v1/purchases?shop=%ff", "", "", 400, "invalid_parameter"},
      {"a made-up cursor", "GET", "/v1/purchases?cursor=abc", "", "", 400, "invalid_cursor"},
      {"a made-up journal cursor", "GET", "/v1/journal?from=abc", "", "", 400, "invalid_cursor"},
      {"the journal of nothing", "GET", "/v1/journal?purchase=" + id, "", "", 404, "not_found"},
      {"a forged callback", "POST", "/v1/callbacks/abcdef", "", R"({"outcome":"done"})", 404,
       "unknown_token"},
      {"a callback that is not JSON", "POST", "/v1/callbacks/abcdef", "", "done", 400, "malformed_json"},
      {"a participant without URL", "PUT", "/v1/participants/p", "", R"({"endpoints":{"try":"/t"}})", 422,
       "invalid_participant"},
      {"a participant by ftp", "PUT", "/v1/participants/p", "",
       R"({"base_urls":["ftp://x"],"endpoints":{"try":"/t"}})", 422, "invalid_participant"},
      {"a participant's name", "PUT", "/v1/participants/P%20P", "",
       R"({"base_urls":["http://x"],"endpoints":{"try":"/t"}})", 422, "invalid_participant"},
      {"a merchant by telnet", "PUT", "/v1/merchants/m", "", R"({"url":"telnet://x"})", 422,
       "invalid_merchant"},
      {"a merchant with more", "PUT", "/v1/merchants/m", "", R"({"url":"http://x","colour":1})", 422,
       "invalid_merchant"},
      {"no participant", "GET", "/v1/participants/p", "", "", 404, "not_found"},
      {"a participant that is named", "DELETE", "/v1/participants/card", "", "", 409, "in_use"},
      {"delete nothing", "DELETE", "/v1/merchants/none", "", "", 404, "not_found"},
      {"an empty definition", "PUT", "/v1/definitions/d", "", R"({"steps":[]})", 422, "invalid_definition"},
      {"a definition in circles", "PUT", "/v1/definitions/d", "",
       R"({"steps":[{"name":"a","mode":"tcc","target":"card","after":["b"]},{"name":"b","mode":"tcc","target":"card","after":["a"]}]})",
       422, "invalid_definition"},
      {"a definition of nobody", "PUT", "/v1/definitions/d", "",
       R"({"steps":[{"name":"a","mode":"tcc","target":"nobody"}]})", 422, "unknown_participant"},
      {"no definition", "GET", "/v1/definitions/none", "", "", 404, "not_found"},
      {"pause for no reason", "POST", "/v1/pause", "", R"({"who":"ann"})", 422, "missing_field"},
  };
}

TEST(BadInput, EveryBadRequestHasItsCodeAndStoresNothing) {
  TestDaemon daemon;
  const std::uint64_t before = daemon.appends();
  for (const BadRequest& bad : bad_requests()) {
    const RawAnswer answer = request(daemon.port(), bad.method, bad.target, bad.body, bad.headers);
    EXPECT_EQ(answer.status, bad.status) << bad.what << ": " << answer.body;
    EXPECT_EQ(answer.code(), bad.code) << bad.what << ": " << answer.body;
  }
  EXPECT_EQ(daemon.appends(), before);
}

// Found by fuzzing: the pointer was none.
TEST(BadInput, AnUnknownFieldOfADefinitionIsEscapedInThePointer) {
  TestDaemon daemon;
  const RawAnswer outer = request(daemon.port(), "PUT", "/v1/definitions/d", R"({"a/b~c":1})");
  EXPECT_EQ(outer.code(), "invalid_definition");
  EXPECT_EQ(outer.json().value("pointer", ""), "/a~1b~0c");
  const RawAnswer inner = request(daemon.port(), "PUT", "/v1/definitions/d", R"({"steps":[{"~":1}]})");
  EXPECT_EQ(inner.json().value("pointer", ""), "/steps/0/~0");
}

TEST(BadInput, ATccStepWhoseTargetHasNoTryIsRefused) {
  TestDaemon daemon;
  ASSERT_EQ(request(daemon.port(), "PUT", "/v1/participants/half",
                    R"({"base_urls":["http://127.0.0.1:9"],"endpoints":{"cancel":"/c"}})")
                .status,
            201);
  const std::uint64_t before = daemon.appends();
  const RawAnswer answer = request(daemon.port(), "PUT", "/v1/definitions/d",
                                   R"({"steps":[{"name":"a","mode":"tcc","target":"half"}]})");
  EXPECT_EQ(answer.status, 422) << answer.body;
  EXPECT_EQ(answer.code(), "missing_endpoint") << answer.body;
  EXPECT_EQ(daemon.appends(), before);
}

}  // namespace
}  // namespace settle::test
