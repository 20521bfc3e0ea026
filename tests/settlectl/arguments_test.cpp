// Flags and operands are read strictly, and a slip is answered with the nearest flag.

#include "arguments.hpp"

#include <gtest/gtest.h>

namespace settle::ctl {
namespace {

const std::vector<Flag> flags = {{"state", "STATE", ""}, {"needs-person", "", ""}, {"limit", "N", ""}};

Result<Arguments> parse(const std::vector<std::string>& words,
                        const std::vector<std::string>& operands = {"ID", "[FILE]"}) {
  return parse_arguments(flags, operands, words);
}

std::string complaint(const std::vector<std::string>& words) {
  const auto arguments = parse(words);
  EXPECT_FALSE(arguments.ok());
  return arguments ? "" : arguments.error().detail;
}

TEST(Arguments, FlagsAndOperandsInAnyOrder) {
  const auto arguments = parse({"--state", "trying", "a", "--needs-person", "--limit=5", "b"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_EQ(arguments->get("state"), "trying");
  EXPECT_TRUE(arguments->has("needs-person"));
  EXPECT_EQ(arguments->number("limit")->value(), 5);
  EXPECT_EQ(arguments->operands, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(arguments->get("nothing", "fallback"), "fallback");
}

TEST(Arguments, TwoDashesEndTheFlags) {
  const auto arguments = parse({"--", "--state"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_EQ(arguments->operand(0), "--state");
}

TEST(Arguments, OperandsMayBeMissingOnlyInBrackets) {
  EXPECT_TRUE(parse({"a"}).ok());
  EXPECT_EQ(complaint({}), "ID is missing");
  EXPECT_EQ(complaint({"a", "b", "c"}), "unexpected argument \"c\"");
}

TEST(Arguments, SlipsAreNamed) {
  EXPECT_EQ(complaint({"a", "--stat", "x"}), "unknown flag --stat; did you mean --state?");
  EXPECT_EQ(complaint({"a", "--entirely-other"}), "unknown flag --entirely-other");
  EXPECT_EQ(complaint({"a", "--state"}), "--state wants a value: STATE");
  EXPECT_EQ(complaint({"a", "--needs-person=yes"}), "--needs-person takes no value");
  EXPECT_EQ(complaint({"a", "--limit", "1", "--limit", "2"}), "--limit is there twice");
}

TEST(Arguments, NumbersAreWholeNumbers) {
  for (const std::string bad : {"", "x", "1x", "1.5", "99999999999999999999"}) {
    const auto arguments = parse({"a", "--limit=" + bad});
    ASSERT_TRUE(arguments.ok());
    EXPECT_FALSE(arguments->number("limit").ok()) << bad;
  }
  EXPECT_EQ(parse({"a", "--limit", "-3"})->number("limit")->value(), -3);
}

}  // namespace
}  // namespace settle::ctl
