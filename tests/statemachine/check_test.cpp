// What stops the process, and the small types: ids, results, names.

#include <gtest/gtest.h>

#include <cstring>

#include "settle/statemachine/advance.hpp"
#include "settle/statemachine/triggers.hpp"

namespace settle {
namespace {

TEST(Check, ABrokenInvariantStopsTheProcess) {
  EXPECT_DEATH(SETTLE_CHECK(1 == 2), "broken invariant: 1 == 2");
  const Purchase two_steps = [] {
    Purchase p;
    p.steps.resize(2);
    return p;
  }();
  EXPECT_DEATH((void)pending_effects(purchase_definition(), two_steps), "broken invariant");
}

TEST(Check, AskingAnErrorForItsValueStopsTheProcess) {
  const Result<int> bad = Error{"no", "why"};
  EXPECT_FALSE(bad);
  EXPECT_EQ(bad.error().code, "no");
  EXPECT_DEATH((void)bad.value(), "");
  EXPECT_DEATH((void)Result<int>(1).error(), "");
}

TEST(Ids, TextAndBack) {
  PurchaseId id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<std::uint8_t>(17 * i);
  EXPECT_EQ(id.text(), "00112233445566778899aabbccddeeff");
  EXPECT_EQ(PurchaseId::parse(id.text()), id);
  EXPECT_EQ(id.prefix(), 0x0011223344556677U);
  EXPECT_FALSE(id.is_zero());
  EXPECT_TRUE(PurchaseId{}.is_zero());
  for (const char* bad : {"", "00", "00112233445566778899AABBCCDDEEFF", "g0112233445566778899aabbccddeeff",
                          "00112233445566778899aabbccddeeff0"})
    EXPECT_FALSE(PurchaseId::parse(bad)) << bad;
}

TEST(Ids, AShardIsDrawnFromTheHalfThatDoesNotSeedTheJitter) {
  PurchaseId a, b;
  a.bytes[0] = 1;
  b.bytes[15] = 1;
  EXPECT_EQ(shard_of(PurchaseId{}, 64), shard_of(a, 64));
  EXPECT_EQ(shard_of(b, 64).number, 1);
}

template <class Enum>
void each_has_a_name(int first, int last) {
  for (int n = first; n <= last; ++n) EXPECT_STRNE(name_of(static_cast<Enum>(n)), "?") << n;
  EXPECT_STREQ(name_of(static_cast<Enum>(last + 1)), "?");
}

TEST(Names, EveryNumberThatIsPersistedHasOne) {
  each_has_a_name<PurchaseState>(1, purchase_state_count);
  each_has_a_name<StepState>(1, step_state_count);
  each_has_a_name<StepTrigger>(1, step_trigger_count);
  each_has_a_name<PurchaseTrigger>(1, purchase_trigger_count);
  each_has_a_name<StepMode>(1, 4);
  each_has_a_name<Operation>(1, operation_count);
  each_has_a_name<Cause>(0, 16);
  each_has_a_name<Decision>(0, 2);
  each_has_a_name<Outcome>(1, 6);
  each_has_a_name<QueryState>(1, 7);
  each_has_a_name<Resolution>(1, 2);
}

}  // namespace
}  // namespace settle
