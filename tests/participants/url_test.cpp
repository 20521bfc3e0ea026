#include <gtest/gtest.h>

#include "settle/participants/url.hpp"

namespace settle::test {
namespace {

TEST(Url, Parts) {
  const auto plain = parse_url("http://inventory.internal:8081/base/try?x=1");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->https);
  EXPECT_EQ(plain->authority, "inventory.internal:8081");
  EXPECT_EQ(plain->host, "inventory.internal");
  EXPECT_EQ(plain->port, 8081);
  EXPECT_EQ(plain->target, "/base/try?x=1");
  const auto v6 = parse_url("https://[::1]/");
  ASSERT_TRUE(v6);
  EXPECT_TRUE(v6->https);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, 443);
  EXPECT_EQ(parse_url("http://a")->port, 80);
  EXPECT_EQ(parse_url("http://a")->target, "");
}

TEST(Url, WhatIsNoneOfOurs) {
  for (const char* bad : {"",
                          "a",
                          "ftp://a/",
                          "HTTP://a/",
                          "http://",
                          "http:///x",
                          "http://:80/",
                          "http://a:/",
                          "http://a:0/",
                          "http://a:65536/",
                          "http://a:8x/",
                          "http://u@a/",
                          "http://u:p@a/",
                          "http://a/#f",
                          "http://a/ b",
                          "http://a/\r\nX: y",
                          "http://[::1",
                          "http://[]/",
                          "http://[::1]x/",
                          "http://a?x",
                          "http://a\x7f/",
                          "http://b\xc3\xbc/",
                          "http://[a.b]:z/"}) {
    EXPECT_FALSE(parse_url(bad)) << bad;
  }
  EXPECT_FALSE(parse_url("http://a/" + std::string(url_bytes_max, 'x')));
}

}  // namespace
}  // namespace settle::test
