#pragma once
// What the rows of the step table ask before they fire. Each is a question to one step; a row names several.

#include "step_context.hpp"

namespace settle::step_guards {

inline bool called(const StepContext& c) {
  return c.defined().mode == StepMode::tcc || c.defined().mode == StepMode::compensable;
}
inline bool delivers(const StepContext& c) {
  return c.defined().mode == StepMode::deliver;
}
inline bool enlists(const StepContext& c) {
  return c.defined().mode == StepMode::enlisted;
}
inline bool confirms(const StepContext& c) {
  return c.defined().mode != StepMode::compensable;
}
inline bool direct(const StepContext& c) {
  return !confirms(c);
}
inline bool owed(const StepContext& c) {
  return c.step().try_intended;
}
inline bool free_(const StepContext& c) {
  return !owed(c);
}
inline bool waits(const StepContext& c) {
  return c.waits();
}
inline bool call_out(const StepContext& c) {
  return c.call_out();
}
inline bool no_call(const StepContext& c) {
  return !c.call_out();
}
inline bool query_out(const StepContext& c) {
  return c.query_out();
}
inline bool no_query(const StepContext& c) {
  return !c.query_out();
}
inline bool asks(const StepContext& c) {
  return c.can_ask();
}
inline bool asks_not(const StepContext& c) {
  return !c.can_ask();
}
inline bool left(const StepContext& c) {
  return c.attempt_left(c.step().operation);
}
inline bool spent(const StepContext& c) {
  return !left(c);
}
inline bool watch_left(const StepContext& c) {
  return c.watch_left();
}
inline bool watch_spent(const StepContext& c) {
  return !watch_left(c);
}
inline bool left_or_asks(const StepContext& c) {
  return asks(c) || left(c);
}
inline bool spent_asks_not(const StepContext& c) {
  return !left_or_asks(c);
}
inline bool window_over(const StepContext& c) {
  return c.window_over();
}
inline bool window_lasts(const StepContext& c) {
  return !c.window_over();
}
inline bool past_help(const StepContext& c) {
  return c.past_help();
}
inline bool held_too_long(const StepContext& c) {
  return c.held() && c.past_help();
}
inline bool in_time(const StepContext& c) {
  return !held_too_long(c);
}
// Of what is with a person: a probe, or one more call at the end of its window.
inline bool calls_again(const StepContext& c) {
  return c.window_over() ? !c.past_help() : c.step().probing;
}
inline bool not_held(const StepContext& c) {
  return !c.held();
}
inline bool held_long(const StepContext& c) {
  return c.held_long();
}
inline bool not_held_long(const StepContext& c) {
  return !c.held_long();
}
inline bool quiet_a_while(const StepContext& c) {
  return !c.asked_lately();
}
inline bool probes(const StepContext& c) {
  return c.step().probing;
}
inline bool rests(const StepContext& c) {
  return !c.step().probing;
}
// The query that is out was an inquiry, beside the plan.
inline bool aside(const StepContext& c) {
  return bool(c.step().planned_wake);
}
inline bool planned(const StepContext& c) {
  return !aside(c);
}
// Its failure tells a person nothing new, nor ends the plan; a contradiction of what is with a person does.
inline bool taken_to_heart(const StepContext& c) {
  return planned(c) || c.step().probing;
}
template <Operation Op>
bool op(const StepContext& c) {
  return c.step().operation == Op;
}
inline bool confirmed_cancel(const StepContext& c) {
  return c.step().parked_from == StepState::cancelled;
}
inline bool unconfirmed_cancel(const StepContext& c) {
  return !confirmed_cancel(c);
}
inline bool not_try(const StepContext& c) {
  return c.step().operation != Operation::try_;
}

}  // namespace settle::step_guards
