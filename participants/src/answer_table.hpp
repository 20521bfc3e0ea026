#pragma once
// The answer table of docs/participant-protocol.md, section 2, as functions of operation and status alone.

#include "settle/participants/registry.hpp"
#include "settle/statemachine/event.hpp"

namespace settle {

struct Judgement {
  Outcome outcome = Outcome::unknown;
  Cause cause = Cause::none;
};

// A participant's answer to try, confirm, cancel or deliver.
Judgement judge_participant(Operation operation, int status);

// A merchant's: what its success rule does not accept is never done, and never "accepted".
Judgement judge_merchant(const SuccessRule& rule, int status, std::string_view body);

// No answer came. A call that never left is "not now"; any other may have been worked on.
Judgement judge_failure(Cause failure);

}  // namespace settle
