#include "outlet_event.hpp"

namespace settle {
namespace {

struct TypeRow {
  const char* name;
  Severity severity;
};

constexpr std::array<TypeRow, event_type_count> types = {{
    {"settle.purchase.completed", Severity::info},
    {"settle.purchase.cancelled", Severity::info},
    {"settle.purchase.overdue", Severity::critical},
    {"settle.purchase.reopened", Severity::info},
    {"settle.step.parked", Severity::critical},
    {"settle.step.unparked", Severity::info},
    {"settle.step.abandoned", Severity::critical},
    {"settle.step.contradiction", Severity::critical},
    {"settle.step.try_failed", Severity::warning},
    {"settle.step.window_ending", Severity::warning},
    {"settle.step.alert", Severity::warning},
    {"settle.endpoint.breaker_opened", Severity::warning},
    {"settle.endpoint.breaker_closed", Severity::info},
    {"settle.endpoint.disabled", Severity::critical},
    {"settle.endpoint.enabled", Severity::info},
    {"settle.daemon.started", Severity::info},
    {"settle.daemon.paused", Severity::warning},
    {"settle.daemon.resumed", Severity::info},
    {"settle.daemon.clock_diverged", Severity::warning},
    {"settle.registry.changed", Severity::info},
    {"settle.purchase.forgotten", Severity::critical},
    {"settle.act.cancelled", Severity::info},
    {"settle.act.retried", Severity::info},
    {"settle.act.resolved", Severity::info},
    {"settle.act.proposed", Severity::warning},
    {"settle.bulk.finished", Severity::info},
    {"settle.daemon.wakeup_repaired", Severity::warning},
    {"settle.receiver.message_lost", Severity::critical},
    {"settle.receiver.test", Severity::info},
}};

constexpr std::array<const char*, 3> severities = {"info", "warning", "critical"};

const TypeRow& row_of(EventType type) {
  return types[static_cast<std::size_t>(type)];
}

}  // namespace

const char* name_of(Severity severity) {
  return severities[static_cast<std::size_t>(severity)];
}

std::optional<Severity> parse_severity(std::string_view text) {
  for (std::size_t i = 0; i < severities.size(); ++i)
    if (text == severities[i]) return static_cast<Severity>(i);
  return std::nullopt;
}

const char* name_of(EventType type) {
  return row_of(type).name;
}

Severity severity_of(EventType type) {
  return row_of(type).severity;
}

Severity severity_of(const OutletEvent& event) {
  return event.raised.value_or(severity_of(event.type));
}

std::array<std::string_view, event_type_count - 1> event_type_names() {
  std::array<std::string_view, event_type_count - 1> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = types[i].name;
  return names;
}

std::optional<EventType> parse_event_type(std::string_view name) {
  const auto names = event_type_names();
  for (std::size_t i = 0; i < names.size(); ++i)
    if (name == names[i]) return static_cast<EventType>(i);
  return std::nullopt;
}

}  // namespace settle
