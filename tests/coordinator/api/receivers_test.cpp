// Receivers at the API: made, shown, changed, tried, deleted, refused.

#include <gtest/gtest.h>

#include "receivers_support.hpp"

namespace settle::test {
namespace {

using nlohmann::json;

TEST(Receivers, AreMadeShownChangedAndDeletedAndNeverShowASecret) {
  TestDaemon daemon;
  const json slack = {{"kind", "slack"}, {"url", "http://127.0.0.1:9/services/T0/B0/sEcReT"}};
  const RawAnswer made = put_receiver(daemon, "ops", slack);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.header("location"), "/v1/receivers/ops");
  EXPECT_EQ(made.json()["url"], "http://127.0.0.1:9/***");
  EXPECT_EQ(made.json()["group_seconds"], 30);
  EXPECT_EQ(put_receiver(daemon, "ops", shown_receiver(daemon, "ops")).status, 200)
      << "what was got can be put";
  const RawAnswer signed_one =
      put_receiver(daemon, "bus", {{"kind", "cloudevents"}, {"url", "http://127.0.0.1:9/e"}});
  ASSERT_EQ(signed_one.status, 201) << signed_one.body;
  const std::string made_secret = signed_one.json()["new_secret"];
  EXPECT_EQ(put_receiver(daemon, "bus", shown_receiver(daemon, "bus")).json().count("new_secret"), 0U)
      << "told once";
  ASSERT_EQ(put_receiver(daemon, "bus", {{"kind", "slack"}, {"url", "http://127.0.0.1:9/y"}}).status, 200);
  EXPECT_EQ(shown_receiver(daemon, "bus")["secret_count"], 0) << "another kind has nothing of the one before";

  const std::string everything = request(daemon.port(), "GET", "/v1/receivers").body +
                                 request(daemon.port(), "GET", "/v1/journal?limit=500").body;
  EXPECT_EQ(everything.find("sEcReT"), std::string::npos);
  EXPECT_EQ(everything.find(made_secret), std::string::npos);
  for (const Document& document :
       daemon.ask([&] { return *daemon.journal->documents(ShardId{0}, "receiver"); }))
    EXPECT_EQ(document.value.find("sEcReT"), std::string::npos) << "sealed";

  EXPECT_EQ(request(daemon.port(), "DELETE", "/v1/receivers/ops").status, 204);
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/receivers/ops").status, 404);
  EXPECT_EQ(request(daemon.port(), "DELETE", "/v1/receivers/ops").status, 404);
  EXPECT_EQ(request(daemon.port(), "POST", "/v1/receivers/ops/test", "{}").status, 404);
}

TEST(Receivers, ABadOneIsRefusedWithItsField) {
  TestDaemon daemon;
  const std::pair<const char*, const char*> bad[] = {
      {R"({})", "/kind"},
      {R"({"kind":"mail","url":"http://x/"})", "/kind"},
      {R"({"kind":"slack"})", "/url"},
      {R"({"kind":"slack","url":"ftp://x/"})", "/url"},
      {R"({"kind":"slack","url":"http://x/***"})", "/url"},
      {R"({"kind":"cloudevents","url":"http://x/?token=1"})", "/url"},
      {R"({"kind":"slack","url":"http://x/","secrets":["s"]})", "/secrets"},
      {R"({"kind":"cloudevents","url":"http://x/","secrets":["s3cr3t"]})", "/secrets/0"},
      {R"({"kind":"cloudevents","url":"http://x/","secrets":[]})", "/secrets"},
      {R"({"kind":"slack","url":"http://x/","group_seconds":3601})", "/group_seconds"},
      {R"({"kind":"slack","url":"http://x/","per_hour_max":-1})", "/per_hour_max"},
      {R"({"kind":"slack","url":"http://x/","rules":[{"types":["settle.nothing"]}]})", "/rules/0/types/0"},
      {R"({"kind":"slack","url":"http://x/","rules":[{"types":[]}]})", "/rules/0/types"},
      {R"({"kind":"slack","url":"http://x/","rules":[{"at_least":0}]})", "/rules/0/at_least"},
      {R"({"kind":"slack","url":"http://x/","rules":[{"at_least":1001}]})", "/rules/0/at_least"},
      {R"({"kind":"slack","url":"http://x/","rules":[{"within_seconds":3601}]})", "/rules/0/within_seconds"},
      {R"({"kind":"slack","url":"http://x/","rules":[{"min_severity":"loud"}]})", "/rules/0/min_severity"},
      {R"({"kind":"slack","url":"http://x/","sms":{}})", "/sms"},
      {R"({"kind":"sms","url":"http://x/"})", "/sms"},
      {R"({"kind":"sms","url":"http://x/","sms":{"body":"{{text}}","phones":["+861234567"]}})", "/sms/body"},
      {R"({"kind":"sms","url":"http://x/","sms":{"body":"[\"{{text}}{{phone}}\"]","phones":["me"]}})",
       "/sms/phones/0"},
      {R"({"kind":"slack","url":"http://x/","name":"yours"})", "/name"},
      {R"({"kind":"slack","url":"http://x/","from":"yesterday"})", "/from"},
      {R"([])", "/"}};
  for (const auto& [body, pointer] : bad) {
    const RawAnswer answer = request(daemon.port(), "PUT", "/v1/receivers/mine", body);
    EXPECT_EQ(answer.code(), "invalid_receiver") << body << answer.body;
    EXPECT_NE(answer.body.find(std::string("\"") + pointer + "\""), std::string::npos) << body << answer.body;
    EXPECT_EQ(answer.body.find("s3cr3t"), std::string::npos);
  }
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/receivers/mine").status, 404) << "nothing of it is stored";
}

TEST(Receivers, ThereIsAnEndToTheirNumber) {
  TestDaemon daemon;
  const json one = {{"kind", "slack"}, {"url", "http://127.0.0.1:9/"}};
  for (int n = 0; n < 32; ++n) ASSERT_EQ(put_receiver(daemon, "r" + std::to_string(n), one).status, 201);
  EXPECT_EQ(put_receiver(daemon, "one-more", one).code(), "too_many_receivers");
  EXPECT_EQ(put_receiver(daemon, "r7", one).status, 200);
}

TEST(Receivers, ATestSaysWhatCameBack) {
  ListeningServer server([](std::size_t n, const Heard&) {
    ServerResponse response = status(n == 0 ? 200 : 403);
    response.body = n == 0 ? "ok" : "invalid_token";
    return response;
  });
  TestDaemon daemon;
  put_receiver(daemon, "ops",
               {{"kind", "slack"}, {"url", server.url("/hook")}, {"rules", {{{"at_least", 1000}}}}});
  const json good = request(daemon.port(), "POST", "/v1/receivers/ops/test").json();
  EXPECT_EQ(good["delivered"], true) << good;
  EXPECT_EQ(good["answer"], "ok");
  const json bad = request(daemon.port(), "POST", "/v1/receivers/ops/test").json();
  EXPECT_EQ(bad["delivered"], false) << bad;
  EXPECT_EQ(bad["status"], 403);
  EXPECT_EQ(bad["answer"], "invalid_token");
  const auto heard = server.wait_for(2);
  EXPECT_EQ(heard[0].path, "/hook");
  EXPECT_NE(heard[0].body.find("settle.receiver.test"), std::string::npos);
  EXPECT_EQ(shown_receiver(daemon, "ops")["figures"]["sent"], 0) << "a test is none of its figures";
}

}  // namespace
}  // namespace settle::test
