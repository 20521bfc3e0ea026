#pragma once
// The events of the two tables. An outside Event becomes one or more of these; the journal's transitions
// name them by number: never reuse one.

#include <cstdint>
#include <string>

namespace settle {

enum class StepTrigger : std::uint8_t {
  begin = 1,     // its `after` are done: its turn
  enlist = 2,    // the client registered the branch
  done = 3,      // the operation under way succeeded
  accepted = 4,  // 202
  refused = 5,
  not_now = 6,
  unknown = 7,
  fault = 8,
  says_tried = 9,  // answers to a query
  says_refused = 10,
  says_pending = 11,
  says_confirmed = 12,
  says_cancelled = 13,
  says_unknown = 14,
  no_answer = 15,     // the query failed
  due = 16,           // its wake-up has come
  resume = 17,        // after a restart
  confirm = 18,       // decided: commit, and its turn
  cancel = 19,        // decided: cancel, and its turn
  overdue = 20,       // no decision by the deadline, and a person is to decide
  late_success = 21,  // a try succeeded that is no longer under way
  late = 22,          // any other answer to what is no longer under way
  retry = 23,         // an operator: now
  resolve_done = 24,  // an operator: it happened
  resolve_abandoned = 25,
  inquire = 26,  // somebody asks how it stands, who would not ask if it were known
};
inline constexpr int step_trigger_count = 26;

enum class PurchaseTrigger : std::uint8_t {
  submit = 1,
  commit = 2,  // every try is in (or the client says so)
  cancel = 3,  // a try failed, the deadline passed, or somebody asked
  all_confirmed = 4,
  all_delivered = 5,
  all_undone = 6,
};
inline constexpr int purchase_trigger_count = 6;

const char* name_of(StepTrigger trigger);
const char* name_of(PurchaseTrigger trigger);

// The two tables as Mermaid state diagrams, printed from the tables themselves; docs/state-machines.md
// holds the same text, and a test compares.
std::string purchase_diagram();
std::string step_diagram();

}  // namespace settle
