#pragma once
// What the purchase table's actions do.

#include <string>

#include "settle/statemachine/advance.hpp"
#include "settle/statemachine/triggers.hpp"

namespace settle {

class PurchaseContext {
 public:
  PurchaseContext(const Event& event, Advanced& out) : event_(event), out_(out) {}

  Purchase& purchase() { return out_.purchase; }
  void decide(Decision decision) {
    // I1: the table has no row into a second decision; this holds it to that.
    SETTLE_CHECK(purchase().decision == Decision::none);
    purchase().decision = decision;
    purchase().decided_at = event_.at;
  }
  void note_confirmed() { purchase().confirmed_at = event_.at; }
  void note_finished() { purchase().finished_at = event_.at; }
  void record(PurchaseState from, PurchaseTrigger trigger) {
    out_.transitions.push_back({-1, static_cast<std::uint8_t>(from),
                                static_cast<std::uint8_t>(purchase().state),
                                static_cast<std::uint8_t>(trigger)});
  }

 private:
  const Event& event_;
  Advanced& out_;
};

// Runs the table: true when a row fired; the purchase then has its new state, and the transition is recorded.
bool fire(PurchaseContext& context, PurchaseTrigger trigger);

}  // namespace settle
