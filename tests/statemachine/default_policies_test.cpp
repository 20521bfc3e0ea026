// C1: how often and when to retry depends on the kind of error, also where nobody said so. And the shipped
// schedules are those that their authors published, within windows that hold them.

#include <gtest/gtest.h>

#include <numeric>

#include "story.hpp"

namespace settle::test {
namespace {

constexpr std::int64_t second = 1'000, minute = 60 * second, hour = 60 * minute;

// The policy that governs where each attempt fails by this kind of error.
const RetryPolicy& governing(Operation op, Cause cause) {
  static const Definition definition = purchase_definition();
  const OperationSpec& spec = definition.steps[op == Operation::deliver ? 3 : 1].spec(op);
  const CausePolicy* own = spec.for_cause(cause);
  return own != nullptr ? own->retry : spec.retry;
}

std::vector<std::int64_t> waits_of(RetryPolicy policy) {
  policy.jitter_percent = 0;
  std::vector<std::int64_t> all;
  for (std::uint32_t attempt = 1; attempt < policy.attempts_max; ++attempt)
    all.push_back(retry_wait(policy, attempt, {}).count / second);
  return all;
}

std::int64_t sum_with_jitter(const RetryPolicy& policy) {
  const std::vector<std::int64_t> waits = waits_of(policy);
  const std::int64_t sum = second * std::accumulate(waits.begin(), waits.end(), std::int64_t{0});
  return sum + sum * policy.jitter_percent / 100;
}

struct Expected {
  Operation op;
  std::vector<Cause> causes;
  std::int64_t first_s, cap_s;
  std::uint32_t attempts_max;
};

const std::vector<Cause> come_and_go = {Cause::refused, Cause::connect_timeout, Cause::answer_timeout,
                                        Cause::reset,   Cause::bad_status,      Cause::lost,
                                        Cause::overload};
const std::vector<Cause> for_people = {Cause::tls, Cause::format, Cause::digest_mismatch};

const Expected table[] = {
    {Operation::try_, come_and_go, 2, 60, 6},
    {Operation::try_, {Cause::dns}, 5, 60, 6},
    {Operation::try_, for_people, 10, 60, 4},
    {Operation::try_, {Cause::throttled}, 2, 60, 17},
    {Operation::confirm, come_and_go, 1, 60, 6},
    {Operation::confirm, {Cause::contradiction}, 1, 60, 6},
    {Operation::confirm, {Cause::dns}, 5, 60, 6},
    {Operation::confirm, for_people, 10, 60, 4},
    {Operation::confirm, {Cause::throttled}, 2, 60, 17},
    {Operation::cancel, come_and_go, 1, 60, 6},
    {Operation::cancel, {Cause::contradiction}, 1, 60, 6},
    {Operation::cancel, {Cause::dns}, 5, 60, 6},
    {Operation::cancel, for_people, 10, 60, 4},
    {Operation::cancel, {Cause::throttled}, 2, 60, 17},
    {Operation::deliver, come_and_go, 120, 3'600, 5},
    {Operation::deliver, {Cause::business_refusal}, 120, 3'600, 5},
    {Operation::deliver, {Cause::dns}, 240, 3'600, 5},
    {Operation::deliver, for_people, 240, 7'200, 4},
    {Operation::deliver, {Cause::throttled}, 60, 3'600, 8},
    {Operation::query, come_and_go, 1, 60, 0},
    {Operation::query, {Cause::dns}, 5, 60, 6},
    {Operation::query, for_people, 10, 60, 4},
    {Operation::query, {Cause::throttled}, 2, 60, 17},
};

TEST(DefaultPolicies, C1_EachKindOfErrorHasItsOwnByOperation) {
  for (const Expected& one : table)
    for (const Cause cause : one.causes) {
      const RetryPolicy& policy = governing(one.op, cause);
      const std::string where = std::string(name_of(one.op)) + " " + name_of(cause);
      RetryPolicy plain = policy;
      plain.jitter_percent = 0;
      EXPECT_EQ(retry_wait(plain, 1, {}).count, one.first_s * second) << where;
      EXPECT_EQ(longest_wait(policy).count, one.cap_s * second) << where;
      EXPECT_EQ(policy.attempts_max, one.attempts_max) << where;
      if (one.op != Operation::deliver) continue;
      EXPECT_LE(retry_wait(policy, 1, {}).count, 5 * minute) << where << ": A5, whatever went wrong";
    }
}

TEST(DefaultPolicies, C1_ADeliveryThatIsThrottledWaitsAMinuteAtLeast) {
  const RetryPolicy& policy = governing(Operation::deliver, Cause::throttled);
  for (std::uint32_t attempt = 1; attempt < policy.attempts_max; ++attempt)
    EXPECT_GE(retry_wait(policy, attempt, {}).count, minute);
}

// A spell of 503s of minutes is no reason to lose an order; the decision's deadline is.
TEST(DefaultPolicies, C1_AThrottledTryIsPatientWithinTheDecisionsDeadline) {
  const Definition definition = purchase_definition();
  const std::int64_t all = sum_with_jitter(governing(Operation::try_, Cause::throttled));
  EXPECT_LE(all, definition.deadline.count);
  EXPECT_GE(all, 10 * minute);

  Story story(definition);
  story.submit();
  for (int busy = 0; busy < 9; ++busy) {
    story.answer(reserve, try_, Outcome::not_now);
    ASSERT_EQ(story.state_of(reserve), "trying") << busy;
    story.due_at(story.step(reserve).wake_at);
  }
  // What goes wrong otherwise has all its attempts still.
  for (int lost = 0; lost < 5; ++lost) {
    story.answer(reserve, try_, Outcome::unknown);
    ASSERT_EQ(story.state(), "trying") << lost;
    story.due_at(story.step(reserve).wake_at);
  }
  story.done(reserve, try_);
  EXPECT_EQ(story.state_of(reserve), "tried");
}

TEST(DefaultPolicies, I18_WhatIsNotThrottledIsCountedByTheOperationAsEver) {
  Story story(purchase_definition());
  story.all_tried();
  for (int attempt = 1; story.state_of(charge) == "confirming"; ++attempt) {
    ASSERT_LE(attempt, 12);
    story.answer(charge, confirm, attempt % 2 == 0 ? Outcome::not_now : Outcome::unknown);
    if (story.state_of(charge) == "confirming") story.due_at(story.step(charge).wake_at);
  }
  EXPECT_EQ(story.step(charge).attempts_of(confirm), 11) << "six that were unanswered, five between them";
}

TEST(DefaultPolicies, I16_WhatIsOnlyEverThrottledComesToAPersonAllTheSame) {
  Story story(purchase_definition());
  story.all_tried();
  for (int attempt = 0; attempt < 17; ++attempt) {
    ASSERT_EQ(story.state_of(charge), "confirming") << attempt;
    story.answer(charge, confirm, Outcome::not_now);
    if (story.state_of(charge) == "confirming") story.due_at(story.step(charge).wake_at);
  }
  EXPECT_EQ(story.state_of(charge), "parked");
  EXPECT_TRUE(needs_person(story.purchase));
}

TEST(DefaultPolicies, I18_APersonsRetryGivesAllAttemptsAnew) {
  Story story(purchase_definition());
  story.all_tried();
  while (story.state_of(charge) == "confirming") {
    story.answer(charge, confirm, Outcome::not_now);
    if (story.state_of(charge) == "confirming") story.due_at(story.step(charge).wake_at);
  }
  story.retry(charge);
  EXPECT_EQ(story.step(charge).apart, 0);
  int answered = 0;
  for (; story.state_of(charge) == "confirming"; ++answered) {
    story.answer(charge, confirm, Outcome::unknown);
    if (story.state_of(charge) == "confirming") story.due_at(story.step(charge).wake_at);
  }
  EXPECT_EQ(answered, 6);
}

TEST(DefaultPolicies, WhatIsCountedApartHasAnEnd) {
  Definition definition = purchase_definition();
  OperationSpec& spec = definition.steps[1].spec(Operation::confirm);
  spec.retry.window = DurationMs{0};
  for (CausePolicy& on : spec.on)
    if (on.apart) on.retry.attempts_max = 0;
  const Status status = validate(definition);
  ASSERT_FALSE(status) << "nobody would hear of a confirm that is throttled for ever";
  EXPECT_NE(status.error().detail.find("confirm on/throttled"), std::string::npos) << status.error().detail;
}

// reference: each author's own list, in seconds.
TEST(ShippedPolicies, AreThePublishedSchedules) {
  const std::map<std::string, std::vector<std::int64_t>> published = {
      {"submit", {2, 4, 8, 16, 32}},
      {"graded", {1, 5, 60, 60, 60}},
      {"callback", {120, 600, 1'800, 3'600}},  // the first within 5 minutes
      {"svix", {5, 300, 1'800, 7'200, 18'000, 36'000, 36'000}},
      {"standard-webhooks", {5, 300, 1'800, 7'200, 18'000, 36'000, 50'400, 72'000, 86'400}},
      {"wechat-pay",
       {15, 15, 30, 180, 600, 1'200, 1'800, 1'800, 1'800, 3'600, 10'800, 10'800, 10'800, 21'600, 21'600}},
      {"alipay", {1, 1, 240, 600, 600, 3'600, 7'200, 21'600, 54'000}},  // three at once, then these
      {"nmi", {15,    60,    60,    60,    300,   900,   1'800, 3'600,  3'600,  3'600,
               3'600, 3'600, 3'600, 3'600, 3'600, 3'600, 3'600, 43'200, 43'200, 86'400}},
  };
  for (const auto& [name, waits] : published) EXPECT_EQ(waits_of(shipped_policies().at(name)), waits) << name;
}

// Else the last wait leads out of the window, and the last attempt is never made.
TEST(ShippedPolicies, EachWindowHoldsAllItsWaits) {
  for (const auto& [name, policy] : shipped_policies()) {
    if (policy.window.count == 0) continue;
    EXPECT_LE(sum_with_jitter(policy), policy.window.count) << name;
  }
}

TEST(ShippedPolicies, ANewBuildBringsItsContentAndLeavesNamesOfOperatorsAlone) {
  PolicySet older = shipped_policy_set();
  older.revision = 7;
  older.named["nmi"].attempts_max = 3;
  older.named["mine"] = older.named["graded"];
  older.named["busy"] = older.named["graded"];  // an operator's, from before there was a shipped one
  older.shipped.erase("busy");
  const PolicySet now = with_shipped_policies(older);
  EXPECT_EQ(now.named.at("nmi"), shipped_policies().at("nmi"));
  EXPECT_EQ(now.named.at("busy"), shipped_policies().at("graded"));
  EXPECT_EQ(now.shipped.count("busy"), 0U);
  EXPECT_EQ(now.named.count("mine"), 1U);
  EXPECT_EQ(now.shipped.count("mine"), 0U);
}

Event of_load(std::uint32_t percent, std::uint32_t rules) {
  Event event;
  event.stretch_percent = percent;
  event.rules = rules;
  return event;
}

TEST(Stretch, A5_TheFirstResendKeepsItsTimeAndOlderRecordsReplayAsTheyWere) {
  const Event now = of_load(400, rules_now), before = of_load(400, 0);
  EXPECT_EQ(stretch_of(now, Operation::deliver, 1), 100U);
  EXPECT_EQ(stretch_of(now, Operation::deliver, 2), 400U);
  EXPECT_EQ(stretch_of(before, Operation::deliver, 1), 400U);
  EXPECT_EQ(stretch_of(now, Operation::confirm, 2), 100U) << "only deliveries give way";
  EXPECT_EQ(stretch_of(of_load(0, rules_now), Operation::deliver, 2), 100U);
}

TEST(Stretch, A14_TheSecondResendWaitsLonger) {
  Story story;
  story.all_confirmed();
  const auto fail = [&](std::uint16_t attempt) {
    Event event = of_load(300, true);
    event.at = story.now;
    Answered answered;
    answered.step = notify;
    answered.operation = deliver;
    answered.attempt = attempt;
    answered.outcome = Outcome::unknown;
    answered.cause = Cause::answer_timeout;
    event.what = answered;
    story.happen(event);
    return story.step(notify).wake_at - story.now;
  };
  EXPECT_EQ(fail(1).count, 120 * second);
  story.due_at(story.step(notify).wake_at);
  EXPECT_EQ(fail(2).count, 3 * 600 * second);
}

}  // namespace
}  // namespace settle::test
