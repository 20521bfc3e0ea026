#pragma once
// What one record of a purchase means for the numbers. Pure: the same from the engine that wrote the record,
// and from a replay of the journal (docs/numbers.md).

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "settle/coordinator/stats.hpp"
#include "settle/statemachine/advance.hpp"

namespace settle {

// As much of a purchase before an event as the facts need: `advance` consumes the rest.
class PurchaseBefore {
 public:
  explicit PurchaseBefore(const Purchase& purchase);

  struct Step {
    Operation operation = Operation::try_;
    StepState state = StepState::idle, parked_from = StepState::idle;
    bool in_flight = false, query_in_flight = false, with_person = false;
    TimeMs parked_at, tried_at;  // the latter: first attempt of the try
  };
  // A step of a purchase that was not submitted yet is idle.
  const Step& step(std::size_t index) const { return steps_[index]; }
  TimeMs overdue_since() const { return overdue_since_; }

 private:
  TimeMs overdue_since_;
  std::array<Step, steps_max> steps_;
};

struct StepFact {
  // `held`: a call did not leave; it was an attempt already if `attempts` is not 0, and is one no more.
  enum class Kind : std::uint8_t { attempt, failure, ended, held };
  Kind kind = Kind::attempt;
  std::uint8_t step = 0;
  Operation operation = Operation::try_;
  Cause cause = Cause::none;      // of a failure
  HeldBy held_by = HeldBy::none;  // of one that is held
  // Of an end:
  Ending ending = Ending::none;
  bool failed_before = false, by_person = false;
  std::uint16_t attempts = 0;
  DurationMs took{0};  // from the first attempt
};

// A step came into doubt or to a person (+1), or left (-1).
struct AgeFact {
  enum class Book : std::uint8_t { doubt, letter };
  Book book = Book::doubt;
  TimeMs since;
  int change = 0;
};

struct RecordFacts {
  TimeMs at;
  std::shared_ptr<const Definition> definition;
  std::string merchant;  // set if a step fact is of a delivery to it
  bool submitted = false, completed = false, cancelled = false;
  CancelReason reason = CancelReason::none;  // set where the cancel was decided
  std::vector<StepFact> steps;
  std::vector<AgeFact> ages;
};

RecordFacts facts_of(const std::shared_ptr<const Definition>& definition, const PurchaseBefore& before,
                     const Event& event, const Advanced& advanced);

}  // namespace settle
