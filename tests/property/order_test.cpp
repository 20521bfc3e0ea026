// Whatever happens in whatever order: the oracle of the random walk finds nothing broken, and a purchase's
// phases only ever go forward.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "life.hpp"
#include "oracle.hpp"

namespace settle::test {
namespace {

RC_GTEST_PROP(AnyOrder, I1_I2_I6_I8_I10_I16_I17_I18_NothingIsEverBroken, (const Life& life)) {
  const Definition definition = life.definition();
  RC_ASSERT(validate(definition).ok());
  live(definition, life.moves, [&](const Purchase& before, const Event& event, const Advanced& out) {
    const std::string what = broken(definition, before, event, out);
    if (!what.empty()) RC_FAIL(what + " at " + name_of(event));
  });
}

// How far a purchase is; the two ways never meet.
int phase(PurchaseState state) {
  switch (state) {
    case PurchaseState::trying:
      return 0;
    case PurchaseState::confirming:
      return 1;
    case PurchaseState::delivering:
      return 2;
    case PurchaseState::completed:
      return 3;
    case PurchaseState::cancelling:
      return 11;
    case PurchaseState::cancelled:
      return 12;
  }
  return -1;
}

bool is_final(StepState state) {
  return state == StepState::confirmed || state == StepState::delivered || state == StepState::abandoned;
}

RC_GTEST_PROP(AnyOrder, I1_I10_I14_PhasesOnlyGoForward, (const Life& life)) {
  const Definition definition = life.definition();
  live(definition, life.moves, [](const Purchase& before, const Event&, const Advanced& out) {
    const Purchase& after = out.purchase;
    RC_ASSERT(phase(before.state) <= phase(after.state));
    RC_ASSERT((phase(before.state) == 0 || phase(before.state) / 10 == phase(after.state) / 10));
    if (before.decided_at) RC_ASSERT(before.decided_at == after.decided_at);
    if (before.confirmed_at) RC_ASSERT(before.confirmed_at == after.confirmed_at);
    if (before.finished_at) RC_ASSERT(before.finished_at == after.finished_at);
    for (std::size_t i = 0; i < before.steps.size(); ++i) {
      const Step &was = before.steps[i], &is = after.steps[i];
      if (is_final(was.state)) RC_ASSERT(is.state == was.state);
      RC_ASSERT((!was.try_intended || is.try_intended || is.state == StepState::rejected));
      for (std::size_t op = 0; op < operation_count; ++op) RC_ASSERT(was.attempts[op] <= is.attempts[op]);
    }
  });
}

// Lives that all end the same way would show little: over a thousand of them, every phase and every step
// state is met.
TEST(AnyOrder, TheLivesMadeUpAreOfAllKinds) {
  std::map<PurchaseState, int> purchases;
  std::map<StepState, int> steps;
  int refused = 0, applied = 0;
  rc::check([&](const Life& life) {
    const Definition definition = life.definition();
    live(definition, life.moves, [&](const Purchase&, const Event&, const Advanced& out) {
      ++(out.verdict == Verdict::refused ? refused : applied);
      ++purchases[out.purchase.state];
      for (const Step& step : out.purchase.steps) ++steps[step.state];
    });
  });
  EXPECT_EQ(purchases.size(), std::size_t{purchase_state_count});
  EXPECT_EQ(steps.size(), std::size_t{step_state_count});
  EXPECT_GT(applied, refused);
}

}  // namespace
}  // namespace settle::test
