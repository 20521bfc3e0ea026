#pragma once
// What a definition, a step of it and an operation of that may say of policies. Each level overrides the one
// around it, operation by operation and kind of error by kind of error; what is read is written out into each
// operation, so that nothing behind the reading knows of levels.

#include <array>
#include <map>
#include <optional>
#include <string>

#include "settle/statemachine/definition.hpp"
#include "strict_json.hpp"

namespace settle {

// A policy's name, or the policy itself.
struct PolicyUse {
  RetryPolicy policy;
  std::string name;  // empty: written here
};

struct PolicyLevels {
  std::array<std::optional<PolicyUse>, operation_count> retry;
  std::map<Cause, PolicyUse> on;
};

// Each throws strict::Misread with the pointer of what is wrong.
PolicyUse read_policy_use(const strict::Json& value, const std::string& pointer);
std::map<Cause, PolicyUse> read_causes(const strict::Json& object, const std::string& pointer);
// The members `retry` (one policy for all operations, or an object by operation) and `on` of a definition or
// a step, over what is said around it.
PolicyLevels read_policy_levels(const strict::Json& object, const std::string& pointer, PolicyLevels around);

// `spec` has the defaults: a policy of its own replaces also those that the kinds of error have by default.
void apply(const PolicyLevels& levels, Operation operation, OperationSpec& spec);
void use(const PolicyUse& retry, OperationSpec& spec);
void use(Cause cause, const PolicyUse& policy, Operation operation, OperationSpec& spec);

}  // namespace settle
