#pragma once
// Nothing is given up without a reason (I16): a step goes to a person, and a purchase is cancelled, only when
// the attempts or the time are used up, or for what repeating cannot help. Judged from the log alone.

#include <string>

#include "settle/statemachine/advance.hpp"

namespace settle::sim {

// What is wrong with one record's outcome; empty: nothing.
std::string given_up_too_early(const Definition& definition, const Purchase& before, const Advanced& after,
                               const Event& event);

}  // namespace settle::sim
