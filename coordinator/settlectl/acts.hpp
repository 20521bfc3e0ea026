#pragma once
// Who and why, as every act of a person carries them.

#include "command.hpp"

namespace settle::ctl {

inline std::vector<Flag> who_and_why() {
  return {{"who", "NAME", "who does this (default: $USER)"}, {"why", "TEXT", "why; needed, and kept"}};
}

// --who, else $USER, else the name of the process's user.
std::string who_of(const Arguments& arguments);

// {"who": …, "why": …}. Errors: usage, when one is missing.
Result<Json> act_of(const Arguments& arguments);

}  // namespace settle::ctl
