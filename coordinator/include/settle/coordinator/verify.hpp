#pragma once
// Replays a whole journal through `advance` and compares it with what was recorded (I21).

#include <cstdint>
#include <map>

#include "settle/statemachine/purchase.hpp"
#include "settle/wal/journal.hpp"

namespace settle {

struct VerifyReport {
  std::uint64_t records = 0, events = 0, snapshots = 0;
  std::map<PurchaseId, Purchase> purchases;  // as replayed
};

// Reads every shard from its first record on: chain, decoding, transitions, and each purchase's snapshot
// against the replayed state. Writes nothing, takes no shard. Memory grows with the number of purchases.
// Errors: damaged or replay_mismatch, with the position or the purchase.
Result<VerifyReport> verify_journal(const Journal& journal);

}  // namespace settle
