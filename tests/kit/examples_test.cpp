// The examples of the documentation keep the protocol: the participant on the kit, the one in plain Python,
// and the script that calls one with curl.

#include <gtest/gtest.h>

#include <fstream>

#include "http.hpp"
#include "process.hpp"
#include "settle/kit/digest.hpp"

namespace settle::kit::test {
namespace {

class Example : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::ofstream(folder.file("secret")) << secret_text << "\n";
    start();
    ASSERT_NE(process->port(), 0);
  }
  void start() {
    process.reset();
    const std::string data = folder.file("seats.db");
    const std::string secret = folder.file("secret");
    const std::vector<std::string> python = {SETTLE_PYTHON, SETTLE_EXAMPLES "/participant.py", data, secret};
    const std::vector<std::string> cpp = {SETTLE_EXAMPLE_BINARY, "--data", data, "--secret-file", secret};
    process = std::make_unique<Process>(GetParam() == "python" ? python : cpp);
  }
  HttpAnswer call(Operation operation, std::uint64_t purchase = 1, const std::string& epoch = "0:1") {
    CallSpec spec;
    spec.operation = operation;
    spec.purchase = purchase_id(purchase);
    spec.epoch = epoch;
    return send(process->port(), request_of(spec));
  }
  std::string state(std::uint64_t purchase = 1) {
    return nlohmann::json::parse(call(Operation::query, purchase).body).value("state", "");
  }
  static std::string code(const HttpAnswer& answer) {
    return nlohmann::json::parse(answer.body).value("code", "");
  }

  TempDir folder;
  std::unique_ptr<Process> process;
};

TEST_P(Example, I12_DuplicatesAnswerAlike) {
  EXPECT_EQ(state(), "unknown");
  const HttpAnswer first = call(Operation::try_);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.headers.at("content-digest"), content_digest(first.body));
  EXPECT_EQ(call(Operation::try_).body, first.body);
  EXPECT_EQ(state(), "tried");
  const HttpAnswer confirmed = call(Operation::confirm);
  EXPECT_EQ(confirmed.status, 200);
  start();  // what was answered survives
  EXPECT_EQ(call(Operation::confirm).body, confirmed.body);
  EXPECT_EQ(state(), "confirmed");
  EXPECT_EQ(call(Operation::cancel).status, 409);
}

TEST_P(Example, I9_EmptyCancelAndLateTry) {
  EXPECT_EQ(call(Operation::cancel).status, 200);
  EXPECT_EQ(call(Operation::cancel).status, 200);
  const HttpAnswer late = call(Operation::try_);
  EXPECT_EQ(late.status, 409);
  EXPECT_EQ(code(late), "fenced");
  EXPECT_EQ(state(), "cancelled");
  EXPECT_EQ(call(Operation::confirm).status, 409);
  EXPECT_EQ(call(Operation::confirm, 2).status, 409);
  EXPECT_EQ(state(2), "unknown");
}

TEST_P(Example, HoldsAreRefusedAndReleased) {
  for (std::uint64_t purchase = 1; purchase <= 50; ++purchase) {  // 100 seats, two each
    ASSERT_EQ(call(Operation::try_, purchase).status, 200);
  }
  EXPECT_EQ(code(call(Operation::try_, 51)), "out_of_seats");
  EXPECT_EQ(call(Operation::cancel, 1).status, 200);
  EXPECT_EQ(code(call(Operation::try_, 51)), "out_of_seats");  // a refusal stays
  EXPECT_EQ(state(51), "refused");
  EXPECT_EQ(call(Operation::try_, 52).status, 200);
}

TEST_P(Example, BadCallsAreRefusedAndLeaveNothing) {
  Request digest = request_of({});
  digest.headers["content-digest"] = content_digest("else");
  EXPECT_EQ(code(send(process->port(), digest)), "digest_mismatch");
  Request signature = request_of({});
  signature.headers["webhook-signature"] = "v1,AAAA";
  const HttpAnswer refused = send(process->port(), signature);
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(code(refused), "signature_refused");
  CallSpec stale;
  stale.timestamp_s = now_s() - 400;
  EXPECT_EQ(send(process->port(), request_of(stale)).status, 401);
  Request mismatch = request_of({});
  mismatch.headers["settle-step"] = "charge";
  EXPECT_EQ(send(process->port(), mismatch).status, 400);
  EXPECT_EQ(send(process->port(), request_of({}, "{")).status, 400);
  EXPECT_EQ(state(), "unknown");
}

TEST_P(Example, I15_OldEpochsAreRefusedAlsoAfterARestart) {
  EXPECT_EQ(call(Operation::try_, 1, "3:8").status, 200);
  start();
  EXPECT_EQ(call(Operation::cancel, 1, "3:7").status, 412);
  EXPECT_EQ(call(Operation::cancel, 1, "3:8").status, 200);
}

INSTANTIATE_TEST_SUITE_P(Participant, Example, testing::Values("cpp", "python"),
                         [](const auto& info) { return info.param; });

TEST(ExampleCall, OfTheDocumentationWithCurlIsAccepted) {
  if (run({"/bin/sh", "-c", "command -v curl openssl base64 od"}).exit_code != 0)
    FAIL() << "no curl or openssl: scripts/setup installs both";
  const TempDir folder;
  const auto service = kit::test::start(folder, "inventory");
  const auto call = [&](const std::string& operation) {
    const std::string line = "SECRET_FILE=" + folder.file("secret") + " " + SETTLE_EXAMPLES +
                             "/call.sh http://127.0.0.1:" + std::to_string(service->port()) + " " +
                             operation + " " + purchase_id(1) + " reserve";
    return run({"/bin/sh", "-c", line}).output;
  };
  EXPECT_NE(call("try").find("(200)"), std::string::npos) << call("try");
  EXPECT_NE(call("confirm").find("(200)"), std::string::npos);
  EXPECT_NE(call("query").find("confirmed"), std::string::npos);
  EXPECT_NE(call("cancel").find("(409)"), std::string::npos);
}

}  // namespace
}  // namespace settle::kit::test
