#pragma once
// What a sealed field looks like inside a result, for those who write results into bodies.

#include <string>
#include <string_view>

#include "json_object.hpp"
#include "settle/crypto/keys.hpp"
#include "settle/statemachine/definition.hpp"
#include "settle/statemachine/ids.hpp"

namespace settle {

// {"$sealed": "v1..."}: the sealed text, or nullopt when the value is anything else.
std::optional<std::string> sealed_text(std::string_view value);
// A quick look that may err only towards true.
bool may_hold_sealed(std::string_view object);

// What binds a step's secrets to their place: "PURCHASE:STEP".
std::string seal_context(const PurchaseId& purchase, const StepDefinition& step);

}  // namespace settle
