#pragma once
// A bulk act while it runs: how far it got, and what it has in hand. As a document of shard 0 it survives a
// crash: what is in hand was written down before any of it was done.

#include <string>
#include <string_view>
#include <vector>

#include "settle/coordinator/dead_letters.hpp"
#include "settle/statemachine/result.hpp"

namespace settle {

// One step (or purchase) that is acted on.
struct BulkTarget {
  PurchaseId purchase;
  std::string step;            // empty: it is not about one
  std::uint64_t revision = 0;  // of the purchase when it was taken in hand
};
// Of one that was acted on: `proposed` waits for a second person.
enum class BulkOutcome { none, done, proposed };

struct BulkJob {
  BulkReport report;
  std::string cursor;  // where the list goes on behind what is in hand
  bool last = false;   // there is nothing behind it
  std::vector<BulkTarget> in_hand;
  std::size_t open = 0;        // acts of in_hand that were not answered yet; not stored
  bool after_restart = false;  // what is in hand may be done already; not stored
};

inline constexpr const char* bulk_kind = "bulk_act";

// What the order means on a page of the list: a step each, or where it is done to purchases as a whole, one
// step of each. Of a reopen, purchases.
struct ListPage;
std::vector<BulkTarget> bulk_targets(const BulkOrder& order, const ListPage& page);

std::string stored_bulk_job(const BulkJob& job);
// Errors: damaged.
Result<BulkJob> load_bulk_job(std::string_view json);

}  // namespace settle
