#pragma once
// The heart: advance(definition, purchase, event) -> purchase', transitions, effects. Pure: no clock, no
// randomness, no I/O, no thread. Production, recovery, the simulator and the auditor's replay all run it.

#include <cstdint>
#include <string>
#include <vector>

#include "settle/statemachine/event.hpp"

namespace settle {

// One fired row of one of the two tables, for the log and its readers.
struct Transition {
  std::int8_t step = -1;  // -1: the purchase's own table
  std::uint8_t from = 0;  // PurchaseState or StepState
  std::uint8_t to = 0;
  std::uint8_t trigger = 0;  // PurchaseTrigger or StepTrigger, see triggers.hpp
  friend bool operator==(const Transition& a, const Transition& b) {
    return a.step == b.step && a.from == b.from && a.to == b.to && a.trigger == b.trigger;
  }
};

// What must leave once the transition is durable, and not before (the law).
struct Effect {
  enum class Kind : std::uint8_t {
    call = 1,   // call `operation` of `step`, attempt number `attempt` (already counted)
    alert = 2,  // tell the operators: `code`
  };
  Kind kind = Kind::call;
  std::uint8_t step = 0;
  Operation operation = Operation::try_;
  std::uint16_t attempt = 0;
  std::string code;
};

enum class Verdict : std::uint8_t {
  applied = 1,        // something changed
  noted = 2,          // late or duplicate: recorded, changes nothing
  contradiction = 3,  // recorded and alerted; a callback that does this is answered 409
  refused = 4,        // not allowed in this state: not recorded, the purchase is as it was; see `refusal`
};

struct Advanced {
  Purchase purchase;
  std::vector<Transition> transitions;
  std::vector<Effect> effects;
  Verdict verdict = Verdict::applied;
  std::string refusal;  // for people: why the event was refused
};

// `purchase` is the state before; for Submitted, a default one. `definition` is the one of the purchase's
// own name and version. Never throws; a broken invariant stops the process.
Advanced advance(const Definition& definition, Purchase purchase, const Event& event);

// What a purchase read from the journal still owes to the outside: the calls whose answers are out. An
// engine that restarts sends `Resumed` to every purchase for which this is not empty, and keeps the wake-up
// of every other; that is all of recovery.
std::vector<Effect> pending_effects(const Definition& definition, const Purchase& purchase);

}  // namespace settle
