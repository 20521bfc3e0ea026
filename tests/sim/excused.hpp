#pragma once
// Rows of the tables that no simulated world can reach, each with its reason.

#include <string_view>

namespace settle::sim {

// Why `row` ("From --> To : trigger") cannot fire; nullptr: it can, and must.
const char* excused(std::string_view row);

}  // namespace settle::sim
