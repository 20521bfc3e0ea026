#pragma once
// The deliberate bugs that the simulator must catch: what each breaks, and what should notice. Their names
// are those of the SETTLE_BUG switches in the production code, which only the binary simulate_bugs is built
// with.

#include <string_view>
#include <vector>

namespace settle::sim {

struct DeliberateBug {
  const char* name;
  const char* what;
};

const std::vector<DeliberateBug>& deliberate_bugs();
// Switches one on for this process; false: there is no such bug, or this binary was built without them.
bool switch_on(std::string_view name);

}  // namespace settle::sim
