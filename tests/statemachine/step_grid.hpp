#pragma once
// Reads step_grid.txt, where the expected outcome of every (state, trigger) pair is written down by hand,
// apart from the table that it checks.

#include <string>
#include <vector>

#include "settle/statemachine/purchase.hpp"
#include "settle/statemachine/triggers.hpp"

namespace settle::test {

struct GridLine {
  int number = 0;  // in the file
  StepState state{};
  StepTrigger trigger{};
  std::vector<std::string> conditions;
  bool nothing = false;  // "-": the pair has no row
  StepState to{};
  std::string does, operation;  // "call" "try", "wait" "", ...
};

// Every line of the file, one for each pair that it names. A line that cannot be read ends the process.
std::vector<GridLine> read_step_grid();

// The number of the state or trigger with this name. An unknown one ends the process.
StepState step_state_named(const std::string& name);
StepTrigger step_trigger_named(const std::string& name);

}  // namespace settle::test
