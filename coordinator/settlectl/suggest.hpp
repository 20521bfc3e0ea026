#pragma once
// "Did you mean …?"

#include <optional>
#include <string>
#include <vector>

namespace settle::ctl {

// The candidate that is the fewest edits away, if it is near enough to have been meant.
std::optional<std::string> nearest(const std::string& typed, const std::vector<std::string>& candidates);

}  // namespace settle::ctl
