#pragma once
// From facts to the counters of /metrics.

#include "settle/coordinator/metrics.hpp"
#include "stats_facts.hpp"

namespace settle {

void add(MetricCounters& counters, const RecordFacts& facts);

}  // namespace settle
