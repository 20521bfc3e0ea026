#pragma once
// The plays of `participant check`: what settled will do to a participant one day, done to it today.

#include <string>
#include <vector>

#include "check_target.hpp"

namespace settle::ctl {

enum class Verdict { right, wrong, not_played };

struct Finding {
  std::string play;
  Verdict verdict = Verdict::not_played;
  std::string seen;
  std::string mend;  // how to put it right; empty unless wrong or not played
};

// Plays everything; leaves nothing held: every try is cancelled at the end. With `confirms` confirms are
// played too: on a system for tests only, since a confirm is final. Errors: unreachable, when not even the
// first call is answered.
Result<std::vector<Finding>> check(const Target& target, bool confirms);

}  // namespace settle::ctl
