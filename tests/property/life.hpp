#pragma once
// A purchase's life made up by RapidCheck: a definition, and a list of moves that become events when it is
// known where the purchase is. Moves are small numbers, so that a failing life shrinks to a short one.

#include <rapidcheck.h>

#include <cstdint>
#include <ostream>
#include <vector>

#include "settle/statemachine/advance.hpp"

namespace settle::test {

// What a move means is life.cpp's event_of; each byte has its own use there.
struct Move {
  std::uint8_t kind = 0, step = 0, what = 0, which = 0;
  std::uint16_t later = 0;  // how much time has passed, on a scale that reaches a day
};
std::ostream& operator<<(std::ostream& out, const Move& move);

struct Life {
  std::uint64_t definition_seed = 0;
  std::vector<Move> moves;

  Definition definition() const;
};
std::ostream& operator<<(std::ostream& out, const Life& life);

Event submission(const Definition& definition);
// The event that the move is for this purchase: mostly one that fits it, else any that there can be.
Event event_of(const Definition& definition, const Purchase& purchase, const Move& move, TimeMs now);

// Lives the life, and calls `see` after each event, the submission included: (before, event, what came of
// it).
template <class See>
Purchase live(const Definition& definition, const std::vector<Move>& moves, See see) {
  Event event = submission(definition);
  Purchase purchase;
  for (std::size_t n = 0; n <= moves.size(); ++n) {
    if (n > 0) event = event_of(definition, purchase, moves[n - 1], event.at);
    Advanced out = advance(definition, purchase, event);
    see(static_cast<const Purchase&>(purchase), static_cast<const Event&>(event),
        static_cast<const Advanced&>(out));
    if (out.verdict != Verdict::refused) purchase = std::move(out.purchase);
  }
  return purchase;
}

}  // namespace settle::test

namespace rc {
template <>
struct Arbitrary<settle::test::Life> {
  static Gen<settle::test::Life> arbitrary();
};
}  // namespace rc
