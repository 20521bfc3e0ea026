// Times as participants write them.

#include <gtest/gtest.h>

#include "time_text.hpp"

namespace settle::test {
namespace {

TEST(TimeText, Rfc3339) {
  const std::pair<const char*, std::int64_t> good[] = {
      {"2026-01-31T12:00:00Z", 1'769'860'800'000},      {"2026-01-31t12:00:00z", 1'769'860'800'000},
      {"2026-01-31T12:00:00.5Z", 1'769'860'800'500},    {"2026-01-31T12:00:00.999999Z", 1'769'860'800'999},
      {"2024-02-29T23:59:59Z", 1'709'251'199'000},      {"2026-01-31T12:00:00+00:00", 1'769'860'800'000},
      {"2026-01-31T12:00:00-00:00", 1'769'860'800'000}, {"1970-01-01T00:00:00Z", 1},
      {"9999-12-31T23:59:59Z", 253'402'300'799'000},
  };
  for (const auto& [text, ms] : good) {
    const auto time = parse_rfc3339_utc(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(time->count, ms) << text;
  }
  for (const char* bad : {"",
                          "2026-01-31",
                          "2026-01-31T12:00:00",
                          "2026-01-31 12:00:00Z",
                          "2026-01-31T12:00:00+08:00",
                          "2026-02-29T12:00:00Z",
                          "2026-13-01T12:00:00Z",
                          "2026-00-01T12:00:00Z",
                          "2026-01-32T12:00:00Z",
                          "2026-01-31T24:00:00Z",
                          "2026-01-31T12:60:00Z",
                          "2026-01-31T12:00:61Z",
                          "2026-1-31T12:00:00Z",
                          "2026-01-31T12:00:00.Z",
                          "2026-01-31T12:00:00Z ",
                          " 2026-01-31T12:00:00Z",
                          "1969-12-31T23:59:59Z",
                          "+026-01-31T12:00:00Z",
                          "2026-01-31T12:00:00.1234567890123Z",
                          "20260131T120000Z",
                          "2026-01-31T12:-1:00Z"}) {
    EXPECT_FALSE(parse_rfc3339_utc(bad)) << bad;
  }
}

TEST(TimeText, I20_RetryAfterIsBounded) {
  const TimeMs now{784'111'717'000};  // Sun, 06 Nov 1994 08:48:37 GMT
  const std::pair<const char*, std::int64_t> rows[] = {
      {"", 0},
      {"0", 0},
      {"120", 120'000},
      {"86400", 86'400'000},
      {"86401", 86'400'000},
      {"99999999999999999999999999", 86'400'000},
      {"-1", 0},
      {"1.5", 0},
      {"soon", 0},
      {"+5", 0},
      {"Sun, 06 Nov 1994 08:49:37 GMT", 60'000},
      {"Sun, 06 Nov 1994 08:47:37 GMT", 0},
      {"Sun, 06 Nov 2094 08:49:37 GMT", 86'400'000},
      {"Sun, 06 Nov 1994 08:49:37", 0},
      {"Sun, 31 Feb 2094 08:49:37 GMT", 0},
      {"Sunday, 06-Nov-94 08:49:37 GMT", 0},
  };
  for (const auto& [text, ms] : rows) EXPECT_EQ(parse_retry_after(text, now).count, ms) << text;
}

}  // namespace
}  // namespace settle::test
