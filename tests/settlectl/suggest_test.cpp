// "Did you mean …?" names what was meant, and keeps silent about what was not.

#include "suggest.hpp"

#include <gtest/gtest.h>

namespace settle::ctl {
namespace {

const std::vector<std::string> names = {"submit", "show", "list", "cancel", "retry", "participant"};

TEST(Suggest, NearWordsAreFound) {
  EXPECT_EQ(nearest("sumbit", names), "submit");  // a swap
  EXPECT_EQ(nearest("shwo", names), "show");
  EXPECT_EQ(nearest("lst", names), "list");
  EXPECT_EQ(nearest("cancle", names), "cancel");
  EXPECT_EQ(nearest("part", names), "participant");  // unfinished
}

TEST(Suggest, FarWordsAreNot) {
  EXPECT_EQ(nearest("delete", names), std::nullopt);
  EXPECT_EQ(nearest("x", names), std::nullopt);
  EXPECT_EQ(nearest("", names), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 's'), names), std::nullopt);
}

}  // namespace
}  // namespace settle::ctl
