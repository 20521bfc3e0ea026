// The dialect of a step: accepted, shown, and stored; there is one so far.

#include <gtest/gtest.h>

#include "daemon.hpp"
#include "raw_client.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

json one_step() {
  return json::parse(R"({"steps":[{"name":"a","mode":"tcc","target":"card"}]})");
}

TEST(Definitions, ADialectIsAcceptedShownAndStored) {
  TestDaemon daemon;
  json definition = one_step();
  definition["steps"][0]["dialect"] = "settle";
  const RawAnswer made = request(daemon.port(), "PUT", "/v1/definitions/d", definition.dump());
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.json()["steps"][0]["dialect"], "settle");
  const RawAnswer shown = request(daemon.port(), "GET", "/v1/definitions/d");
  EXPECT_EQ(shown.json()["steps"][0]["dialect"], "settle");
  EXPECT_NE(request(daemon.port(), "GET", "/v1/journal").body.find(R"("dialect":"settle")"),
            std::string::npos);
}

TEST(Definitions, NoDialectIsTheSameDefinition) {
  TestDaemon daemon;
  json definition = one_step();
  ASSERT_EQ(request(daemon.port(), "PUT", "/v1/definitions/d", definition.dump()).status, 201);
  definition["steps"][0]["dialect"] = "settle";
  const RawAnswer again = request(daemon.port(), "PUT", "/v1/definitions/d", definition.dump());
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.json()["version"], 1) << again.body;
}

TEST(Definitions, AnotherDialectIsRefused) {
  TestDaemon daemon;
  for (const json& dialect : {json("dtm"), json("Settle"), json(""), json(1), json()}) {
    json definition = one_step();
    definition["steps"][0]["dialect"] = dialect;
    const RawAnswer answer = request(daemon.port(), "PUT", "/v1/definitions/d", definition.dump());
    EXPECT_EQ(answer.status, 422) << dialect;
    EXPECT_EQ(answer.code(), "invalid_definition");
    EXPECT_NE(answer.body.find("/steps/0/dialect"), std::string::npos) << answer.body;
  }
}

// docs/adr/0007.
TEST(Definitions, AnInlineUrlIsNoTarget) {
  TestDaemon daemon;
  json definition = one_step();
  definition["steps"][0]["target"] = "http://127.0.0.1:9/";
  const RawAnswer answer = request(daemon.port(), "PUT", "/v1/definitions/d", definition.dump());
  EXPECT_EQ(answer.code(), "invalid_definition") << answer.body;
  EXPECT_NE(answer.body.find("target must name a participant"), std::string::npos) << answer.body;
}

}  // namespace
}  // namespace settle::test
