#pragma once
// The warnings before the window of a delivery ends, after which it is abandoned (I16; docs/retry.md).

#include <cstdint>

#include "settle/statemachine/advance.hpp"

namespace settle {

// Keeps the step's next warning. At a wake-up (`due`) the warnings whose time has come become alerts:
// `window_half` when half of the window is over, `window_ending` at 75 %, `window_last_chance` at 95 %, each
// once in a window. Those that were slept through are given together, in this order. Called after the event's
// rows; a step that is no delivery, has no window or is over has no warning.
void watch_window(const StepDefinition& defined, TimeMs at, bool due, std::uint8_t index, Advanced& out);

}  // namespace settle
