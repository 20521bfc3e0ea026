// Definitions as JSON: what PUT /v1/definitions/{name} takes, and what the journal keeps, every field written
// out so that a later version's defaults do not change it (I27).

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "api_json.hpp"
#include "settle/coordinator/engine.hpp"
#include "settle/participants/known_names.hpp"

namespace settle {
namespace {

using Json = nlohmann::ordered_json;

// What is spoken to a step's target. There is one so far, so that a definition need not keep which; it is
// written out all the same, and stays what it is when there are others.
constexpr const char* dialect = "settle";

// Thrown within this file only, and caught at its end: parsing is all or nothing, with the pointer of the
// first problem.
struct Misread {
  std::string detail;
};

[[noreturn]] void problem(const std::string& pointer, const std::string& what) {
  throw Misread{pointer + ": " + what};
}

void only(const Json& object, const std::string& pointer, std::initializer_list<const char*> known) {
  if (!object.is_object()) problem(pointer.empty() ? "/" : pointer, "must be an object");
  for (const auto& [key, value] : object.items())
    if (std::none_of(known.begin(), known.end(), [&key = key](const char* name) { return key == name; })) {
      std::string place = pointer;
      append_pointer(place, key);
      problem(place, "is not known here" + known_names(known));
    }
}

std::int64_t integer(const Json& object, const char* key, const std::string& pointer,
                     std::int64_t otherwise) {
  if (!object.contains(key)) return otherwise;
  const Json& value = object[key];
  const bool fits =
      value.is_number_integer() && !(value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX);
  if (!fits) problem(pointer + "/" + key, "must be an integer");
  const auto number = value.get<std::int64_t>();
  if (number < 0 || number > 1'000'000'000'000) problem(pointer + "/" + key, "must be between 0 and 10^12");
  return number;
}

std::uint32_t small_integer(const Json& object, const char* key, const std::string& pointer,
                            std::uint32_t otherwise) {
  const std::int64_t number = integer(object, key, pointer, otherwise);
  if (number > 1'000'000) problem(pointer + "/" + key, "must be at most 1000000");
  return static_cast<std::uint32_t>(number);
}

std::string text(const Json& object, const char* key, const std::string& pointer) {
  if (!object.contains(key)) problem(std::string(pointer).append("/").append(key), "is missing");
  if (!object[key].is_string()) problem(pointer + "/" + key, "must be a string");
  return object[key].get<std::string>();
}

template <class Enum>
Enum choice(const Json& object, const char* key, const std::string& pointer, Enum otherwise,
            std::initializer_list<std::pair<const char*, Enum>> choices) {
  if (!object.contains(key)) return otherwise;
  const std::string chosen = text(object, key, pointer);
  std::string names;
  for (const auto& [name, value] : choices) {
    if (chosen == name) return value;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  problem(pointer + "/" + key, "must be one of " + names);
}

void read_operation(const Json& object, const std::string& pointer, OperationSpec& spec) {
  only(object, pointer,
       {"timeout_ms", "base_ms", "factor_percent", "cap_ms", "jitter_percent", "attempts_max", "window_ms"});
  spec.timeout.count = integer(object, "timeout_ms", pointer, spec.timeout.count);
  spec.retry.base.count = integer(object, "base_ms", pointer, spec.retry.base.count);
  spec.retry.factor_percent = small_integer(object, "factor_percent", pointer, spec.retry.factor_percent);
  spec.retry.cap.count = integer(object, "cap_ms", pointer, spec.retry.cap.count);
  spec.retry.jitter_percent = small_integer(object, "jitter_percent", pointer, spec.retry.jitter_percent);
  spec.retry.attempts_max = small_integer(object, "attempts_max", pointer, spec.retry.attempts_max);
  spec.retry.window.count = integer(object, "window_ms", pointer, spec.retry.window.count);
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

StepDefinition read_step(const Json& steps, std::size_t index) {
  const Json& object = steps[index];
  const std::string pointer = "/steps/" + std::to_string(index);
  only(object, pointer,
       {"name", "mode", "target", "dialect", "after", "confirm_after", "await_ms", "secrets", "try",
        "confirm", "cancel", "deliver", "query"});
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
  if (object.contains("secrets")) {
    if (!object["secrets"].is_array() || object["secrets"].size() > 16)
      problem(pointer + "/secrets", "must be an array of at most 16 field names");
    for (const Json& name : object["secrets"]) {
      if (!name.is_string() || name.get_ref<const std::string&>().empty())
        problem(pointer + "/secrets", "must hold field names");
      step.secrets.push_back(name.get<std::string>());
    }
  }
  for (int op = 1; op <= operation_count; ++op) {
    const auto operation = static_cast<Operation>(op);
    step.spec(operation) = default_spec(operation);
    if (const char* name = name_of(operation); object.contains(name))
      read_operation(object[name], pointer + "/" + name, step.spec(operation));
  }
  return step;
}

Definition read_definition(std::string_view name, const Json& json) {
  only(json, "",
       {"name", "version", "decided_by", "on_deadline", "deadline_ms", "decision_margin_ms", "steps"});
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
  for (std::size_t i = 0; i < json["steps"].size(); ++i)
    definition.steps.push_back(read_step(json["steps"], i));
  return definition;
}

Json operation_object(const OperationSpec& spec) {
  return Json{{"timeout_ms", spec.timeout.count},
              {"base_ms", spec.retry.base.count},
              {"factor_percent", spec.retry.factor_percent},
              {"cap_ms", spec.retry.cap.count},
              {"jitter_percent", spec.retry.jitter_percent},
              {"attempts_max", spec.retry.attempts_max},
              {"window_ms", spec.retry.window.count}};
}

Json step_object(const Definition& definition, const StepDefinition& step) {
  Json object{
      {"name", step.name}, {"mode", name_of(step.mode)}, {"target", step.target}, {"dialect", dialect}};
  object["after"] = Json::array();
  for (const std::uint8_t i : step.after) object["after"].push_back(definition.steps[i].name);
  object["confirm_after"] = Json::array();
  for (const std::uint8_t i : step.confirm_after) object["confirm_after"].push_back(definition.steps[i].name);
  object["await_ms"] = step.await.count;
  object["secrets"] = step.secrets;
  for (int op = 1; op <= operation_count; ++op)
    object[name_of(static_cast<Operation>(op))] = operation_object(step.spec(static_cast<Operation>(op)));
  return object;
}

}  // namespace

Result<Definition> parse_definition(std::string_view name, std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Error{"invalid_definition", "the body is not JSON"};
  try {
    Definition definition = read_definition(name, json);
    if (Status valid = validate(definition); !valid) return valid.error();
    return definition;
  } catch (const Misread& found) {
    return Error{"invalid_definition", found.detail};
  }
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
