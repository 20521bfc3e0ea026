#include "settle/statemachine/definition.hpp"

#include <algorithm>

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

Status check_policy(const std::string& where, const OperationSpec& spec) {
  const RetryPolicy& retry = spec.retry;
  constexpr std::int64_t week = 7LL * 24 * 3'600'000;
  if (spec.timeout.count < 1 || spec.timeout.count > 600'000)
    return invalid(where + ": timeout_ms must be between 1 and 600000");
  if (retry.base.count < 1 || retry.base.count > week)
    return invalid(where + ": base_ms must be between 1 and 604800000");
  if (retry.cap < retry.base || retry.cap.count > week)
    return invalid(where + ": cap_ms must be between base_ms and 604800000");
  if (retry.factor_percent < 100 || retry.factor_percent > 1'000)
    return invalid(where + ": factor_percent must be between 100 and 1000");
  if (retry.jitter_percent > 100) return invalid(where + ": jitter_percent must be at most 100");
  if (retry.attempts_max > 10'000) return invalid(where + ": attempts_max must be at most 10000");
  if (retry.window.count < 0 || retry.window.count > 5 * week)
    return invalid(where + ": window_ms must be at most five weeks");
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
  if (step.await.count < 1'000 || step.await.count > 7LL * 24 * 3'600'000)
    return invalid(where + ": await_ms must be between 1000 and 604800000");
  if (Status order = check_order(definition, step, where); !order) return order;
  for (int op = 1; op <= operation_count; ++op) {
    const auto operation = static_cast<Operation>(op);
    static const char* const names[] = {"try", "confirm", "cancel", "deliver", "query"};
    if (Status policy = check_policy(where + " " + names[op - 1], step.spec(operation)); !policy)
      return policy;
  }
  // What is pushed forward for ever would never come to a person (I16).
  for (const Operation op : {Operation::confirm, Operation::cancel, Operation::deliver})
    if (step.spec(op).retry.attempts_max == 0 && step.spec(op).retry.window.count == 0)
      return invalid(
          where +
          ": confirm, cancel and deliver need attempts_max or window_ms, so that a person hears of it");
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

// try: five attempts, 2 4 8 16 s (B2). confirm and cancel: a first pair quickly, then each minute, at most
// five (C8). deliver: within five minutes, then up to an hour apart, given up after 72 hours (A5, A10). The
// full choice of policies is data in later versions; these are its defaults.
OperationSpec default_spec(Operation op) {
  OperationSpec spec;
  switch (op) {
    case Operation::try_:
      spec.retry = {DurationMs{2'000}, 200, DurationMs{60'000}, 20, 5, DurationMs{0}};
      break;
    case Operation::confirm:
    case Operation::cancel:
      spec.retry = {DurationMs{1'000}, 500, DurationMs{60'000}, 10, 6, DurationMs{24LL * 3'600'000}};
      break;
    case Operation::deliver:
      spec.timeout = DurationMs{10'000};
      spec.retry = {DurationMs{60'000}, 300, DurationMs{3'600'000}, 20, 5, DurationMs{72LL * 3'600'000}};
      break;
    case Operation::query:
      spec.retry = {DurationMs{1'000}, 200, DurationMs{60'000}, 20, 0, DurationMs{0}};
      break;
  }
  return spec;
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
