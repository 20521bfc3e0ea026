// Times and spans are read as they are written, and told as people tell them.

#include "times.hpp"

#include <gtest/gtest.h>

namespace settle::ctl {
namespace {

TEST(Times, ThereAndBack) {
  EXPECT_EQ(parse_time("1970-01-01T00:00:01.5Z"), 1500);
  EXPECT_EQ(parse_time("2026-01-31T12:00:00Z"), 1769860800000);
  EXPECT_EQ(format_time(1769860800042), "2026-01-31T12:00:00.042Z");
  EXPECT_EQ(parse_time(format_time(1769860800042)), 1769860800042);
  for (const char* bad : {"", "2026-01-31", "2026-01-31T12:00:00", "2026-01-31T12:00:00+01:00", "now"})
    EXPECT_EQ(parse_time(bad), std::nullopt) << bad;
}

TEST(Times, Spans) {
  EXPECT_EQ(parse_span("45s"), 45'000);
  EXPECT_EQ(parse_span("2h"), 7'200'000);
  EXPECT_EQ(parse_span("7d"), 604'800'000);
  for (const char* bad : {"", "h", "2", "-2h", "2w", "2hh"}) EXPECT_EQ(parse_span(bad), std::nullopt) << bad;
  EXPECT_EQ(span(12), "0.012 s");
  EXPECT_EQ(span(61'500), "61.5 s");
  EXPECT_EQ(span(250'000), "4 min 10 s");
  EXPECT_EQ(span(11'100'000), "3 h 5 min");
  EXPECT_EQ(span(187'200'000), "2 d 4 h");
  EXPECT_EQ(relative(2000, 1000), "in 1.000 s");
  EXPECT_EQ(relative(1000, 2000), "1.000 s ago");
  EXPECT_EQ(relative(1000, 1000), "now");
}

}  // namespace
}  // namespace settle::ctl
