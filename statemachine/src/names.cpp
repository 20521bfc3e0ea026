// Names as the API, the log's readers and the diagrams show them. One table per enum, in the order of its
// numbers.

#include <cstddef>

#include "settle/statemachine/advance.hpp"
#include "settle/statemachine/triggers.hpp"

namespace settle {
namespace {

template <class Enum, std::size_t N>
const char* pick(const char* const (&names)[N], Enum value, std::size_t first = 1) {
  const auto number = static_cast<std::size_t>(value);
  return number >= first && number - first < N ? names[number - first] : "?";
}

}  // namespace

const char* name_of(PurchaseState state) {
  static const char* const names[] = {"trying",    "confirming", "delivering",
                                      "completed", "cancelling", "cancelled"};
  return pick(names, state);
}

const char* name_of(StepState state) {
  static const char* const names[] = {"idle",       "trying",    "awaiting",   "in_doubt",  "tried",
                                      "confirming", "confirmed", "cancelling", "cancelled", "rejected",
                                      "delivering", "delivered", "abandoned",  "parked"};
  return pick(names, state);
}

const char* name_of(StepMode mode) {
  static const char* const names[] = {"tcc", "compensable", "deliver", "enlisted"};
  return pick(names, mode);
}

const char* name_of(Operation op) {
  static const char* const names[] = {"try", "confirm", "cancel", "deliver", "query"};
  return pick(names, op);
}

const char* name_of(Cause cause) {
  static const char* const names[] = {"none",
                                      "dns",
                                      "refused",
                                      "connect_timeout",
                                      "answer_timeout",
                                      "reset",
                                      "tls",
                                      "bad_status",
                                      "throttled",
                                      "signature_refused",
                                      "format",
                                      "digest_mismatch",
                                      "business_refusal",
                                      "contradiction",
                                      "unregistered",
                                      "lost",
                                      "overload"};
  return pick(names, cause, 0);
}

const char* name_of(Decision decision) {
  static const char* const names[] = {"none", "commit", "cancel"};
  return pick(names, decision, 0);
}

const char* name_of(Outcome outcome) {
  static const char* const names[] = {"done", "accepted", "refused", "not_now", "unknown", "fault"};
  return pick(names, outcome);
}

const char* name_of(QueryState state) {
  static const char* const names[] = {"tried",     "refused", "pending",  "confirmed",
                                      "cancelled", "unknown", "no_answer"};
  return pick(names, state);
}

const char* name_of(Resolution resolution) {
  static const char* const names[] = {"done", "abandoned"};
  return pick(names, resolution);
}

const char* name_of(HeldBy by) {
  static const char* const names[] = {"none", "breaker", "disabled", "budget", "rate", "concurrency"};
  return pick(names, by, 0);
}

const char* name_of(Priority priority) {
  static const char* const names[] = {"normal", "low"};
  return pick(names, priority);
}

const char* name_of(const Event& event) {
  static const char* const names[] = {"submitted",
                                      "answered",
                                      "told",
                                      "query_answered",
                                      "due",
                                      "resumed",
                                      "cancel_requested",
                                      "retry_requested",
                                      "resolve_requested",
                                      "reopened",
                                      "enlisted",
                                      "client_decided",
                                      "inquired",
                                      "held",
                                      "released",
                                      "noted",
                                      "assigned",
                                      "proposed"};
  return pick(names, event.what.index(), 0);
}

const char* name_of(StepTrigger trigger) {
  static const char* const names[] = {
      "begin",        "enlist",         "done",           "accepted",     "refused",
      "not_now",      "unknown",        "fault",          "says_tried",   "says_refused",
      "says_pending", "says_confirmed", "says_cancelled", "says_unknown", "no_answer",
      "due",          "resume",         "confirm",        "cancel",       "overdue",
      "late_success", "late",           "retry",          "resolve_done", "resolve_abandoned",
      "inquire"};
  return pick(names, trigger);
}

const char* name_of(PurchaseTrigger trigger) {
  static const char* const names[] = {"submit",        "commit",        "cancel",
                                      "all_confirmed", "all_delivered", "all_undone"};
  return pick(names, trigger);
}

bool is_terminal(PurchaseState state) {
  return state == PurchaseState::completed || state == PurchaseState::cancelled;
}

}  // namespace settle
