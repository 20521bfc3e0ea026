#include "policy_levels.hpp"

#include <algorithm>
#include <vector>

#include "api_json.hpp"
#include "policy_json.hpp"
#include "settle/participants/known_names.hpp"
#include "settle/statemachine/purchase.hpp"

namespace settle {

using namespace strict;  // NOLINT(google-build-using-namespace): this file is nothing but such reading

namespace {

// Which is wrong is said where it is written, not where it is used.
PolicyUse read_valid_use(const Json& value, const std::string& pointer) {
  PolicyUse use = read_policy_use(value, pointer);
  if (!use.name.empty()) return use;
  if (const Status valid = validate(use.policy); !valid) throw Misread{pointer + valid.error().detail};
  return use;
}

void read_retry(const Json& value, const std::string& pointer, PolicyLevels& into) {
  if (value.is_string() || (value.is_object() && value.contains("kind"))) {
    into.retry.fill(read_valid_use(value, pointer));
    return;
  }
  if (!value.is_object()) problem(pointer, "must be a policy, the name of one, or an object by operation");
  only(value, pointer, {"try", "confirm", "cancel", "deliver", "query"});
  for (int op = 1; op <= operation_count; ++op)
    if (const char* name = name_of(static_cast<Operation>(op)); value.contains(name))
      into.retry[static_cast<std::size_t>(op) - 1] = read_valid_use(value[name], pointer + "/" + name);
}

}  // namespace

PolicyUse read_policy_use(const Json& value, const std::string& pointer) {
  if (!value.is_string()) return {read_policy(value, pointer), {}};
  PolicyUse use{{}, value.get<std::string>()};
  if (use.name.empty() || use.name.size() > 64) problem(pointer, "must be the name of a policy, or a policy");
  return use;
}

std::map<Cause, PolicyUse> read_causes(const Json& object, const std::string& pointer) {
  if (!object.is_object()) problem(pointer, "must be an object");
  std::map<Cause, PolicyUse> on;
  for (const Cause cause : causes_with_policies) {
    const char* const key = name_of(cause);
    if (object.contains(key)) on.emplace(cause, read_policy_use(object[key], pointer + "/" + key));
  }
  if (on.size() == object.size()) return on;
  std::vector<const char*> known;
  for (const Cause cause : causes_with_policies) known.push_back(name_of(cause));
  for (const auto& [key, value] : object.items())
    if (std::none_of(known.begin(), known.end(), [&key = key](const char* name) { return key == name; })) {
      std::string place = pointer;
      append_pointer(place, key);
      problem(place, "is no kind of error" + known_names(known));
    }
  return on;
}

PolicyLevels read_policy_levels(const Json& object, const std::string& pointer, PolicyLevels around) {
  if (object.contains("retry")) read_retry(object["retry"], pointer + "/retry", around);
  if (!object.contains("on")) return around;
  for (auto& [cause, use] : read_causes(object["on"], pointer + "/on")) {
    if (use.name.empty())
      if (const Status valid = validate(use.policy); !valid)
        throw Misread{pointer + "/on/" + name_of(cause) + valid.error().detail};
    around.on.insert_or_assign(cause, use);
  }
  return around;
}

void use(const PolicyUse& retry, OperationSpec& spec) {
  spec.retry = retry.policy;
  spec.retry_name = retry.name;
  spec.on.clear();
}

// Who is throttled is alive and asks for patience: that is counted apart, where it comes to an end by itself.
void use(Cause cause, const PolicyUse& policy, Operation operation, OperationSpec& spec) {
  CausePolicy one{cause, policy.policy, policy.name, false};
  one.apart = cause == Cause::throttled && operation != Operation::query && ends_apart(spec, operation, one);
  const auto at = std::lower_bound(spec.on.begin(), spec.on.end(), cause,
                                   [](const CausePolicy& a, Cause b) { return a.cause < b; });
  if (at != spec.on.end() && at->cause == cause) {
    *at = std::move(one);
  } else {
    spec.on.insert(at, std::move(one));
  }
}

void apply(const PolicyLevels& levels, Operation operation, OperationSpec& spec) {
  if (const auto& retry = levels.retry[static_cast<std::size_t>(operation) - 1]) use(*retry, spec);
  for (const auto& [cause, policy] : levels.on) use(cause, policy, operation, spec);
}

}  // namespace settle
