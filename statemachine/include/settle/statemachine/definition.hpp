#pragma once
// A saga as configuration: the steps, what each waits for, and how patiently it is called. A definition is
// immutable once it has a version; a purchase keeps the version that it began with (I27).

#include <cstdint>
#include <string>
#include <vector>

#include "settle/statemachine/cause.hpp"
#include "settle/statemachine/ids.hpp"
#include "settle/statemachine/result.hpp"
#include "settle/statemachine/retry.hpp"

namespace settle {

// Numbers are written to the journal: never reuse one.
enum class StepMode : std::uint8_t {
  tcc = 1,          // try, then confirm or cancel
  compensable = 2,  // do (sent as try), then undo (sent as cancel) if need be; no confirm
  deliver = 3,      // pushed forward after the commit until it succeeds; never undone
  enlisted = 4,     // the client made the try itself and registered the branch; then as tcc
};

enum class DecidedBy : std::uint8_t { engine = 1, client = 2 };
enum class OnDeadline : std::uint8_t { cancel = 1, person = 2 };

// Which deliveries give way to others where not all can leave: `low` is for what is like a log (A13). Calls
// that move money, stock or cards go before all of them.
enum class Priority : std::uint8_t { normal = 1, low = 2 };
const char* name_of(Priority priority);

// What a participant is asked to do. Query changes nothing there.
enum class Operation : std::uint8_t { try_ = 1, confirm = 2, cancel = 3, deliver = 4, query = 5 };
inline constexpr int operation_count = 5;

// The policy for one kind of error.
struct CausePolicy {
  Cause cause = Cause::none;
  RetryPolicy retry;
  std::string name;  // as for OperationSpec::retry_name
  // Only this policy counts the attempts that end so; the operation's own cap is for the others. Its window
  // holds all the same.
  bool apart = false;
};

// How one operation of a step is called.
struct OperationSpec {
  DurationMs timeout{5'000};    // from the request's first byte to the answer's last
  RetryPolicy retry;            // for every error that has none of its own; its cap and window hold for all
  std::string retry_name;       // the policy's name, in the policy set; empty: written here
  std::vector<CausePolicy> on;  // by cause, ascending; each cause once
  DurationMs probe{600'000};    // between the calls of a step whose attempts are used up; 0: none

  const CausePolicy* for_cause(Cause cause) const;  // nullptr: `retry` governs
};

// Probes come no further apart than this, unless the definition's own `probe` is longer.
inline constexpr DurationMs probe_wait_max{86'400'000};

// The target name that means "the merchant of this purchase".
inline constexpr const char* merchant_target = "$merchant";

struct StepDefinition {
  std::string name;
  StepMode mode = StepMode::tcc;
  std::string target;                       // a participant's name, or merchant_target
  std::vector<std::uint8_t> after;          // indices of the steps that its try (or delivery) waits for
  std::vector<std::uint8_t> confirm_after;  // indices of the steps whose confirm its own confirm waits for
  OperationSpec operations[operation_count];
  DurationMs await{60'000};  // how long a 202 may stay silent
  Priority priority = Priority::normal;
  std::vector<std::string> secrets;  // top-level fields of its answers that are sealed before they are stored

  const OperationSpec& spec(Operation op) const { return operations[static_cast<int>(op) - 1]; }
  OperationSpec& spec(Operation op) { return operations[static_cast<int>(op) - 1]; }
};

inline constexpr std::size_t steps_max = 32;

struct Definition {
  std::string name;
  std::uint32_t version = 1;
  std::uint32_t policies = 0;  // the revision of the policy set that its named policies were taken from
  DecidedBy decided_by = DecidedBy::engine;
  OnDeadline on_deadline = OnDeadline::cancel;
  DurationMs deadline{900'000};       // from submission to the decision, where the purchase names none
  DurationMs decision_margin{5'000};  // the decision falls this much before the earliest expires_at
  std::vector<StepDefinition> steps;
};

// The definition with every named policy as `policies` has it. Errors: unknown_policy, with a detail that
// begins with the JSON pointer of the name.
Result<Definition> resolve(Definition definition, const PolicySet& policies);

// Errors: invalid_definition, with a detail that names the step. Checks names, indices, cycles (also the
// ones that `after` and `confirm_after` close only together with mode), modes and policies. Pure.
Status validate(const Definition& definition);

// reserve -> charge -> issue -> notify, as docs/architecture.md describes it.
Definition purchase_definition();

// The policies that operations have unless a definition says otherwise, and those that each kind of error
// has.
OperationSpec default_spec(Operation op);

// Whether a kind of error that is counted apart leads to a person (or a decision) by itself: else nobody
// would ever hear of what it delays.
bool ends_apart(const OperationSpec& spec, Operation op, const CausePolicy& one);

}  // namespace settle
