#pragma once
// What must hold after every event, whatever happened: the invariants that one step of a purchase's life can
// show. The stories and the random walk both ask it.

#include <string>

#include "settle/statemachine/advance.hpp"

namespace settle::test {

// What is broken, beginning with the invariant's number; empty: nothing.
std::string broken(const Definition& definition, const Purchase& before, const Event& event,
                   const Advanced& after);

// Whether nothing of the step is left at its participant, and nothing is owed.
bool is_undone(const Step& step);

}  // namespace settle::test
