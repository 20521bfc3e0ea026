// validate(): what is wrong with a definition, said so that its author finds the place.

#include <gtest/gtest.h>

#include <functional>

#include "settle/statemachine/definition.hpp"

namespace settle {
namespace {

constexpr std::int64_t week = 7LL * 24 * 3'600'000;

struct Bad {
  const char* name;
  std::function<void(Definition&)> spoil;  // of reserve -> charge -> issue -> notify
  const char* detail;
};

RetryPolicy& retry_of(Definition& d, Operation op) {
  RetryPolicy& retry = d.steps[1].spec(op).retry;
  retry.kind = RetryKind::exponential;
  return retry;
}

// clang-format off
const Bad bad_definitions[] = {
    {"NoName", [](auto& d) { d.name = ""; }, "the name is 1 to 64 of a-z 0-9 - _ ."},
    {"CapitalInName", [](auto& d) { d.name = "Purchase"; }, "the name is 1 to 64 of a-z 0-9 - _ ."},
    {"LongName", [](auto& d) { d.name = std::string(65, 'a'); }, "the name is 1 to 64 of a-z 0-9 - _ ."},
    {"DottedName", [](auto& d) { d.name = "..a"; }, "the name is 1 to 64 of a-z 0-9 - _ ."},
    {"NoSteps", [](auto& d) { d.steps.clear(); }, "there are no steps"},
    {"TooManySteps", [](auto& d) { d.steps.resize(33, d.steps[0]); }, "there are more than 32 steps"},
    {"ShortDeadline", [](auto& d) { d.deadline.count = 999; }, "deadline_ms must be between 1000 and 86400000"},
    {"LongDeadline", [](auto& d) { d.deadline.count = 86'400'001; }, "deadline_ms must be between 1000 and 86400000"},
    {"NegativeMargin", [](auto& d) { d.decision_margin.count = -1; }, "decision_margin_ms must be between 0 and deadline_ms"},
    {"WideMargin", [](auto& d) { d.decision_margin.count = d.deadline.count + 1; }, "decision_margin_ms must be between 0 and deadline_ms"},
    {"StepWithoutName", [](auto& d) { d.steps[2].name = ""; }, "step 2: a name is 1 to 64 of a-z 0-9 - _ ."},
    {"StepTwice", [](auto& d) { d.steps[2].name = "reserve"; }, "step \"reserve\": the name is there twice"},
    {"NoTarget", [](auto& d) { d.steps[1].target = ""; }, "step \"charge\": target must name a participant or be $merchant"},
    {"ForeignTarget", [](auto& d) { d.steps[1].target = "http://x"; }, "step \"charge\": target must name a participant or be $merchant"},
    {"MerchantTries", [](auto& d) { d.steps[1].target = merchant_target; }, "step \"charge\": only a deliver step can have $merchant as its target"},
    {"EnlistedUnderTheEngine", [](auto& d) { d.steps[1].mode = StepMode::enlisted; }, "step \"charge\": an enlisted step needs decided_by: client"},
    {"ShortAwait", [](auto& d) { d.steps[1].await.count = 999; }, "step \"charge\": await_ms must be between 1000 and 604800000"},
    {"LongAwait", [](auto& d) { d.steps[1].await.count = week + 1; }, "step \"charge\": await_ms must be between 1000 and 604800000"},
    {"AfterNobody", [](auto& d) { d.steps[1].after = {4}; }, "step \"charge\": after names a step that does not exist"},
    {"AfterADelivery", [](auto& d) { d.steps[2].after = {3}; }, "step \"issue\": after names the deliver step \"notify\", which only starts once everything is confirmed"},
    {"AfterItself", [](auto& d) { d.steps[1].after = {1}; }, "step \"charge\": after is cyclic"},
    {"AfterInACircle", [](auto& d) { d.steps[0].after = {2}; }, "step \"reserve\": after is cyclic"},
    {"ConfirmAfterNobody", [](auto& d) { d.steps[2].confirm_after = {9}; }, "step \"issue\": confirm_after names a step that does not exist"},
    {"ConfirmAfterADelivery", [](auto& d) { d.steps[2].confirm_after = {3}; }, "step \"issue\": confirm_after names the deliver step \"notify\""},
    {"ADeliveryConfirmsAfter", [](auto& d) { d.steps[3].confirm_after = {0}; }, "step \"notify\": confirm_after is for steps with a confirm"},
    {"AnUndoConfirmsAfter", [](auto& d) { d.steps[2].mode = StepMode::compensable; }, "step \"issue\": confirm_after is for steps with a confirm"},
    {"ConfirmAfterInACircle", [](auto& d) { d.steps[1].confirm_after = {2}; }, "step \"charge\": confirm_after is cyclic"},
    {"NoTimeout", [](auto& d) { d.steps[1].spec(Operation::try_).timeout.count = 0; }, "step \"charge\" try: timeout_ms must be between 1 and 600000"},
    {"LongTimeout", [](auto& d) { d.steps[1].spec(Operation::query).timeout.count = 600'001; }, "step \"charge\" query: timeout_ms must be between 1 and 600000"},
    {"NoBase", [](auto& d) { retry_of(d, Operation::try_).base.count = 0; }, "step \"charge\" try retry/base_ms: must be between 1 and 604800000"},
    {"CapUnderBase", [](auto& d) { retry_of(d, Operation::confirm).cap.count = 1; }, "step \"charge\" confirm retry/cap_ms: must be between base_ms and 604800000"},
    {"LongCap", [](auto& d) { retry_of(d, Operation::confirm).cap.count = week + 1; }, "step \"charge\" confirm retry/cap_ms: must be between base_ms and 604800000"},
    {"ShrinkingFactor", [](auto& d) { retry_of(d, Operation::cancel).factor_percent = 99; }, "step \"charge\" cancel retry/factor_percent: must be between 100 and 1000"},
    {"SteepFactor", [](auto& d) { retry_of(d, Operation::cancel).factor_percent = 1'001; }, "step \"charge\" cancel retry/factor_percent: must be between 100 and 1000"},
    {"WildJitter", [](auto& d) { retry_of(d, Operation::deliver).jitter_percent = 101; }, "step \"charge\" deliver retry/jitter_percent: must be at most 100"},
    {"EndlessAttempts", [](auto& d) { retry_of(d, Operation::try_).attempts_max = 10'001; }, "step \"charge\" try retry/attempts_max: must be at most 10000"},
    {"NegativeWindow", [](auto& d) { retry_of(d, Operation::try_).window.count = -1; }, "step \"charge\" try retry/window_ms: must be at most five weeks (3024000000)"},
    {"LongWindow", [](auto& d) { retry_of(d, Operation::try_).window.count = 5 * week + 1; }, "step \"charge\" try retry/window_ms: must be at most five weeks (3024000000)"},
    {"NobodyHearsOfAConfirm", [](auto& d) { retry_of(d, Operation::confirm).attempts_max = 0; retry_of(d, Operation::confirm).window.count = 0; }, "step \"charge\": confirm, cancel and deliver need attempts_max or window_ms, so that a person hears of it"},
    {"NobodyHearsOfACancel", [](auto& d) { retry_of(d, Operation::cancel).attempts_max = 0; retry_of(d, Operation::cancel).window.count = 0; }, "step \"charge\": confirm, cancel and deliver need attempts_max or window_ms, so that a person hears of it"},
    {"NothingButDeliveries", [](auto& d) { d.steps.erase(d.steps.begin(), d.steps.begin() + 3); d.steps[0].after.clear(); }, "there is nothing but deliver steps: there would be nothing to decide"},
};
// clang-format on

class BadDefinition : public testing::TestWithParam<Bad> {};

TEST_P(BadDefinition, IsRefusedWithItsDetail) {
  Definition definition = purchase_definition();
  GetParam().spoil(definition);
  const Status status = validate(definition);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, "invalid_definition");
  EXPECT_EQ(status.error().detail, GetParam().detail);
}

INSTANTIATE_TEST_SUITE_P(Table, BadDefinition, testing::ValuesIn(bad_definitions),
                         [](const auto& info) { return info.param.name; });

TEST(Definition, TheBuiltInOneIsValid) {
  const Definition definition = purchase_definition();
  ASSERT_TRUE(validate(definition));
  ASSERT_EQ(definition.steps.size(), 4U);
  EXPECT_EQ(definition.steps[2].confirm_after, std::vector<std::uint8_t>{1})
      << "I12: no card before the money";
  EXPECT_EQ(definition.steps[2].secrets, std::vector<std::string>{"cards"});
  EXPECT_EQ(definition.steps[3].target, merchant_target);
}

TEST(Definition, TheLimitsThemselvesAreAllowed) {
  Definition definition = purchase_definition();
  definition.name = std::string(64, 'a');
  definition.deadline.count = 1'000;
  definition.decision_margin.count = 1'000;
  definition.steps.resize(3);
  while (definition.steps.size() < steps_max) {
    definition.steps.push_back(definition.steps[0]);
    definition.steps.back().name = "s" + std::to_string(definition.steps.size());
  }
  definition.steps[1].spec(Operation::try_).retry = {
      DurationMs{week}, 1'000, DurationMs{week}, 100, 10'000, DurationMs{5 * week}};
  const Status status = validate(definition);
  EXPECT_TRUE(status) << status.error().detail;
}

}  // namespace
}  // namespace settle
