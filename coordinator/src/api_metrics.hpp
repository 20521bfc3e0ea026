#pragma once
// The metrics of an engine, apart from those of the daemon around it: what tests in virtual time look at.

#include "metric_families.hpp"
#include "settle/coordinator/engine.hpp"

namespace settle {

void add_engine(MetricFamilies& out, const Engine& engine);

}  // namespace settle
