#pragma once
// The small world that one purchase of the random walk lives in: participants with the protocol's barrier
// behind a wire that loses, delays, repeats and now and then lies.

#include <optional>
#include <vector>

#include "random_definition.hpp"
#include "settle/statemachine/advance.hpp"

namespace settle::test {

// What a participant really did for a step: the truth that the purchase can only infer.
struct Truth {
  bool held = false, refused = false, fenced = false, confirmed = false, told = false;
};

class World {
 public:
  World(Random& random, const Definition& definition) : random_(random), truth(definition.steps.size()) {}

  // A call leaves at `now`.
  void send(const Effect& call, TimeMs now);
  // The coordinator restarts: answers on open connections are gone, callbacks and requests on their way are
  // not.
  void restart();
  void enlist(std::uint8_t step) { truth[step].held = true; }

  // When something next arrives somewhere; nothing: never.
  std::optional<TimeMs> next() const;
  // Lets the next thing arrive: an event for the purchase, or nothing if it arrived at a participant.
  std::optional<Event> arrive();

  std::uint32_t queryable = 0;
  bool faults = true;
  bool lied = false;  // some answer was not the truth: the books of this purchase prove nothing

 private:
  struct Parcel {
    TimeMs at;
    bool request = false;     // to the participant; else an event for the purchase
    bool connection = false;  // dies with the coordinator
    Effect call;
    Event event;
  };
  Outcome work(const Effect& call);
  QueryState look(std::uint8_t step) const;
  void arrive_at_participant(const Effect& call, TimeMs now);
  void reply(const Effect& call, Outcome outcome, TimeMs now);
  void post(TimeMs at, bool connection, Event event) {
    parcels_.push_back({at, false, connection, {}, std::move(event)});
  }

  Random& random_;
  std::vector<Parcel> parcels_;

 public:
  std::vector<Truth> truth;
};

}  // namespace settle::test
