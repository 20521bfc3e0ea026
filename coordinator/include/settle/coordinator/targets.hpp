#pragma once
// Whether a definition can be carried out by what is registered.

#include "settle/participants/registry.hpp"
#include "settle/statemachine/definition.hpp"

namespace settle {

// Every target is registered and has the endpoints that its step's mode needs. Errors: unknown_participant,
// missing_endpoint, naming step, participant and endpoint.
Status check_targets(const Definition& definition, const Registry& registry);

}  // namespace settle
