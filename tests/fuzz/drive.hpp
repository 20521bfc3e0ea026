#pragma once
// Drives a purchase with what the fuzzer made: whatever was accepted from outside, `advance` must live with.

#include "input.hpp"
#include "settle/statemachine/advance.hpp"

namespace settle::fuzz {

// A purchase of the definition as it is just after its submission.
Purchase submitted(const Definition& definition);
// Gives the purchase events that `input` chooses, wake-ups between them, and checks after each what
// `check_advanced` checks.
void drive(const Definition& definition, Purchase purchase, Input& input);
// One event. Refused ones leave the purchase as it was, decisions and ends stay (I1, I14), who is open wakes
// or is with a person (I17), and the result survives the journal (I21).
Purchase advanced(const Definition& definition, Purchase purchase, const Event& event);

}  // namespace settle::fuzz
