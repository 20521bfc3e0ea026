#include "policy_json.hpp"

#include "api_fields.hpp"

namespace settle {

using namespace strict;  // NOLINT(google-build-using-namespace): this file is nothing but such reading

namespace {

std::vector<DurationMs> read_waits(const Json& json, const std::string& pointer) {
  std::vector<DurationMs> waits;
  if (!json.contains("waits_ms")) problem(pointer + "/waits_ms", "is missing");
  const Json& list = json["waits_ms"];
  if (!list.is_array() || list.empty() || list.size() > waits_max)
    problem(pointer + "/waits_ms", "must be an array of 1 to " + std::to_string(waits_max) + " waits");
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string index = std::to_string(i);
    const Json one{{index, list[i]}};
    waits.push_back(DurationMs{integer(one, index.c_str(), pointer + "/waits_ms", 0)});
  }
  return waits;
}

std::vector<const char*> fields_of(RetryKind kind, bool named) {
  std::vector<const char*> fields{"kind", "jitter_percent", "attempts_max", "window_ms"};
  if (named) fields.insert(fields.end(), {"name", "shipped", "who", "why", "confirm_shorter_window"});
  if (kind == RetryKind::schedule) fields.push_back("waits_ms");
  if (kind != RetryKind::schedule) fields.push_back("base_ms");
  if (kind == RetryKind::exponential) fields.insert(fields.end(), {"factor_percent", "cap_ms"});
  return fields;
}

// `named`: as it is shown at /v1/policies, so that what was got can be put.
RetryPolicy read(const Json& json, const std::string& pointer, bool named) {
  if (!json.is_object()) problem(pointer.empty() ? "/" : pointer, "must be an object");
  RetryPolicy policy;
  if (!json.contains("kind")) problem(pointer + "/kind", "is missing: exponential, fixed or schedule");
  policy.kind = choice(json, "kind", pointer, RetryKind::exponential,
                       {{"exponential", RetryKind::exponential},
                        {"fixed", RetryKind::fixed},
                        {"schedule", RetryKind::schedule}});
  only(json, pointer, fields_of(policy.kind, named));
  if (policy.kind == RetryKind::schedule) {
    policy.waits = read_waits(json, pointer);
    policy.attempts_max = static_cast<std::uint32_t>(policy.waits.size()) + 1;
  }
  policy.base.count = integer(json, "base_ms", pointer, policy.base.count);
  policy.factor_percent = small_integer(json, "factor_percent", pointer, policy.factor_percent);
  policy.cap.count = integer(json, "cap_ms", pointer, policy.cap.count);
  policy.jitter_percent = small_integer(json, "jitter_percent", pointer, policy.jitter_percent);
  policy.attempts_max = small_integer(json, "attempts_max", pointer, policy.attempts_max);
  policy.window.count = integer(json, "window_ms", pointer, policy.window.count);
  return policy;
}

}  // namespace

RetryPolicy read_policy(const Json& json, const std::string& pointer) {
  return read(json, pointer, false);
}

RetryPolicy read_short_policy(const Json& fields, const std::string& pointer, const RetryPolicy& otherwise) {
  Json whole{{"kind", "exponential"}};
  if (otherwise.kind == RetryKind::exponential) whole = policy_object(otherwise);
  whole["jitter_percent"] = otherwise.jitter_percent;
  whole["attempts_max"] = otherwise.attempts_max;
  whole["window_ms"] = otherwise.window.count;
  for (const auto& [key, value] : fields.items()) whole[key] = value;
  return read_policy(whole, pointer);
}

Json policy_object(const RetryPolicy& policy) {
  Json object{{"kind", name_of(policy.kind)}};
  switch (policy.kind) {
    case RetryKind::exponential:
      object["base_ms"] = policy.base.count;
      object["factor_percent"] = policy.factor_percent;
      object["cap_ms"] = policy.cap.count;
      break;
    case RetryKind::fixed:
      object["base_ms"] = policy.base.count;
      break;
    case RetryKind::schedule:
      object["waits_ms"] = Json::array();
      for (const DurationMs wait : policy.waits) object["waits_ms"].push_back(wait.count);
      break;
  }
  object["jitter_percent"] = policy.jitter_percent;
  object["attempts_max"] = policy.attempts_max;
  object["window_ms"] = policy.window.count;
  return object;
}

Json shown_policy(const PolicySet& policies, const std::string& name) {
  Json object{{"name", name}, {"shipped", policies.shipped.count(name) != 0}};
  object.update(policy_object(policies.named.at(name)));
  return object;
}

Result<RetryPolicy> parse_policy(std::string_view name, std::string_view text) {
  if (!is_registry_name(name, false))
    return Error{"invalid_policy", "/name: is 1 to 64 of a-z 0-9 - _ ., beginning with a letter or digit"};
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Error{"invalid_policy", "the body is not JSON"};
  try {
    if (json.is_object()) {  // what was got can be put
      if (json.contains("name") && json["name"] != name) problem("/name", "differs from the name in the URL");
    }
    RetryPolicy policy = read(json, "", true);
    if (Status valid = validate(policy); !valid) return valid.error();
    return policy;
  } catch (const Misread& found) {
    return Error{"invalid_policy", found.detail};
  }
}

std::string policy_set_json(const PolicySet& policies) {
  Json json{{"revision", policies.revision}, {"policies", Json::object()}};
  for (const auto& [name, policy] : policies.named) json["policies"][name] = policy_object(policy);
  json["shipped"] = policies.shipped;
  return json.dump();
}

namespace {

std::set<std::string, std::less<>> read_shipped(const Json& json) {
  if (!json.contains("shipped")) return first_shipped_names();
  const Json& list = json["shipped"];
  std::set<std::string, std::less<>> names;
  if (!list.is_array()) problem("/shipped", "must be an array of names");
  for (const Json& name : list) {
    if (!name.is_string()) problem("/shipped", "must be an array of names");
    names.insert(name.get<std::string>());
  }
  return names;
}

}  // namespace

Result<PolicySet> parse_policy_set(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  PolicySet set;
  try {
    if (json.is_discarded()) problem("/", "is not JSON");
    set.revision = small_integer(json, "revision", "", 0);
    if (!json.contains("policies") || !json["policies"].is_object())
      problem("/policies", "must be an object");
    for (const auto& [name, policy] : json["policies"].items())
      set.named[name] = read_policy(policy, "/policies/" + name);
    set.shipped = read_shipped(json);
  } catch (const Misread& found) {
    return Error{"damaged", "the policies in the journal cannot be read: " + found.detail};
  }
  return set;
}

}  // namespace settle
