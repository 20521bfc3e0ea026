// What comes twice, or late: networks and participants repeat themselves, and it must change nothing.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "life.hpp"
#include "step_snapshot.hpp"

namespace settle::test {
namespace {

bool comes_from_outside(const Event& event) {
  return std::holds_alternative<Answered>(event.what) || std::holds_alternative<Told>(event.what) ||
         std::holds_alternative<QueryAnswered>(event.what);
}

bool calls(const Advanced& out) {
  for (const Effect& effect : out.effects)
    if (effect.kind == Effect::Kind::call) return true;
  return false;
}

// Whether it is the word on a call that was made: nobody can repeat the answer to one that never left.
bool answers_a_call(const Purchase& before, const Event& event) {
  const auto made = [&](std::size_t step, Operation operation) {
    return step < before.steps.size() ? before.steps[step].attempts_of(operation) : 0;
  };
  if (const auto* answer = std::get_if<Answered>(&event.what))
    return answer->attempt <= made(answer->step, answer->operation);
  if (const auto* told = std::get_if<Told>(&event.what)) return made(told->step, told->operation) > 0;
  if (const auto* says = std::get_if<QueryAnswered>(&event.what))
    return says->attempt <= made(says->step, Operation::query);
  return false;
}

// One that is repeated later is judged at its own time: it puts off the next attempt, or, past the window,
// asks for a person at once. Of the refusals only what comes at the same time is nothing new.
bool refuses(const Event& event) {
  const auto* answer = std::get_if<Answered>(&event.what);
  const auto* told = std::get_if<Told>(&event.what);
  return (answer != nullptr && answer->outcome == Outcome::refused) ||
         (told != nullptr && told->outcome == Outcome::refused);
}

RC_GTEST_PROP(Repeat, I7_I13_AnAnswerThatComesTwiceChangesNothing, (const Life& life, std::uint16_t later)) {
  const Definition definition = life.definition();
  live(definition, life.moves, [&](const Purchase& before, const Event& event, const Advanced& out) {
    if (!answers_a_call(before, event)) return;
    const Advanced at_once = advance(definition, out.purchase, event);
    RC_ASSERT(snapshot(at_once.purchase) == snapshot(out.purchase));
    RC_ASSERT(!calls(at_once));
    if (refuses(event)) return;
    const Event again{event.at + DurationMs{later}, event.queryable, event.what};
    const TimeMs due = decision_due(definition, out.purchase);
    if (out.purchase.decision == Decision::none && due <= again.at) return;  // time itself decides then
    const Advanced twice = advance(definition, out.purchase, again);
    if (snapshot(twice.purchase) != snapshot(out.purchase))
      RC_FAIL(std::string(name_of(event)) + " changed\n" + snapshot(out.purchase) + "to\n" +
              snapshot(twice.purchase));
    RC_ASSERT(!calls(twice));
  });
}

// Of those that are due at once each may make another due; then it is quiet, and stays so.
RC_GTEST_PROP(Repeat, I17_WakeUpsComeToRestAndOneMoreChangesNothing, (const Life& life)) {
  const Definition definition = life.definition();
  live(definition, life.moves, [&](const Purchase&, const Event& event, const Advanced& out) {
    if (out.verdict == Verdict::refused) return;
    const Event due{event.at, event.queryable, Due{}};
    Advanced once = advance(definition, out.purchase, due);
    for (std::size_t n = 0; n < 3 * definition.steps.size(); ++n) {
      const TimeMs wake = next_wake(definition, once.purchase);
      if (!wake || event.at < wake) break;
      once = advance(definition, once.purchase, due);
    }
    const TimeMs wake = next_wake(definition, once.purchase);
    RC_ASSERT((!wake || event.at < wake));
    const Advanced twice = advance(definition, once.purchase, due);
    RC_ASSERT(snapshot(twice.purchase) == snapshot(once.purchase));
    RC_ASSERT(!calls(twice));
  });
}

// After the end only a late success stirs: it is asked about, or its hold released, and the end stays.
RC_GTEST_PROP(Repeat, I8_I14_WhatComesAfterTheEndChangesNoEnd, (const Life& life)) {
  const Definition definition = life.definition();
  live(definition, life.moves, [&](const Purchase& before, const Event& event, const Advanced& out) {
    if (!is_terminal(before.state) || !comes_from_outside(event)) return;
    RC_ASSERT(out.purchase.state == before.state);
    for (const Effect& effect : out.effects) {
      if (effect.kind != Effect::Kind::call) continue;
      RC_ASSERT(before.state == PurchaseState::cancelled);
      RC_ASSERT((effect.operation == Operation::query || effect.operation == Operation::cancel));
    }
  });
}

}  // namespace
}  // namespace settle::test
