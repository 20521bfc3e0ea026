#pragma once
// The journal in pages.

#include <vector>

#include "api.hpp"

namespace settle::ctl {

struct Page {
  std::vector<Json> records;
  std::string next;  // the cursor to go on from
};

// One page of GET /v1/journal; `query` is what follows the question mark.
Result<Page> journal_page(const Session& session, const std::string& query);

// All records of a purchase, oldest first.
Result<std::vector<Json>> journal_of(const Session& session, const std::string& purchase);

}  // namespace settle::ctl
