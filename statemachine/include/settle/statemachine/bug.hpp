#pragma once
// Deliberate bugs, for one test binary only: the simulator must catch each of them (docs/testing.md), so that
// we know that it would catch an honest one. Everywhere else SETTLE_BUG is the constant false, and nothing of
// it is compiled.

#ifdef SETTLE_BUGS
namespace settle {
// Whether the run was started with this bug.
bool bug(const char* name);
}  // namespace settle
#define SETTLE_BUG(name) ::settle::bug(#name)
#else
#define SETTLE_BUG(name) false
#endif
