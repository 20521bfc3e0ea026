// The journal's cursor: any that is given out can be sent back, whatever the shards and LSNs.

#include "journal_cursor.hpp"

#include <gtest/gtest.h>

#include "daemon.hpp"
#include "raw_client.hpp"

namespace settle::test {
namespace {

std::string largest_cursor() {
  return journal_cursor(std::vector<std::uint64_t>(journal_shards_max, INT64_MAX));
}

TEST(JournalCursor, EachComesBackAsItWas) {
  const std::vector<std::vector<std::uint64_t>> places = {
      {1}, {127, 128, 16'383, 16'384}, {INT64_MAX, 1}, std::vector<std::uint64_t>(journal_shards_max, 1)};
  for (const auto& next : places) EXPECT_EQ(parse_journal_cursor(journal_cursor(next), next.size()), next);
  EXPECT_EQ(parse_journal_cursor("", 3), (std::vector<std::uint64_t>{1, 1, 1}));
}

TEST(JournalCursor, TheLargestHasTheLengthThatIsAllowed) {
  const std::vector<std::uint64_t> next(journal_shards_max, INT64_MAX);
  const std::string cursor = largest_cursor();
  EXPECT_EQ(cursor.size(), journal_cursor_max);
  EXPECT_EQ(parse_journal_cursor(cursor, journal_shards_max), next);
}

TEST(JournalCursor, WhatWasNeverGivenOutIsRefused) {
  const std::string good = journal_cursor({5, 300});
  EXPECT_FALSE(parse_journal_cursor(good, 3));
  EXPECT_FALSE(parse_journal_cursor(good, 1));
  EXPECT_FALSE(parse_journal_cursor(good.substr(0, good.size() - 2), 2));
  EXPECT_FALSE(parse_journal_cursor(journal_cursor({0, 1}), 2));
  EXPECT_FALSE(parse_journal_cursor(journal_cursor({UINT64_MAX, 1}), 2));
  EXPECT_FALSE(parse_journal_cursor("!", 1));
}

// It gets past the limits of request line and parameter, and with room for a client's headers.
TEST(JournalCursor, TheLargestFitsIntoARequest) {
  TestDaemon daemon;
  const std::string headers = "User-Agent: " + std::string(2'000, 'x') + "\r\n";
  const std::string path = "/v1/journal?limit=500&follow=false&purchase=" + std::string(32, '0') + "&from=";
  EXPECT_EQ(request(daemon.port(), "GET", path + largest_cursor(), "", headers).code(), "not_found");
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/journal?from=" + largest_cursor(), "", headers).code(),
            "invalid_cursor");  // of another journal
  EXPECT_EQ(request(daemon.port(), "GET", "/v1/journal?from=" + largest_cursor() + "A").code(),
            "invalid_parameter");
}

}  // namespace
}  // namespace settle::test
