// The attempts of a purchase as its log has them (A3, C4): how each ended, over restarts; and the warnings
// before a delivery's window ends. That what is shown is what left is checked at the end of every story
// (World::check_attempts).

#include <gtest/gtest.h>

#include <algorithm>

#include "settle/coordinator/log.hpp"
#include "world.hpp"

namespace settle::test {
namespace {

using End = Attempt::End;

// "charge:try:1" -> the attempt.
Attempt find(const std::vector<Attempt>& all, const std::string& name) {
  for (const Attempt& one : all)
    if (one.step + ":" + name_of(one.operation) + ":" + std::to_string(one.attempt) == name) return one;
  ADD_FAILURE() << name << " is not among the attempts";
  return {};
}

PurchaseId submitted(World& world) {
  return world.submit(world.request("k1"))[0]->purchase.id;
}

TEST(Attempts, AreShownInTheirOrderWithWhatCameOfThem) {
  World world({{"charge:try", {Behaviour::broken, Behaviour::busy}}, {"notify:deliver", {Behaviour::fault}}});
  const PurchaseId id = submitted(world);
  world.run(DurationMs{60'000});
  const std::vector<Attempt> all = world.attempts(id);
  ASSERT_EQ(all.size(), world.wire.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].step + ":" + name_of(all[i].operation) + ":" + std::to_string(all[i].attempt),
              world.wire[i]);
    EXPECT_LE(all[i].left_at, world.sent_at[i]);
    EXPECT_GE(all[i].left_at, all[i == 0 ? 0 : i - 1].left_at);
  }
  const Attempt first = find(all, "charge:try:1");
  EXPECT_EQ(first.end, End::answered);
  EXPECT_EQ(first.outcome, "unknown");
  EXPECT_EQ(first.cause, Cause::bad_status);
  EXPECT_EQ(first.status, 500);
  EXPECT_EQ(first.code, "broken");
  EXPECT_NE(first.response.text.find("broken"), std::string::npos);
  EXPECT_EQ(first.content_type, "application/json");
  EXPECT_FALSE(first.url_from_registry);
  EXPECT_GT(first.wait.value_or(DurationMs{0}).count, 0);
  EXPECT_EQ(first.policy, "submit");
  const Attempt done = find(all, "reserve:try:1");
  EXPECT_EQ(done.outcome, "done");
  EXPECT_EQ(done.response.text, R"({"hold":"h-1"})");
  EXPECT_TRUE(done.url_from_registry) << "a first success stores no URL";
  EXPECT_FALSE(done.wait) << "nothing is waited for";
  const Attempt told = find(all, "notify:deliver:1");
  EXPECT_EQ(told.outcome, "fault");
  EXPECT_EQ(told.policy, "callback");
  EXPECT_EQ(find(all, "charge:query:1").outcome, "unknown") << "a query is an attempt too";
  world.check_attempts("in order");
}

TEST(Attempts, OneWhoseAnswerIsOutIsShownAndOneThatARestartLostToo) {
  World world({{"charge:try", {Behaviour::lose_answer}}});
  const PurchaseId id = submitted(world);
  while (world.wire.size() < 2 && world.step()) {
  }
  EXPECT_EQ(find(world.attempts(id), "charge:try:1").end, End::out);
  world.restart(world.unsynced());
  world.run();
  const std::vector<Attempt> all = world.attempts(id);
  const Attempt lost = find(all, "charge:try:1");
  EXPECT_EQ(lost.end, End::lost);
  EXPECT_EQ(lost.cause, Cause::lost);
  EXPECT_FALSE(lost.responded);
  EXPECT_EQ(find(all, "charge:try:2").outcome, "done");
  const auto epoch_of = [](const Attempt& attempt) {
    return std::find_if(attempt.headers.begin(), attempt.headers.end(),
                        [](const auto& header) { return header.first == "Settle-Epoch"; })
        ->second;
  };
  EXPECT_NE(epoch_of(lost), epoch_of(find(all, "charge:try:2")));
  world.check_attempts("over a restart");
}

TEST(Attempts, OneThatTheCancelOvertookSaysSoAndShowsItsLateAnswer) {
  World world({{"charge:try", {Behaviour::lose_answer}}});
  const PurchaseId id = submitted(world);
  while (world.wire.size() < 2 && world.step()) {
  }
  bool cancelled = false;
  world.engine->cancel(id, Act{"ann", "asked"}, [&](const auto& view) { cancelled = view.ok(); });
  while (!cancelled && world.step()) {
  }
  world.run();
  const Attempt overtaken = find(world.attempts(id), "charge:try:1");
  EXPECT_EQ(overtaken.end, End::overtaken);
  EXPECT_TRUE(overtaken.late);
  EXPECT_EQ(overtaken.cause, Cause::answer_timeout);
  world.check_attempts("overtaken");
}

TEST(Attempts, WhatWasPromisedByA202IsShownWithItsReport) {
  World world({{"charge:try", {Behaviour::accepted_told}}});
  const PurchaseId id = submitted(world);
  world.run();
  const Attempt accepted = find(world.attempts(id), "charge:try:1");
  EXPECT_EQ(accepted.outcome, "accepted");
  EXPECT_EQ(accepted.status, 202);
  EXPECT_EQ(accepted.reported_outcome, "done");
  EXPECT_GT(accepted.reported_at, accepted.ended_at);
}

TEST(Attempts, OneThatAShutGateHeldSaysSoAndItsNumberIsGivenAgain) {
  World world;
  int acted = 0;
  const auto then = [&](const Result<Done>& done) { acted += done.ok() ? 1 : 0; };
  world.engine->disable_endpoint("$merchant/m-1", Operation::deliver, Act{"ann", "moving"}, then);
  while (acted == 0 && world.step()) {
  }
  const PurchaseId id = submitted(world);
  world.run(DurationMs{10'000});
  const Attempt held = find(world.attempts(id), "notify:deliver:1");
  EXPECT_EQ(held.end, End::held);
  EXPECT_NE(held.detail.find("disabled"), std::string::npos) << held.detail;
  world.engine->enable_endpoint("$merchant/m-1", Operation::deliver, Act{"ann", "moved"}, then);
  world.run(DurationMs{60'000});
  const std::vector<Attempt> all = world.attempts(id);
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.back().step + std::to_string(all.back().attempt), "notify1");
  EXPECT_EQ(all.back().outcome, "done");
  world.check_attempts("held");
}

TEST(Attempts, I12_NoCardIsShownBeforeOrAfterTheCharge) {
  World world;
  const PurchaseId id = submitted(world);
  world.run();
  const std::vector<Attempt> all = world.attempts(id);
  EXPECT_EQ(find(all, "issue:confirm:1").response.text, R"({"cards":{"$sealed":true}})");
  world.check_attempts("cards");
}

TEST(Attempts, AreReadWithoutAskingAnybody) {
  World world({{"charge:try", {Behaviour::lose_answer}}});
  const PurchaseId id = submitted(world);
  while (world.wire.size() < 2 && world.step()) {
  }
  const TimeMs over = world.sent_at.at(1) + DurationMs{5'100};
  while (world.loop.now_ < over && world.step()) {
  }
  const std::uint64_t appends = world.journal->figures().appends;
  EXPECT_EQ(find(world.attempts(id), "charge:try:1").outcome, "unknown");
  EXPECT_EQ(world.journal->figures().appends, appends);
}

TEST(Attempts, OfNobodyAndFromNowhereAreRefused) {
  World world;
  const PurchaseId id = submitted(world);
  const auto code_of = [&](const PurchaseId& of, const std::string& cursor) {
    std::string code = "none";
    AttemptsQuery query;
    query.cursor = cursor;
    world.engine->attempts(of, query, [&](const auto& page) { code = page.ok() ? "ok" : page.error().code; });
    while (code == "none" && world.step()) {
    }
    return code;
  };
  EXPECT_EQ(code_of(PurchaseId{}, ""), "not_found");
  EXPECT_EQ(code_of(id, "x"), "invalid_cursor");
  EXPECT_EQ(code_of(id, "YXR0ZW1wdHM6OTk5OTk5OTk5OTk5"), "invalid_cursor") << "attempts:999999999999";
  EXPECT_EQ(code_of(id, "YXR0ZW1wdHM6OQ"), "ok") << "attempts:9";
}

// What the log's alerts say of deliveries, in their order. In place of the world's own sink.
class WindowAlerts {
 public:
  WindowAlerts() {
    set_log_sink([this](std::string_view line) {
      for (const char* code : {"window_half", "window_ending", "window_last_chance", "delivery_abandoned"})
        if (line.find(std::string("\"code\":\"") + code + "\"") != std::string_view::npos)
          codes.emplace_back(code);
    });
  }
  ~WindowAlerts() {
    set_log_sink([](std::string_view) {});
  }
  std::vector<std::string> codes;
};

const std::vector<std::string> all_four = {"window_half", "window_ending", "window_last_chance",
                                           "delivery_abandoned"};

TEST(Window, I16_WarningsLeaveBeforeAnUndeliveredPurchaseIsGivenUp) {
  World world({{"notify:deliver", std::vector<Behaviour>(1'000, Behaviour::broken)}});
  const WindowAlerts alerts;
  const PurchaseId id = submitted(world);
  world.run();
  EXPECT_EQ(alerts.codes, all_four);
  EXPECT_EQ(world.show(id).purchase.state, PurchaseState::completed);
  world.check_replay("given up");
}

TEST(Window, I16_EachWarningLeavesOnceOverRestarts) {
  World world({{"notify:deliver", std::vector<Behaviour>(1'000, Behaviour::fault)}});
  const WindowAlerts alerts;
  submitted(world);
  for (int hours = 0; hours < 80; hours += 10) {
    world.run(DurationMs{10LL * 3'600'000});
    while (!world.loop.posted.empty() || world.unsynced() > 0) world.step();
    world.restart(0);
  }
  world.run();
  EXPECT_EQ(alerts.codes, all_four);
}

}  // namespace
}  // namespace settle::test
