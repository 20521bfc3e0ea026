// 202 now, the outcome later: finish, and reports until the coordinator answers 200.

#include <gtest/gtest.h>

#include "http.hpp"
#include "support.hpp"

namespace settle::kit::test {
namespace {

struct Slow {
  explicit Slow(const std::string& file = ":memory:") : database(Database::open(file).value()) {
    reporter = std::make_unique<Reporter>(*database, http_post());
    const Local accepts{[](const Call&, Transaction&) { return Answer::accepted(); }};
    const Local undoes{[this](const Call& call, Transaction&) {
      prior = call.prior;
      return Answer::done();
    }};
    participant =
        Participant::create(*database, secrets(), {accepts, accepts, undoes}, reporter.get()).value();
  }
  Response call(Operation operation, const std::string& callback = {}) {
    CallSpec spec;
    spec.operation = operation;
    spec.callback = callback;
    return participant->handle(operation, request_of(spec));
  }
  std::string state() { return json_of(call(Operation::query)).value("state", ""); }
  bool finish(const Answer& answer, Operation operation = Operation::try_) {
    return participant
        ->finish({purchase_id(1), "reserve", operation}, [&answer](Transaction&) { return answer; })
        .value();
  }

  std::unique_ptr<Database> database;
  std::unique_ptr<Reporter> reporter;
  std::shared_ptr<Participant> participant;
  Prior prior = Prior::none;
};

TEST(Accepted, TheOutcomeIsStoredAndReported) {
  CallbackServer coordinator;
  Slow slow;
  EXPECT_EQ(slow.call(Operation::try_, coordinator.url()).status, 202);
  EXPECT_EQ(slow.call(Operation::try_, coordinator.url()).status, 202);
  EXPECT_EQ(slow.state(), "pending");
  EXPECT_TRUE(slow.finish(Answer::done({{"hold", "h-1"}})));
  const auto reports = coordinator.wait_for(1);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(nlohmann::json::parse(reports[0]),
            (nlohmann::json{{"outcome", "done"}, {"result", {{"hold", "h-1"}}}}));
  EXPECT_EQ(json_of(slow.call(Operation::try_)), (nlohmann::json{{"hold", "h-1"}}));
  EXPECT_EQ(slow.state(), "tried");
  EXPECT_FALSE(slow.finish(Answer::done()));  // once
}

TEST(Accepted, I13_IsReportedUntilItIsAnswered200AndThenNoMore) {
  CallbackServer coordinator(2);
  Slow slow;
  slow.call(Operation::try_, coordinator.url());
  EXPECT_TRUE(slow.finish(Answer::refused("declined", "the bank says no")));
  const auto reports = coordinator.wait_for(3);
  ASSERT_EQ(reports.size(), 3U);
  EXPECT_EQ(nlohmann::json::parse(reports[2]).at("outcome"), "refused");
  EXPECT_EQ(nlohmann::json::parse(reports[2]).at("code"), "declined");
  const auto left = [&slow] {
    Transaction transaction = slow.database->begin();
    return transaction.row("SELECT count(*) FROM kit_report")->integer(0);
  };
  for (int i = 0; i < 500 && left() > 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(left(), 0);
  EXPECT_EQ(coordinator.bodies().size(), 3U);
  EXPECT_EQ(slow.state(), "refused");
}

TEST(Accepted, I26_AReportOutlivesTheProcessThatOwedIt) {
  const TempDir folder;
  CallbackServer coordinator;
  {
    Slow slow(folder.file("x.db"));
    slow.reporter.reset();  // stopped before it could send
    slow.call(Operation::try_, coordinator.url());
    auto elsewhere = Database::open(":memory:").value();
    Reporter silent(*elsewhere, [](const std::string&, const std::string&) { return 0; });
    Transaction transaction = slow.database->begin();
    silent.enqueue(transaction, {purchase_id(1), "reserve", Operation::try_}, coordinator.url(), "{}");
    ASSERT_TRUE(transaction.commit());
  }
  Slow restarted(folder.file("x.db"));
  EXPECT_EQ(coordinator.wait_for(1).size(), 1U);
}

TEST(Accepted, I8_ACancelFencesWorkThatIsStillUnderWay) {
  CallbackServer coordinator;
  Slow slow;
  slow.call(Operation::try_, coordinator.url());
  EXPECT_EQ(slow.call(Operation::cancel).status, 200);
  EXPECT_EQ(slow.prior, Prior::accepted);
  EXPECT_FALSE(slow.finish(Answer::done({{"hold", "too late"}})));
  EXPECT_EQ(slow.state(), "cancelled");
  EXPECT_EQ(code_of(slow.call(Operation::try_)), "fenced");
  EXPECT_TRUE(coordinator.bodies().empty());
}

TEST(Accepted, AConfirmMayBeAcceptedToo) {
  CallbackServer coordinator;
  Slow slow;
  slow.call(Operation::try_);
  slow.finish(Answer::done());
  EXPECT_EQ(slow.call(Operation::confirm, coordinator.url()).status, 202);
  EXPECT_EQ(slow.state(), "pending");
  EXPECT_TRUE(slow.finish(Answer::done({{"charge", "c-1"}}), Operation::confirm));
  EXPECT_EQ(coordinator.wait_for(1).size(), 1U);
  EXPECT_EQ(slow.state(), "confirmed");
}

}  // namespace
}  // namespace settle::kit::test
