#include "settle/statemachine/definition.hpp"

#include <algorithm>

#include "settle/statemachine/purchase.hpp"

namespace settle {
namespace {

Error invalid(const std::string& detail) {
  return Error{"invalid_definition", detail};
}

bool is_name(const std::string& text) {
  if (text.empty() || text.size() > 64 || text[0] == '-' || text[0] == '.') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

Status check_operation(const std::string& where, const OperationSpec& spec) {
  if (spec.timeout.count < 1 || spec.timeout.count > 600'000)
    return invalid(where + ": timeout_ms must be between 1 and 600000");
  if (spec.probe.count != 0 && (spec.probe.count < 60'000 || spec.probe.count > 86'400'000))
    return invalid(where + ": probe_ms must be 0, or between 60000 and 86400000");
  if (Status valid = validate(spec.retry); !valid) return invalid(where + " retry" + valid.error().detail);
  for (const CausePolicy& on : spec.on)
    if (Status valid = validate(on.retry); !valid)
      return invalid(where + " on/" + name_of(on.cause) + valid.error().detail);
  return ok();
}

// Depth-first over `after` (or `confirm_after`): a step met again while it is open closes a cycle.
bool closes_cycle(const Definition& definition, bool confirms, std::size_t at, std::vector<int>& colour) {
  if (colour[at] == 1) return true;
  if (colour[at] == 2) return false;
  colour[at] = 1;
  const StepDefinition& step = definition.steps[at];
  for (const std::uint8_t before : confirms ? step.confirm_after : step.after)
    if (closes_cycle(definition, confirms, before, colour)) return true;
  colour[at] = 2;
  return false;
}

Status check_order(const Definition& definition, const StepDefinition& step, const std::string& where) {
  for (const std::uint8_t before : step.after) {
    if (before >= definition.steps.size()) return invalid(where + ": after names a step that does not exist");
    // A try that waited for a delivery would wait for the commit that waits for the try.
    if (step.mode != StepMode::deliver && definition.steps[before].mode == StepMode::deliver)
      return invalid(where + ": after names the deliver step \"" + definition.steps[before].name +
                     "\", which only starts once everything is confirmed");
  }
  for (const std::uint8_t before : step.confirm_after) {
    if (before >= definition.steps.size())
      return invalid(where + ": confirm_after names a step that does not exist");
    if (step.mode == StepMode::deliver || step.mode == StepMode::compensable)
      return invalid(where + ": confirm_after is for steps with a confirm");
    if (definition.steps[before].mode == StepMode::deliver)
      return invalid(where + ": confirm_after names the deliver step \"" + definition.steps[before].name +
                     "\"");
  }
  return ok();
}

Status check_step(const Definition& definition, std::size_t index) {
  const StepDefinition& step = definition.steps[index];
  const std::string where = "step \"" + step.name + "\"";
  if (!is_name(step.name))
    return invalid("step " + std::to_string(index) + ": a name is 1 to 64 of a-z 0-9 - _ .");
  for (std::size_t other = 0; other < index; ++other)
    if (definition.steps[other].name == step.name) return invalid(where + ": the name is there twice");
  if (step.target != merchant_target && !is_name(step.target))
    return invalid(where + ": target must name a participant or be $merchant");
  if (step.target == merchant_target && step.mode != StepMode::deliver)
    return invalid(where + ": only a deliver step can have $merchant as its target");
  if (step.mode == StepMode::enlisted && definition.decided_by != DecidedBy::client)
    return invalid(where + ": an enlisted step needs decided_by: client");
  if (step.priority == Priority::low && step.mode != StepMode::deliver)
    return invalid(where + ": only a deliver step can give way to others (priority: low)");
  if (step.await.count < 1'000 || step.await.count > 7LL * 24 * 3'600'000)
    return invalid(where + ": await_ms must be between 1000 and 604800000");
  if (Status order = check_order(definition, step, where); !order) return order;
  for (int op = 1; op <= operation_count; ++op) {
    const auto operation = static_cast<Operation>(op);
    static const char* const names[] = {"try", "confirm", "cancel", "deliver", "query"};
    if (Status policy = check_operation(where + " " + names[op - 1], step.spec(operation)); !policy)
      return policy;
  }
  // What is pushed forward for ever would never come to a person (I16).
  for (const Operation op : {Operation::confirm, Operation::cancel, Operation::deliver}) {
    const OperationSpec& spec = step.spec(op);
    if (spec.retry.attempts_max == 0 && spec.retry.window.count == 0)
      return invalid(
          where +
          ": confirm, cancel and deliver need attempts_max or window_ms, so that a person hears of it");
    for (const CausePolicy& on : spec.on)
      if (on.apart && !ends_apart(spec, op, on))
        return invalid(
            where + " " + name_of(op) + " on/" + name_of(on.cause) +
            ": what is counted apart needs attempts_max or window_ms, so that a person hears of it");
  }
  return ok();
}

}  // namespace

Status validate(const Definition& definition) {
  if (!is_name(definition.name)) return invalid("the name is 1 to 64 of a-z 0-9 - _ .");
  if (definition.steps.empty()) return invalid("there are no steps");
  if (definition.steps.size() > steps_max) return invalid("there are more than 32 steps");
  if (definition.deadline.count < 1'000 || definition.deadline.count > 24LL * 3'600'000)
    return invalid("deadline_ms must be between 1000 and 86400000");
  if (definition.decision_margin.count < 0 || definition.decision_margin.count > definition.deadline.count)
    return invalid("decision_margin_ms must be between 0 and deadline_ms");
  for (std::size_t i = 0; i < definition.steps.size(); ++i)
    if (Status step = check_step(definition, i); !step) return step;
  for (const bool confirms : {false, true}) {
    std::vector<int> colour(definition.steps.size(), 0);
    for (std::size_t i = 0; i < definition.steps.size(); ++i)
      if (closes_cycle(definition, confirms, i, colour))
        return invalid("step \"" + definition.steps[i].name +
                       "\": " + (confirms ? "confirm_after" : "after") + " is cyclic");
  }
  const bool only_deliveries =
      std::all_of(definition.steps.begin(), definition.steps.end(),
                  [](const StepDefinition& s) { return s.mode == StepMode::deliver; });
  if (only_deliveries) return invalid("there is nothing but deliver steps: there would be nothing to decide");
  return ok();
}

// A try's end is the decision's deadline; the operation's window holds for every kind.
bool ends_apart(const OperationSpec& spec, Operation op, const CausePolicy& one) {
  const bool owed = op == Operation::confirm || op == Operation::cancel || op == Operation::deliver;
  return !owed || one.retry.attempts_max != 0 || one.retry.window.count != 0 || spec.retry.window.count != 0;
}

const CausePolicy* OperationSpec::for_cause(Cause cause) const {
  for (const CausePolicy& one : on)
    if (one.cause == cause) return &one;
  return nullptr;
}

Result<Definition> resolve(Definition definition, const PolicySet& policies) {
  std::string missing;
  const auto look_up = [&](const std::string& name, RetryPolicy& into, const std::string& pointer) {
    if (name.empty()) return;
    const auto found = policies.named.find(name);
    if (found != policies.named.end()) {
      into = found->second;
    } else if (missing.empty()) {
      missing = pointer + ": there is no policy \"" + name + "\"";
    }
  };
  for (std::size_t i = 0; i < definition.steps.size(); ++i) {
    for (int op = 1; op <= operation_count; ++op) {
      const auto operation = static_cast<Operation>(op);
      OperationSpec& spec = definition.steps[i].spec(operation);
      const std::string pointer = "/steps/" + std::to_string(i) + "/" + name_of(operation);
      look_up(spec.retry_name, spec.retry, pointer + "/retry");
      for (CausePolicy& on : spec.on) look_up(on.name, on.retry, pointer + "/on/" + name_of(on.cause));
    }
  }
  if (!missing.empty()) return Error{"unknown_policy", missing};
  definition.policies = policies.revision;
  return definition;
}

Definition purchase_definition() {
  Definition definition;
  definition.name = "purchase";
  const auto add = [&](const char* name, StepMode mode, const char* target) -> StepDefinition& {
    StepDefinition step;
    step.name = name;
    step.mode = mode;
    step.target = target;
    if (!definition.steps.empty()) step.after = {static_cast<std::uint8_t>(definition.steps.size() - 1)};
    for (int op = 1; op <= operation_count; ++op)
      step.spec(static_cast<Operation>(op)) = default_spec(static_cast<Operation>(op));
    definition.steps.push_back(step);
    return definition.steps.back();
  };
  add("reserve", StepMode::tcc, "inventory");
  add("charge", StepMode::tcc, "payment");
  StepDefinition& issue = add("issue", StepMode::tcc, "card");
  issue.confirm_after = {1};  // no card without captured money (I12)
  issue.secrets = {"cards"};
  add("notify", StepMode::deliver, merchant_target);
  return definition;
}

}  // namespace settle
