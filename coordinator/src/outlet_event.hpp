#pragma once
// What receivers can hear of: the kinds of event, and one event as it is told (docs/events.md has the table).

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "settle/statemachine/ids.hpp"
#include "settle/wal/journal.hpp"

namespace settle {

enum class Severity : std::uint8_t { info, warning, critical };
const char* name_of(Severity severity);
std::optional<Severity> parse_severity(std::string_view text);

// Names are what receivers know them by; these numbers are in no store.
enum class EventType : std::uint8_t {
  purchase_completed,
  purchase_cancelled,
  purchase_overdue,
  purchase_reopened,
  step_parked,
  step_unparked,
  step_abandoned,
  step_contradiction,
  step_try_failed,
  step_window_ending,
  step_alert,  // any other alert of a step
  breaker_opened,
  breaker_closed,
  endpoint_disabled,
  endpoint_enabled,
  daemon_started,
  daemon_paused,
  daemon_resumed,
  clock_diverged,
  registry_changed,
  purchase_forgotten,
  act_cancelled,  // these four by a person
  act_retried,
  act_resolved,
  act_proposed,
  bulk_finished,
  wakeup_repaired,
  message_lost,
  receiver_test,  // by POST /v1/receivers/{name}/test alone
};
inline constexpr std::size_t event_type_count = 29;
const char* name_of(EventType type);   // "settle.purchase.completed"
Severity severity_of(EventType type);  // of an event that says nothing else of itself
// nullopt: unknown, or one that no rule may name.
std::optional<EventType> parse_event_type(std::string_view name);
std::array<std::string_view, event_type_count - 1> event_type_names();  // those that rules may name

struct OutletEvent {
  EventType type = EventType::receiver_test;
  std::string id;       // "SHARD:LSN", and ":N" for the next ones of the same record
  TimeMs at;            // engine time of the record
  std::string subject;  // the purchase; empty: it is of none
  nlohmann::json data;  // an object: order_id, merchant, step, cause, ...; never a secret or a payload
  Position position;    // of the record
  std::optional<Severity> raised;  // where it is worse than others of its type
};
Severity severity_of(const OutletEvent& event);

}  // namespace settle
