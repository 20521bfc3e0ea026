// A final success rate never looks better than it is: one that was lost is seen.

#include "percent.hpp"

#include <gtest/gtest.h>

namespace settle::test {
namespace {

TEST(Percent, NeverLooksBetterThanItIs) {
  EXPECT_EQ(floored_percent(99'999, 100'000), "99.9990");
  EXPECT_EQ(floored_percent(99'996, 100'000), "99.9960");
  EXPECT_EQ(floored_percent(9'999'999, 10'000'000), "99.9999");
  EXPECT_EQ(floored_percent(99'999'999, 100'000'000), "99.9999") << "one was lost";
  EXPECT_EQ(floored_percent(100'000, 100'000), "100.0000");
  EXPECT_EQ(floored_percent(0, 7), "0.0000");
  EXPECT_EQ(floored_percent(2, 3), "66.6666");
  EXPECT_EQ(floored_percent(~std::uint64_t{0} - 1'000'000'000, ~std::uint64_t{0}), "99.9999");
}

}  // namespace
}  // namespace settle::test
