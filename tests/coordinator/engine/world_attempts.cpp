// The attempts that the log shows, against the wire.

#include <gtest/gtest.h>

#include <algorithm>

#include "settle/crypto/crypto.hpp"
#include "world.hpp"

namespace settle::test {

std::vector<Attempt> World::attempts(const PurchaseId& id) {
  std::vector<Attempt> all;
  AttemptsQuery query;
  query.limit = 3;  // so that every longer story is read in pages
  do {
    bool answered = false;
    engine->attempts(id, query, [&](Result<AttemptsPage> page) {
      answered = true;
      ASSERT_TRUE(page.ok()) << page.error().code << ": " << page.error().detail;
      EXPECT_LE(page->attempts.size(), query.limit);
      for (Attempt& attempt : page->attempts) all.push_back(std::move(attempt));
      query.cursor = page->next_cursor;
    });
    while (!answered && step()) {
    }
    if (!answered) query.cursor.clear(), ADD_FAILURE() << "nobody answered";
  } while (!query.cursor.empty());
  return all;
}

void World::check_attempts(const std::string& where) {
  for (const PurchaseId& id : acknowledged) {
    const std::vector<Attempt> shown = attempts(id);
    for (const HttpRequest& request : requests) {
      if (header(request, "Settle-Purchase") != id.text()) continue;
      const auto same = [&](const Attempt& attempt) {
        return attempt.end != Attempt::End::held && attempt.step == header(request, "Settle-Step") &&
               settle::name_of(attempt.operation) == header(request, "Settle-Operation") &&
               std::to_string(attempt.attempt) == header(request, "Settle-Attempt");
      };
      const auto found = std::find_if(shown.begin(), shown.end(), same);
      const std::string call = header(request, "Settle-Step") + ":" + header(request, "Settle-Operation") +
                               ":" + header(request, "Settle-Attempt") + "; " + where;
      ASSERT_NE(found, shown.end()) << "not shown: " << call;
      EXPECT_EQ(std::count_if(shown.begin(), shown.end(), same), 1) << call;
      EXPECT_EQ(found->headers.size(), 9U) << call;
      for (const auto& [name, value] : found->headers)
        EXPECT_EQ(value, header(request, name)) << name << call;
      EXPECT_EQ(found->request.bytes, request.body.size()) << call;
      EXPECT_TRUE(content_digest_matches(header(request, "Content-Digest"), request.body)) << call;
      EXPECT_EQ(found->request.text.find("SECRET-"), std::string::npos) << "a card is shown: " << call;
      EXPECT_EQ(found->response.text.find("SECRET-"), std::string::npos) << "a card is shown: " << call;
      EXPECT_EQ(found->url, request.urls.front()) << call;
    }
  }
}

}  // namespace settle::test
