// Every misbehaviour does what it says.

#include <gtest/gtest.h>

#include <chrono>

#include "http.hpp"
#include "process.hpp"

namespace settle::kit::test {
namespace {

class Misbehaviour : public testing::Test {
 protected:
  void SetUp() override { service = start(folder, "inventory"); }
  void behave(const std::string& rule) {
    const HttpAnswer answer = send(service->port(), "POST", "/admin/behave", rule);
    ASSERT_EQ(answer.status, 200) << answer.body;
  }
  HttpAnswer call(Operation operation, std::uint64_t purchase, const std::string& callback = {}) {
    CallSpec spec;
    spec.operation = operation;
    spec.purchase = purchase_id(purchase);
    spec.callback = callback;
    return send(service->port(), request_of(spec));
  }
  std::string state(std::uint64_t purchase) {
    return nlohmann::json::parse(call(Operation::query, purchase).body).value("state", "");
  }
  TempDir folder;
  std::unique_ptr<Process> service;
};

TEST_F(Misbehaviour, RefusesTheNextFew) {
  behave(R"({"refuse":2})");
  EXPECT_EQ(call(Operation::try_, 1).status, 409);
  EXPECT_EQ(call(Operation::try_, 2).status, 409);
  EXPECT_EQ(call(Operation::try_, 3).status, 200);
  EXPECT_EQ(call(Operation::try_, 1).status, 409);  // it was stored as a refusal
  EXPECT_EQ(state(1), "refused");
}

TEST_F(Misbehaviour, RefusesAFractionOfThePurchasesAlways) {
  behave(R"({"refuse":0.5})");
  int refused = 0;
  for (std::uint64_t i = 0; i < 60; ++i) refused += call(Operation::try_, i).status == 409 ? 1 : 0;
  EXPECT_GT(refused, 10);
  EXPECT_LT(refused, 50);
}

TEST_F(Misbehaviour, RefusesAConfirmIfToldSo) {
  call(Operation::try_, 1);
  behave(R"({"refuse":1,"operation":"confirm"})");
  EXPECT_EQ(call(Operation::confirm, 1).status, 409);
  EXPECT_EQ(state(1), "tried");
  EXPECT_EQ(call(Operation::confirm, 1).status, 200);
}

TEST_F(Misbehaviour, StallsBeforeTheWork) {
  behave(R"({"stall_ms":1500,"next":1})");
  EXPECT_EQ(send(service->port(), request_of({}), 100).status, 0);
  EXPECT_EQ(state(1), "unknown");
  for (int i = 0; i < 300 && state(1) == "unknown"; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(state(1), "tried");
}

TEST_F(Misbehaviour, AnswersLateAfterTheWork) {
  behave(R"({"answer_late_ms":1500,"next":1})");
  EXPECT_EQ(send(service->port(), request_of({}), 100).status, 0);
  EXPECT_EQ(state(1), "tried");
  behave(R"({"answer_late_ms":200,"next":1})");
  const auto again = std::chrono::steady_clock::now();
  EXPECT_EQ(call(Operation::try_, 1).status, 200);
  EXPECT_GE(std::chrono::steady_clock::now() - again, std::chrono::milliseconds(200));
}

TEST_F(Misbehaviour, AnswersAStatusInsteadOfTheWork) {
  behave(R"({"answer_status":503,"next":1})");
  EXPECT_EQ(call(Operation::try_, 1).status, 503);
  EXPECT_EQ(state(1), "unknown");
}

TEST_F(Misbehaviour, AnswersAStatusAfterTheWork) {
  behave(R"({"answer_status":500,"after_work":true,"next":1})");
  EXPECT_EQ(call(Operation::try_, 1).status, 500);
  EXPECT_EQ(state(1), "tried");
}

TEST_F(Misbehaviour, DiesBeforeTheCommit) {
  behave(R"({"die_at":"before_commit","operation":"try"})");
  EXPECT_EQ(call(Operation::try_, 1).status, 0);
  EXPECT_TRUE(service->wait_dead());
  service = start(folder, "inventory");
  EXPECT_EQ(state(1), "unknown");
  EXPECT_EQ(call(Operation::try_, 1).status, 200);
}

TEST_F(Misbehaviour, DiesAfterTheCommit) {
  call(Operation::try_, 1);
  behave(R"({"die_at":"after_commit","operation":"confirm"})");
  EXPECT_EQ(call(Operation::confirm, 1).status, 0);
  EXPECT_TRUE(service->wait_dead());
  service = start(folder, "inventory");
  EXPECT_EQ(state(1), "confirmed");
}

TEST_F(Misbehaviour, AcceptsThenReports) {
  CallbackServer coordinator(1);
  behave(R"({"accept_then_report":true,"next":1})");
  EXPECT_EQ(call(Operation::try_, 1, coordinator.url()).status, 202);
  const auto reports = coordinator.wait_for(2);  // the first is answered 500
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(nlohmann::json::parse(reports[1]).at("outcome"), "done");
  EXPECT_EQ(state(1), "tried");
}

TEST_F(Misbehaviour, AnswersTwice) {
  CallbackServer coordinator;
  behave(R"({"answer_twice":true,"next":1})");
  EXPECT_EQ(call(Operation::try_, 1, coordinator.url()).status, 200);
  ASSERT_EQ(coordinator.wait_for(1).size(), 1U);
  behave(R"({"answer_twice":true,"accept_then_report":true,"next":1})");
  EXPECT_EQ(call(Operation::try_, 2, coordinator.url()).status, 202);
  EXPECT_EQ(coordinator.wait_for(3).size(), 3U);
}

TEST_F(Misbehaviour, EndsByTimeAndByDelete) {
  behave(R"({"answer_status":503,"for_ms":150})");
  EXPECT_EQ(call(Operation::try_, 1).status, 503);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(call(Operation::try_, 1).status, 200);
  behave(R"({"answer_status":503})");
  EXPECT_EQ(call(Operation::try_, 2).status, 503);
  send(service->port(), "DELETE", "/admin/behave");
  EXPECT_EQ(call(Operation::try_, 2).status, 200);
}

TEST_F(Misbehaviour, ConcernsTheNamedOperationAlone) {
  behave(R"({"answer_status":503,"operation":"cancel"})");
  EXPECT_EQ(call(Operation::try_, 1).status, 200);
  EXPECT_EQ(call(Operation::cancel, 1).status, 503);
  EXPECT_EQ(state(1), "tried");
}

TEST_F(Misbehaviour, ReachesTheMerchantToo) {
  const auto merchant = start(folder, "merchant");
  EXPECT_EQ(send(merchant->port(), "POST", "/admin/behave", R"({"answer_status":500,"next":1})").status, 200);
  Request request = request_of({});
  request.path = "/callback";
  EXPECT_EQ(send(merchant->port(), request).status, 500);
  EXPECT_EQ(send(merchant->port(), request).status, 200);
}

}  // namespace
}  // namespace settle::kit::test
