// I20: waits stay within their tier and jitter, a Retry-After within its bounds; I18: attempts and windows
// end.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "settle/statemachine/retry.hpp"

namespace settle {
namespace {

constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();

RetryPolicy random_policy(std::mt19937_64& random) {
  RetryPolicy policy;
  policy.base.count = 1 + static_cast<std::int64_t>(random() % (1ULL << (random() % 24)));
  policy.cap.count = policy.base.count + static_cast<std::int64_t>(random() % (1ULL << (random() % 30)));
  policy.factor_percent = 100 + static_cast<std::uint32_t>(random() % 901);
  policy.jitter_percent = static_cast<std::uint32_t>(random() % 101);
  return policy;
}

TEST(Retry, I20_EveryWaitIsWithinItsTierAndJitter) {
  std::mt19937_64 random(20);
  for (int n = 0; n < 200'000; ++n) {
    const RetryPolicy policy = random_policy(random);
    const auto attempt = static_cast<std::uint32_t>(1 + random() % 40);
    const JitterSeed seed{random(), static_cast<std::uint32_t>(random() % 32),
                          static_cast<std::uint32_t>(1 + random() % 5)};
    const double tier = std::min(
        static_cast<double>(policy.cap.count),
        static_cast<double>(policy.base.count) * std::pow(policy.factor_percent / 100.0, attempt - 1));
    const auto wait = static_cast<double>(retry_wait(policy, attempt, seed).count);
    // Rounding to whole milliseconds, and to whole microseconds at each tier before.
    const double slack = 1.0 + tier * 0.01;
    ASSERT_GE(wait, tier - slack) << policy.base.count << " x " << policy.factor_percent << "% attempt "
                                  << attempt;
    ASSERT_LE(wait, tier * (1 + policy.jitter_percent / 100.0) + 1e-6 * tier);
  }
}

TEST(Retry, I20_TheDefaultsTiers) {
  RetryPolicy policy{DurationMs{2'000}, 200, DurationMs{60'000}, 0, 0, DurationMs{0}};
  const std::int64_t expected[] = {2'000, 4'000, 8'000, 16'000, 32'000, 60'000, 60'000};
  for (std::uint32_t attempt = 1; attempt <= 7; ++attempt)
    EXPECT_EQ(retry_wait(policy, attempt, {}).count, expected[attempt - 1]) << attempt;
  EXPECT_EQ(retry_wait(policy, 0, {}).count, 2'000) << "before any attempt: as after the first";
  EXPECT_EQ(retry_wait(policy, most, {}).count, 60'000);
}

TEST(Retry, I20_FixedWaitsStayAndSchedulesEndWithTheirLastWait) {
  RetryPolicy policy;
  policy.jitter_percent = 0;
  policy.kind = RetryKind::fixed;
  for (const std::uint32_t attempt : {1U, 2U, 100U, most})
    EXPECT_EQ(retry_wait(policy, attempt, {}).count, 1'000) << attempt;
  policy.kind = RetryKind::schedule;
  policy.waits = {DurationMs{1'000}, DurationMs{5'000}, DurationMs{60'000}};
  const std::int64_t expected[] = {1'000, 5'000, 60'000, 60'000, 60'000};
  for (std::uint32_t attempt = 1; attempt <= 5; ++attempt)
    EXPECT_EQ(retry_wait(policy, attempt, {}).count, expected[attempt - 1]) << attempt;
  EXPECT_EQ(retry_wait(policy, 0, {}).count, 1'000);
  EXPECT_EQ(honour_retry_after(policy, DurationMs{1'000}, DurationMs{huge}).count, 600'000)
      << "ten times the longest wait";
}

TEST(Retry, EveryShippedPolicyIsValidAndEndsOrIsBounded) {
  for (const auto& [name, policy] : shipped_policies()) {
    const Status valid = validate(policy);
    EXPECT_TRUE(valid) << name << valid.error().detail;
    EXPECT_TRUE(policy.attempts_max != 0 || name == "query") << name << " would never ask a person";
  }
}

TEST(Retry, ABadPolicyIsRefusedWithItsField) {
  const auto said = [](const auto& spoil) {
    RetryPolicy policy;
    spoil(policy);
    const Status valid = validate(policy);
    return valid ? "" : valid.error().detail.substr(0, valid.error().detail.find(':'));
  };
  const auto schedule = [](std::vector<DurationMs> waits) {
    return [waits](RetryPolicy& p) { p.kind = RetryKind::schedule, p.waits = waits; };
  };
  EXPECT_EQ(said([](RetryPolicy&) {}), "");
  EXPECT_EQ(said([](RetryPolicy& p) { p.base = DurationMs{0}; }), "/base_ms");
  EXPECT_EQ(said([](RetryPolicy& p) { p.kind = RetryKind::fixed, p.base = DurationMs{0}; }), "/base_ms");
  EXPECT_EQ(said([](RetryPolicy& p) { p.cap = DurationMs{999}; }), "/cap_ms");
  EXPECT_EQ(said([](RetryPolicy& p) { p.attempts_max = 1'000'000; }), "/attempts_max");
  EXPECT_EQ(said([](RetryPolicy& p) { p.jitter_percent = 101; }), "/jitter_percent");
  EXPECT_EQ(said([](RetryPolicy& p) { p.window = DurationMs{999}; }), "/window_ms");
  EXPECT_EQ(said(schedule({})), "/waits_ms");
  EXPECT_EQ(said(schedule(std::vector<DurationMs>(65, DurationMs{1}))), "/waits_ms");
  EXPECT_EQ(said(schedule({DurationMs{5}, DurationMs{0}})), "/waits_ms/1");
  EXPECT_EQ(said(schedule({DurationMs{5}, DurationMs{6}, DurationMs{5}})), "/waits_ms/2");
}

TEST(Retry, I20_AShortBaseGrowsAllTheSame) {
  const RetryPolicy policy{DurationMs{1}, 150, DurationMs{1'000}, 0, 0, DurationMs{0}};
  EXPECT_EQ(retry_wait(policy, 1, {}).count, 1);
  EXPECT_EQ(retry_wait(policy, 5, {}).count, 5);  // 1.5^4 = 5.06
  EXPECT_EQ(retry_wait(policy, 40, {}).count, 1'000);
}

TEST(Retry, I20_JitterIsDrawnFromIdStepOperationAndAttempt) {
  const RetryPolicy policy{DurationMs{1'000'000}, 100, DurationMs{1'000'000}, 100, 0, DurationMs{0}};
  std::set<std::int64_t> drawn;
  for (std::uint64_t id = 0; id < 10; ++id)
    for (std::uint32_t step = 0; step < 4; ++step)
      for (std::uint32_t op = 1; op <= 5; ++op)
        for (std::uint32_t attempt = 1; attempt <= 5; ++attempt) {
          const DurationMs wait = retry_wait(policy, attempt, {id, step, op});
          EXPECT_EQ(wait, retry_wait(policy, attempt, {id, step, op})) << "the same four give the same wait";
          drawn.insert(wait.count);
        }
  EXPECT_GT(drawn.size(), 990U) << "1000 draws out of a million hardly meet";
  // Spread evenly: the mean of 0..1 within a few percent.
  double sum = 0;
  for (const std::int64_t wait : drawn) sum += static_cast<double>(wait - 1'000'000) / 1'000'000.0;
  EXPECT_NEAR(sum / static_cast<double>(drawn.size()), 0.5, 0.05);
}

TEST(Retry, I20_RetryAfterIsHonouredWithinBounds) {
  const RetryPolicy policy{DurationMs{100}, 200, DurationMs{1'000}, 0, 0, DurationMs{0}};
  EXPECT_EQ(honour_retry_after(policy, DurationMs{100}, DurationMs{50}).count, 100)
      << "never sooner than the wait";
  EXPECT_EQ(honour_retry_after(policy, DurationMs{100}, DurationMs{5'000}).count, 5'000);
  EXPECT_EQ(honour_retry_after(policy, DurationMs{100}, DurationMs{10'001}).count, 10'000)
      << "ten caps at most";
  EXPECT_EQ(honour_retry_after(policy, DurationMs{20'000}, DurationMs{30'000}).count, 20'000);
  EXPECT_EQ(honour_retry_after(policy, DurationMs{100}, DurationMs{huge}).count, 10'000);
  EXPECT_EQ(honour_retry_after(policy, DurationMs{100}, DurationMs{-5}).count, 100);
}

TEST(Retry, I20_HugeValuesDoNotOverflow) {
  const TimeMs now{1'700'000'000'000};
  for (const std::int64_t base : {std::int64_t{0}, std::int64_t{1}, huge / 2, huge})
    for (const std::int64_t cap : {std::int64_t{0}, std::int64_t{1}, huge / 2, huge})
      for (const std::uint32_t factor : {0U, 1U, 100U, 200U, most})
        for (const std::uint32_t jitter : {0U, 100U, most})
          for (const std::uint32_t attempt : {0U, 1U, 2U, 65'535U, most}) {
            const RetryPolicy policy{DurationMs{base}, factor, DurationMs{cap}, jitter, 0, DurationMs{0}};
            const DurationMs wait = retry_wait(policy, attempt, {huge, most, most});
            ASSERT_GE(wait.count, 0);
            ASSERT_GT((now + wait).count, 0) << "the next attempt lies in the future";
            const DurationMs after = honour_retry_after(policy, wait, DurationMs{huge});
            ASSERT_GE(after.count, wait.count);
            ASSERT_GT((now + after).count, 0);
          }
}

TEST(Retry, I18_AttemptsAndWindowsEnd) {
  RetryPolicy policy;
  policy.attempts_max = 3;
  policy.window = DurationMs{1'000};
  const TimeMs first{50'000};
  EXPECT_TRUE(attempt_allowed(policy, 2, first, TimeMs{51'000}));
  EXPECT_FALSE(attempt_allowed(policy, 3, first, TimeMs{50'001}));
  EXPECT_FALSE(attempt_allowed(policy, 1, first, TimeMs{51'001}));
  EXPECT_TRUE(attempt_allowed(policy, 0, TimeMs{}, TimeMs{huge})) << "a window begins with the first attempt";
  policy.window = DurationMs{huge};
  EXPECT_TRUE(attempt_allowed(policy, 1, first, TimeMs{huge}));
  policy = {};
  policy.attempts_max = 0;
  EXPECT_TRUE(attempt_allowed(policy, most, first, TimeMs{huge})) << "neither cap nor window";
}

}  // namespace
}  // namespace settle
