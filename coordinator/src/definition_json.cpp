// Definitions as JSON: what PUT /v1/definitions/{name} takes, and what the journal keeps, every field written
// out so that a later version's defaults do not change it (I27).

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "api_json.hpp"
#include "policy_json.hpp"
#include "policy_levels.hpp"
#include "settle/coordinator/engine.hpp"
#include "settle/participants/known_names.hpp"

namespace settle {
namespace {

using namespace strict;  // NOLINT(google-build-using-namespace): this file is nothing but such reading

// What is spoken to a step's target. There is one so far, so that a definition need not keep which; it is
// written out all the same, and stays what it is when there are others.
constexpr const char* dialect = "settle";

// Journals from before policies had names hold the fields of an exponential policy beside the time-out.
bool read_older_operation(const Json& object, const std::string& pointer, OperationSpec& spec) {
  if (!object.is_object() || object.contains("retry") || object.contains("on")) return false;
  Json fields = Json::object();
  for (const char* name :
       {"base_ms", "factor_percent", "cap_ms", "jitter_percent", "attempts_max", "window_ms"})
    if (object.contains(name)) fields[name] = object[name];
  if (fields.empty()) return false;
  spec.retry = read_short_policy(fields, pointer, spec.retry);
  spec.retry_name.clear();
  spec.probe = DurationMs{0};  // there was no such thing
  return true;
}

// Which of the kinds in `on` are counted by their own policy alone.
void read_apart(const Json& list, const std::string& pointer, OperationSpec& spec) {
  if (!list.is_array()) problem(pointer, "must be an array of kinds of error");
  for (CausePolicy& one : spec.on) one.apart = false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto one = std::find_if(spec.on.begin(), spec.on.end(),
                                  [&](const CausePolicy& on) { return list[i] == name_of(on.cause); });
    if (one == spec.on.end())
      problem(pointer + "/" + std::to_string(i), "is no kind of error that has a policy in `on`");
    one->apart = true;
  }
}

// `levels`: what the step and the definition say.
void read_operation(const Json& object, const std::string& pointer, bool stored, PolicyLevels levels,
                    Operation operation, OperationSpec& spec) {
  if (!stored || !read_older_operation(object, pointer, spec))
    only(object, pointer, {"timeout_ms", "retry", "on", "counted_apart", "probe_ms"});
  spec.timeout.count = integer(object, "timeout_ms", pointer, spec.timeout.count);
  spec.probe.count = integer(object, "probe_ms", pointer, spec.probe.count);
  if (object.contains("retry"))
    levels.retry[static_cast<std::size_t>(operation) - 1] =
        read_policy_use(object["retry"], pointer + "/retry");
  if (object.contains("on"))
    for (auto& [cause, policy] : read_causes(object["on"], pointer + "/on"))
      levels.on.insert_or_assign(cause, policy);
  apply(levels, operation, spec);
  if (object.contains("counted_apart")) {
    read_apart(object["counted_apart"], pointer + "/counted_apart", spec);
  } else if (stored) {  // before there was such a thing
    for (CausePolicy& one : spec.on) one.apart = false;
  }
}

// Names of steps -> indices. A step may only be named once it is known; validate() finds the cycles.
std::vector<std::uint8_t> step_list(const Json& steps, const Json& object, const char* key,
                                    const std::string& pointer, std::vector<std::uint8_t> otherwise) {
  if (!object.contains(key)) return otherwise;
  if (!object[key].is_array()) problem(pointer + "/" + key, "must be an array of step names");
  std::vector<std::uint8_t> indices;
  for (const Json& name : object[key]) {
    std::size_t index = 0;
    while (index < steps.size() && !(steps[index].contains("name") && steps[index]["name"] == name)) ++index;
    if (!name.is_string() || index == steps.size())
      problem(pointer + "/" + key, "names no step of this definition: " + name.dump());
    indices.push_back(static_cast<std::uint8_t>(index));
  }
  return indices;
}

// What is stored is written out, operation by operation: the defaults of this build are not for it.
void read_operations(const Json& object, const std::string& pointer, bool stored, const PolicyLevels& levels,
                     StepDefinition& step) {
  const Json nothing = Json::object();
  for (int op = 1; op <= operation_count; ++op) {
    const auto operation = static_cast<Operation>(op);
    OperationSpec& spec = step.spec(operation) = default_spec(operation);
    if (stored) spec.on.clear();
    const char* const name = name_of(operation);
    read_operation(object.contains(name) ? object[name] : nothing, pointer + "/" + name, stored, levels,
                   operation, spec);
  }
}

StepDefinition read_step(const Json& steps, std::size_t index, bool stored, const PolicyLevels& around) {
  const Json& object = steps[index];
  const std::string pointer = "/steps/" + std::to_string(index);
  only(object, pointer,
       {"name", "mode", "target", "dialect", "after", "confirm_after", "await_ms", "priority", "secrets",
        "retry", "on", "try", "confirm", "cancel", "deliver", "query"});
  StepDefinition step;
  step.name = text(object, "name", pointer);
  step.mode = choice(object, "mode", pointer, StepMode::tcc,
                     {{"tcc", StepMode::tcc},
                      {"compensable", StepMode::compensable},
                      {"deliver", StepMode::deliver},
                      {"enlisted", StepMode::enlisted}});
  step.target = text(object, "target", pointer);
  if (object.contains("dialect") && text(object, "dialect", pointer) != dialect)
    problem(pointer + "/dialect", "is unknown" + known_names(std::array{dialect}));
  std::vector<std::uint8_t> before;
  if (index > 0) before.push_back(static_cast<std::uint8_t>(index - 1));
  step.after = step_list(steps, object, "after", pointer, before);
  step.confirm_after = step_list(steps, object, "confirm_after", pointer, {});
  step.await.count = integer(object, "await_ms", pointer, step.await.count);
  step.priority = choice(object, "priority", pointer, Priority::normal,
                         {{"normal", Priority::normal}, {"low", Priority::low}});
  if (object.contains("secrets")) {
    if (!object["secrets"].is_array() || object["secrets"].size() > 16)
      problem(pointer + "/secrets", "must be an array of at most 16 field names");
    for (const Json& name : object["secrets"]) {
      if (!name.is_string() || name.get_ref<const std::string&>().empty())
        problem(pointer + "/secrets", "must hold field names");
      step.secrets.push_back(name.get<std::string>());
    }
  }
  read_operations(object, pointer, stored, read_policy_levels(object, pointer, around), step);
  return step;
}

Definition read_definition(std::string_view name, const Json& json, bool stored) {
  only(json, "",
       {"name", "version", "decided_by", "on_deadline", "deadline_ms", "decision_margin_ms", "retry", "on",
        "steps"});
  Definition definition;
  definition.name = std::string(name);
  if (json.contains("name") && json["name"] != definition.name)
    problem("/name", "differs from the name in the URL");
  definition.decided_by = choice(json, "decided_by", "", DecidedBy::engine,
                                 {{"engine", DecidedBy::engine}, {"client", DecidedBy::client}});
  definition.on_deadline = choice(json, "on_deadline", "", OnDeadline::cancel,
                                  {{"cancel", OnDeadline::cancel}, {"person", OnDeadline::person}});
  definition.deadline.count = integer(json, "deadline_ms", "", definition.deadline.count);
  definition.decision_margin.count =
      integer(json, "decision_margin_ms", "", definition.decision_margin.count);
  if (!json.contains("steps") || !json["steps"].is_array()) problem("/steps", "must be an array");
  if (json["steps"].size() > steps_max) problem("/steps", "must hold at most 32 steps");
  const PolicyLevels levels = read_policy_levels(json, "", {});
  for (std::size_t i = 0; i < json["steps"].size(); ++i)
    definition.steps.push_back(read_step(json["steps"], i, stored, levels));
  return definition;
}

Json policy_use(const RetryPolicy& policy, const std::string& name) {
  return name.empty() ? policy_object(policy) : Json(name);
}

Json operation_object(const OperationSpec& spec) {
  Json object{{"timeout_ms", spec.timeout.count}, {"retry", policy_use(spec.retry, spec.retry_name)}};
  for (const CausePolicy& one : spec.on) object["on"][name_of(one.cause)] = policy_use(one.retry, one.name);
  if (!spec.on.empty()) object["counted_apart"] = Json::array();
  for (const CausePolicy& one : spec.on)
    if (one.apart) object["counted_apart"].push_back(name_of(one.cause));
  object["probe_ms"] = spec.probe.count;
  return object;
}

Json step_object(const Definition& definition, const StepDefinition& step) {
  Json object{
      {"name", step.name}, {"mode", name_of(step.mode)}, {"target", step.target}, {"dialect", dialect}};
  object["after"] = Json::array();
  for (const std::uint8_t i : step.after) object["after"].push_back(definition.steps[i].name);
  object["confirm_after"] = Json::array();
  for (const std::uint8_t i : step.confirm_after) object["confirm_after"].push_back(definition.steps[i].name);
  object["await_ms"] = step.await.count;
  if (step.priority != Priority::normal) object["priority"] = name_of(step.priority);
  object["secrets"] = step.secrets;
  for (int op = 1; op <= operation_count; ++op)
    object[name_of(static_cast<Operation>(op))] = operation_object(step.spec(static_cast<Operation>(op)));
  return object;
}

}  // namespace

namespace {

Result<Definition> parse(std::string_view name, std::string_view text, bool stored) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Error{"invalid_definition", "the body is not JSON"};
  try {
    Definition definition = read_definition(name, json, stored);
    if (Status valid = validate(definition); !valid) return valid.error();
    return definition;
  } catch (const Misread& found) {
    return Error{"invalid_definition", found.detail};
  }
}

}  // namespace

Result<Definition> parse_definition(std::string_view name, std::string_view json) {
  return parse(name, json, false);
}
Result<Definition> parse_stored_definition(std::string_view name, std::string_view json) {
  return parse(name, json, true);
}

std::string definition_json(const Definition& definition) {
  Json json{{"name", definition.name},
            {"version", definition.version},
            {"decided_by", definition.decided_by == DecidedBy::client ? "client" : "engine"},
            {"on_deadline", definition.on_deadline == OnDeadline::person ? "person" : "cancel"},
            {"deadline_ms", definition.deadline.count},
            {"decision_margin_ms", definition.decision_margin.count},
            {"steps", Json::array()}};
  for (const StepDefinition& step : definition.steps) json["steps"].push_back(step_object(definition, step));
  return json.dump();
}

}  // namespace settle
