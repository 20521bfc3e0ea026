#pragma once
// What the step table's guards ask and its actions do. The table (step_table.cpp) says when; this says what.

#include <cstdint>
#include <string>

#include "settle/statemachine/advance.hpp"
#include "settle/statemachine/triggers.hpp"

namespace settle {

// The parts of an answer that a row may keep, taken out of whichever event brought them.
struct Facts {
  Cause cause = Cause::none;
  std::uint16_t status = 0;
  DurationMs retry_after{0};
  TimeMs expires_at;
  const std::string* code = nullptr;
  const std::string* detail = nullptr;
  const std::string* result = nullptr;
};

// A call's answer is given up this long after its time-out: room for waiting for a connection. Longer than
// Limits::queue_wait_max, so that a lease ends only when the transport failed to say anything at all.
inline constexpr DurationMs lease_grace{60'000};

inline std::size_t slot(Operation op) {
  return static_cast<std::size_t>(op) - 1;
}

// One step of one purchase while one event is worked on.
class StepContext {
 public:
  StepContext(const Definition& definition, const Event& event, Advanced& out, std::uint8_t index,
              Facts facts)
      : definition_(definition), event_(event), out_(out), index_(index), facts_(facts) {}

  Step& step() { return out_.purchase.steps[index_]; }
  const Step& step() const { return out_.purchase.steps[index_]; }
  const StepDefinition& defined() const { return definition_.steps[index_]; }
  std::uint8_t index() const { return index_; }

  // Guards.
  bool attempt_left(Operation op) const;  // one more, at the time it would start
  bool watch_left() const;                // after the cancel: one more query, by the cancel's own patience
  bool window_over() const;               // of the operation at hand
  bool past_help() const;  // a delivery whose window is over, and a call at its end did not help
  bool can_ask() const;
  bool asked_lately() const;  // less than inquiry_gap ago, or it asked for more patience than that
  bool call_out() const { return step().in_flight; }
  bool query_out() const { return step().query_in_flight; }
  bool held_long() const { return held() && step().held_since + held_alone <= event_.at; }
  bool held() const { return bool(step().held_since); }
  bool waits() const { return !call_out() && !query_out(); }

  // Actions. Each leaves the step with exactly one next wake-up, or none where nothing is owed by time.
  void send(Operation op);  // counts the attempt, emits the call, leases it
  void send_query();
  void ask_aside();               // for somebody who looks: what was planned stays as it was
  void send_aside(Operation op);  // likewise, of a confirm that waits: numbered, and not charged
  void keep_plan();               // ... it settled nothing
  void probe_as_planned();        // ... of what was with a person already
  void probe();                   // of a delivery: a call of what is with a person, and stays so
  void await_window();            // of a delivery that is with a person
  void watch();                   // asks about a late success, with patience of its own
  void renew(Operation op);       // an operator's retry: attempts and window begin anew
  void schedule(Operation op);    // the same operation again, after the policy's wait
  void schedule_slowly(
      Operation op);  // ... after its longest wait (or a Retry-After): a contradiction is in no hurry
  void schedule_query();
  void await_report();  // 202: silence has a limit
  void doubt();         // ask, or where nobody can be asked, repeat the try
  void give_up_try();   // no attempt is left: the purchase will be cancelled
  void keep_try_result();
  void keep_confirm_result();
  void keep_error();
  void keep_refusal();    // of the try
  void settle();          // the operation is over
  void abandon();         // a delivery whose window is over: given up, and said so
  void park();            // with a person, and nothing more by itself
  void park_and_probe();  // with a person; goes on slowly by itself, since trouble on the way ends some day
  // Takes back a call that never left, or puts off one that is due. False: there is no such call.
  bool hold(const Held& held);
  bool release();    // false: nothing of it is held, and it does not probe
  void mark_lost();  // the answer of what was out will not come

  // The step on which the purchase fails, decided by this event; -1: none.
  bool try_failed() const { return try_failed_; }

 private:
  // The failures of this operation in a row, this event's one included, and the policy that governs them.
  struct Row {
    Cause of = Cause::none;
    std::uint32_t failures = 0;
    const RetryPolicy* policy = nullptr;
    bool apart = false;  // no other policy counts them
    bool fresh = false;  // this event brought one
  };
  Row row(Operation op) const;
  std::uint32_t made(Operation op) const;     // attempts since a person's last retry, less those aside
  std::uint32_t counted(Operation op) const;  // ... less those that are counted apart
  bool try_left() const;
  void count_unanswered();
  void back_to_plan();
  void mind_retry_after(DurationMs wait);
  DurationMs wait_of(Operation op, bool slowly = false) const;
  JitterSeed seed(Operation op) const;
  void uncount(Operation op);
  void again_after(Operation op, DurationMs wait);
  void hand_over(TimeMs wake_at, bool news);
  DurationMs probe_cap() const;
  void count_row(Operation op);
  void forget_row();
  void land() {
    land_aside();
    step().held_since = TimeMs{};
    step().held_by = HeldBy::none;
  }
  // ... of an inquiry: what delays the planned call goes on to do so.
  void land_aside() {
    step().in_flight = step().query_in_flight = false;
    step().planned_wake = TimeMs{};
  }
  TimeMs window_end() const;  // of a delivery; 0: it has none
  TimeMs patience_end();

  const Definition& definition_;
  const Event& event_;
  Advanced& out_;
  std::uint8_t index_;
  Facts facts_;
  bool try_failed_ = false;
};

// Runs the table: true when a row fired (the step then has its new state, and the transition is recorded);
// false when the pair has no row.
bool fire(StepContext& context, StepTrigger trigger, Advanced& out);

}  // namespace settle
