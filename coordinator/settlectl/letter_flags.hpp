#pragma once
// Which dead letters: the flags that the list and the acts on many share.

#include "command.hpp"

namespace settle::ctl {

std::vector<Flag> letter_flags();

// Which cancelled purchases a reopen takes.
std::vector<Flag> cancelled_flags();
// Errors: usage.
Result<Json> cancelled_of(const Arguments& arguments);

// As members of a bulk act's body; the list makes its query string of the same. Errors: usage.
Result<Json> letters_of(const Arguments& arguments);

}  // namespace settle::ctl
