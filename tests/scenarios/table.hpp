#pragma once
// The experiment's result for people, and whether it reaches what was promised.

#include <string>

#include "outcome.hpp"

namespace settle::scenarios {

struct Experiment {
  std::uint64_t seed = 0;
  std::uint64_t receivers = 0, receivers_without = 0;
  Outcome with, without;              // the population under the mix
  Outcome vague_with, vague_without;  // the orders whose first charge is vague, in thirties
  // Of the worst thirty with the mechanism, and of the first: completed.
  std::uint64_t worst_thirty = 30, first_thirty = 0;
};

std::string table(const Experiment& experiment);
// What was missed, a line each; empty: nothing.
std::string missed(const Experiment& experiment);

}  // namespace settle::scenarios
