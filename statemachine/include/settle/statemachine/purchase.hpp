#pragma once
// The purchase as data: what a snapshot holds, and all that `advance` reads and changes.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "settle/statemachine/cause.hpp"
#include "settle/statemachine/definition.hpp"
#include "settle/statemachine/ids.hpp"

namespace settle {

// Numbers are written to the journal: never reuse one, never write MSM's own ids.
//
//   Trying ──commit──▶ Confirming ──▶ Delivering ──▶ Completed
//      └────cancel───▶ Cancelling ──▶ Cancelled
enum class PurchaseState : std::uint8_t {
  trying = 1,      // tries are under way, nothing is decided
  confirming = 2,  // decided: commit; holds are being made final
  delivering = 3,  // all confirmed; the deliver steps are being told
  completed = 4,   // final; each deliver step delivered or abandoned
  cancelling = 5,  // decided: cancel; holds are being released
  cancelled = 6,   // final; nothing of it remains at any participant
};
inline constexpr int purchase_state_count = 6;

enum class StepState : std::uint8_t {
  idle = 1,         // not its turn yet
  trying = 2,       // the try is out, or waits to be repeated
  awaiting = 3,     // answered 202: will be told, or asks when it stays silent
  in_doubt = 4,     // the try's outcome is unknown: being asked, or repeated under the same key
  tried = 5,        // holds
  confirming = 6,   // the confirm is out, or waits to be repeated
  confirmed = 7,    // final
  cancelling = 8,   // the cancel is out, or waits to be repeated
  cancelled = 9,    // released; watched for a try that succeeds late
  rejected = 10,    // the try was refused
  delivering = 11,  // the delivery is out, or waits to be repeated
  delivered = 12,   // final
  abandoned = 13,   // final; a delivery that was given up, by its window or a person
  parked = 14,      // with a person; keeps its operation
};
inline constexpr int step_state_count = 14;

// The warnings that rise while a delivery's window runs out (docs/retry.md).
struct WindowWarnings {
  std::uint8_t given = 0;  // in this window, of window_warnings_max
  TimeMs next_at;          // when the next is due; 0: none
  TimeMs over_since;       // since when a held delivery waits for one more call past the end; 0: it does not
  friend bool operator==(const WindowWarnings& a, const WindowWarnings& b) {
    return a.given == b.given && a.next_at == b.next_at && a.over_since == b.over_since;
  }
};
inline constexpr std::uint8_t window_warnings_max = 3;
// How a person says that an operation ended.
enum class Resolution : std::uint8_t {
  done = 1,       // the operation's effect exists: go on as if it had answered done
  abandoned = 2,  // a delivery is given up; a try is taken as refused (and still cancelled)
};

struct Step {
  StepState state = StepState::idle;
  Operation operation = Operation::try_;    // what is under way, awaited, in doubt or parked
  StepState parked_from = StepState::idle;  // meaningful while parked
  bool in_flight = false;                   // a call (or query) left and its answer is still out
  bool query_in_flight = false;             // ... and it is a query
  bool try_intended = false;  // some try may have happened: it must end confirmed or cancelled (I6)
  std::array<std::uint16_t, operation_count> attempts{};  // per operation, counted before they leave (I18)
  std::array<std::uint16_t, operation_count> attempts_base{};   // attempts made before an operator's retry
  std::array<std::uint16_t, operation_count> attempts_aside{};  // since then, beside the plan: not charged
  std::array<TimeMs, operation_count> first_attempt_at{};
  TimeMs last_attempt_at;
  TimeMs wake_at;       // the step's own next wake-up
  TimeMs expires_at;    // how long the participant keeps the hold; 0: not said
  TimeMs planned_wake;  // while an inquiry is out: when it was to wake without it; 0: no inquiry
  TimeMs parked_at;     // since when it is with a person; meaningful while parked or probing
  TimeMs held_since;    // its call is due and delayed since then; 0: it is not
  HeldBy held_by = HeldBy::none;
  bool probing = false;  // its attempts are used up, a person knows, and it goes on slowly
  Cause row_of =
      Cause::none;          // whose policy governed the last failures: a cause with one of its own, or none
  std::uint16_t row = 0;    // how many in a row
  std::uint16_t apart = 0;  // attempts of the operation at hand that only their kind's own policy counts
  WindowWarnings warned;
  Cause last_cause = Cause::none;
  std::uint16_t last_status = 0;  // HTTP status; 0: none came
  std::string error_code;         // of the last bad answer; machine-readable
  std::string error_detail;       // of the last bad answer; at most error_detail_bytes_max
  std::string try_result;         // JSON object text, secrets sealed; empty: none
  std::string confirm_result;

  // A resolve that waits for a second person; meaningful while `proposed_by` is not empty.
  std::string proposed_by;
  Resolution proposed_as = Resolution::done;
  std::string proposed_evidence;
  TimeMs proposed_at;
  std::string proposed_result;  // as try_result

  TimeMs not_before;             // a Retry-After asked for so much patience, whoever looks; 0: none did
  std::uint16_t unanswered = 0;  // queries in a row; query_given_up: they do not work

  std::uint16_t attempts_of(Operation op) const { return attempts[static_cast<std::size_t>(op) - 1]; }
};

// The query was answered so as to say that asking is in vain, or its attempts are used up: while the try can
// be repeated, that is done instead.
inline constexpr std::uint16_t query_given_up = 0xffff;
inline constexpr std::size_t error_detail_bytes_max = 300;
inline constexpr std::size_t evidence_bytes_max = 500;  // of a resolve
inline constexpr std::size_t note_bytes_max = 500;

// What the shop asked for; never changes.
struct Order {
  std::string shop, idempotency_key, order_id, cart_id, buyer, sku, merchant, currency;
  std::int64_t quantity = 0;
  std::int64_t amount_minor = 0;  // the whole price, in minor units of the currency
  std::string payload;            // JSON text
};

enum class Decision : std::uint8_t { none = 0, commit = 1, cancel = 2 };

struct Purchase {
  PurchaseId id;
  std::string definition;
  std::uint32_t definition_version = 0;
  Order order;
  std::array<std::uint8_t, 32>
      request_digest{};  // SHA-256 of the canonical request: same key, same body (I5)

  PurchaseState state = PurchaseState::trying;
  Decision decision = Decision::none;
  std::string reason_code;  // why it was cancelled; empty: it was not
  std::string reason_detail;
  std::string reason_step;  // the step that caused it, if one did
  bool overdue = false;     // past its deadline with `on_deadline: person`: no new tries
  TimeMs submitted_at;
  TimeMs deadline_at;  // of the decision
  TimeMs decided_at;
  TimeMs confirmed_at;  // entered Delivering, or Completed without it
  TimeMs finished_at;
  PurchaseId predecessor;      // reopened from; zero: none
  PurchaseId successor;        // reopened as; zero: none
  std::uint64_t revision = 0;  // events applied
  std::string assignee;        // the person who looks after it; empty: nobody in particular
  std::string note;            // the last one; those before it are in the journal
  std::string note_by;
  TimeMs note_at;
  std::vector<Step> steps;  // as in the definition
};

bool is_terminal(PurchaseState state);
const char* name_of(PurchaseState state);
const char* name_of(StepState state);
const char* name_of(StepMode mode);
const char* name_of(Operation op);
const char* name_of(Decision decision);

// The one future wake-up of the purchase (I17): the earliest of its steps', of the warnings that are due
// before their windows end, and of the decision deadline. 0 only if nothing is owed by time: finished, or
// everything left is with a person.
TimeMs next_wake(const Definition& definition, const Purchase& purchase);

// What a step that waits would call next, with a query endpoint or without; nullopt: it does not wait for a
// call.
std::optional<Operation> next_call(const Step& step, bool asks);

// When the decision must fall: the deadline, or a margin before the first hold expires.
TimeMs decision_due(const Definition& definition, const Purchase& purchase);

// Whether the step is with a person: it is on the dead-letter list.
inline bool with_person(const Step& step) {
  return step.state == StepState::parked || step.probing;
}

// The first step of a cancelled purchase that may hold something still: its undo is under way or with a
// person, or it is asked about. -1: none.
int undo_under_way(const Purchase& purchase);

// Whether a person is asked for: a parked step, or an overdue decision.
bool needs_person(const Purchase& purchase);

}  // namespace settle
