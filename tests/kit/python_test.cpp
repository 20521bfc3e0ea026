// The participant in plain Python (docs/examples/participant.py) keeps the protocol, too.

#include <gtest/gtest.h>

#include <fstream>

#include "http.hpp"
#include "process.hpp"
#include "settle/kit/digest.hpp"

namespace settle::kit::test {
namespace {

class PythonParticipant : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(folder.file("secret")) << secret_text << "\n";
    start();
    ASSERT_NE(process->port(), 0);
  }
  void start() {
    process.reset();
    process = std::make_unique<Process>(std::vector<std::string>{
        SETTLE_PYTHON, SETTLE_PYTHON_PARTICIPANT, folder.file("seats.db"), folder.file("secret")});
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

TEST_F(PythonParticipant, I12_DuplicatesAnswerAlike) {
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

TEST_F(PythonParticipant, I9_EmptyCancelAndLateTry) {
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

TEST_F(PythonParticipant, HoldsAreRefusedAndReleased) {
  for (std::uint64_t purchase = 1; purchase <= 50; ++purchase) {  // 100 seats, two each
    ASSERT_EQ(call(Operation::try_, purchase).status, 200);
  }
  EXPECT_EQ(code(call(Operation::try_, 51)), "out_of_seats");
  EXPECT_EQ(call(Operation::cancel, 1).status, 200);
  EXPECT_EQ(code(call(Operation::try_, 51)), "out_of_seats");  // a refusal stays
  EXPECT_EQ(state(51), "refused");
  EXPECT_EQ(call(Operation::try_, 52).status, 200);
}

TEST_F(PythonParticipant, BadCallsAreRefusedAndLeaveNothing) {
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

TEST_F(PythonParticipant, I15_OldEpochsAreRefusedAlsoAfterARestart) {
  EXPECT_EQ(call(Operation::try_, 1, "3:8").status, 200);
  start();
  EXPECT_EQ(call(Operation::cancel, 1, "3:7").status, 412);
  EXPECT_EQ(call(Operation::cancel, 1, "3:8").status, 200);
}

}  // namespace
}  // namespace settle::kit::test
