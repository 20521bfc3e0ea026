#include "gate_log.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace settle::sim {

std::string GateLog::name(const Definition& definition, const Purchase& purchase, std::size_t step,
                          Operation op) {
  const std::string& target = definition.steps[step].target;
  return (target == merchant_target ? "$merchant/" + purchase.order.merchant : target) + "/" + name_of(op);
}

std::string GateLog::take(const Record& record) {
  const auto event = nlohmann::json::parse(record.event, nullptr, false);
  if (!event.is_object() || !event.contains("target") || !event.contains("operation")) return {};
  const std::string what = event.at("event");
  std::vector<Shut>& of =
      shut_[event.at("target").get<std::string>() + "/" + event.at("operation").get<std::string>()];
  const bool open = !of.empty() && !of.back().ended;
  if (what == "breaker_opened" || what == "endpoint_disabled") {
    if (open) of.back().ended = record.at;
    const bool disabled = what == "endpoint_disabled";
    of.push_back(
        {record.at, TimeMs{disabled ? 0 : event.at("until_ms").get<std::int64_t>()}, TimeMs{}, disabled});
    return {};
  }
  if (what != "breaker_closed" && what != "endpoint_enabled")
    return "A7: a gate changed in a way that there is none: " + what;
  if (!open) return "A7: " + what + ", and it was not shut";
  of.back().ended = record.at;
  return {};
}

std::string GateLog::held(const Definition& definition, const Purchase& purchase, const Held& event,
                          TimeMs at) const {
  if (event.by != HeldBy::breaker && event.by != HeldBy::disabled) return {};
  const std::string endpoint = name(definition, purchase, event.step, event.operation);
  const auto found = shut_.find(endpoint);
  const auto covers = [&](const Shut& one) {
    return one.since <= at && (!one.ended || at <= one.ended) &&
           one.disabled == (event.by == HeldBy::disabled);
  };
  if (found != shut_.end() && std::any_of(found->second.begin(), found->second.end(), covers)) return {};
  return "I17: a call to " + endpoint + " is held, and nothing says that it is left alone";
}

std::string GateLog::woken_by_itself(const Definition& definition, const Purchase& purchase,
                                     std::size_t index, const Event& event) const {
  constexpr DurationMs soon{2'500'000};  // the process may have stood still for half an hour
  if (!std::holds_alternative<Due>(event.what)) return {};
  const Step& step = purchase.steps[index];
  if (step.held_by != HeldBy::breaker || !step.wake_at || event.at < step.wake_at || step.in_flight)
    return {};
  const bool asks = step.state == StepState::in_doubt || step.state == StepState::awaiting ||
                    step.state == StepState::cancelled;
  const auto found = shut_.find(name(definition, purchase, index, asks ? Operation::query : step.operation));
  if (found == shut_.end() || found->second.empty()) return {};
  const Shut& last = found->second.back();
  const TimeMs over = last.ended ? last.ended : last.until;
  if (over && step.held_since <= over && over + soon < event.at)
    return "I17: what was held for " + found->first + " was not woken when it could be";
  return {};
}

void GateLog::retried(const Definition& definition, const Purchase& purchase, TimeMs at) {
  for (std::size_t i = 0; i < definition.steps.size(); ++i)
    for (int op = 1; op <= operation_count; ++op) {
      const auto found = shut_.find(name(definition, purchase, i, static_cast<Operation>(op)));
      if (found != shut_.end() && !found->second.empty())
        found->second.back().until = earlier(found->second.back().until, at);
    }
}

std::string GateLog::left(const Definition& definition, const Purchase& purchase, std::size_t step,
                          Operation op, TimeMs counted, TimeMs now) const {
  const auto found = shut_.find(name(definition, purchase, step, op));
  if (found == shut_.end()) return {};
  for (const Shut& one : found->second) {
    const bool shut_now = one.since < counted && !one.ended && (one.disabled || now < one.until);
    if (shut_now) return "A7: it left although " + found->first + " is left alone";
  }
  return {};
}

}  // namespace settle::sim
