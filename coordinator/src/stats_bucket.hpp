#pragma once
// Buckets of the statistics: adding facts, merging, and their form on disk (docs/wal-format.md, section 10).

#include <string>
#include <string_view>

#include "settle/statemachine/result.hpp"
#include "stats_facts.hpp"

namespace settle {

// Merchants have no bound: past it further ones become one, under a name that none can have. Participants
// keep their cells, up to as many as a document has room for (see stats_store.cpp), and then go into target
// "other".
inline constexpr std::size_t merchant_cells_max = 500, participant_cells_max = 480;
inline constexpr std::size_t bucket_cells_max = merchant_cells_max + participant_cells_max + 10;
inline constexpr const char* other_target = "other";
inline constexpr const char* other_merchant = "$other";

void add(StatsBucket& bucket, const RecordFacts& facts);
// Of endpoints the `count` with the most failures; the others become other_merchant.
void keep_worst(std::map<CellKey, Counters>& merchants, std::size_t count);
std::uint64_t failures_in(const Counters& cell);

std::string encode(const StatsBucket& bucket);
Result<StatsBucket> decode_bucket(std::string_view bytes);  // errors: damaged

// The bins of times in retry: two an octave from 1 ms on.
std::size_t retry_bin_of(DurationMs time);
DurationMs retry_bin_begins(std::size_t bin);
// The time below which `percent` of the cell's times in retry lie; 0: it has none.
DurationMs retry_percentile(const Counters& cell, unsigned percent);

// LEB128, as everything in these documents is written.
void put_number(std::string& out, std::uint64_t number);
// Takes a number off the front. False: there is none.
bool take_number(std::string_view& in, std::uint64_t& number);
void put_counters(std::string& out, const Counters& counters);
bool take_counters(std::string_view& in, Counters& counters);

}  // namespace settle
