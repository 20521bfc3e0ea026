#pragma once
// Reads the journal on, over all shards, in the order of happening.

#include <vector>

#include "settle/statemachine/result.hpp"
#include "settle/wal/journal.hpp"

namespace settle {

// About `limit` records from `next` (the next LSN of each shard) up to `heads` (the last), which were all
// there at one moment; `next` is moved behind them. By time, and within a shard by LSN: what is appended
// later has no earlier time, so the order holds from call to call. Nothing: everything up to `heads` was
// read. Errors: as the journal's; damaged (a record is not there).
Result<std::vector<Record>> read_on(const Journal& journal, std::vector<std::uint64_t>& next,
                                    const std::vector<std::uint64_t>& heads, std::size_t limit);

}  // namespace settle
