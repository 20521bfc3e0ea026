// The step table against step_grid.txt: every state, every trigger, every combination of what a guard can
// ask.

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>
#include <tuple>

#include "step_context.hpp"
#include "step_grid.hpp"
#include "step_snapshot.hpp"

namespace settle::test {
namespace {

constexpr TimeMs now{1'000'000'000};
constexpr std::uint16_t cap = 5;

// All that a guard can ask about.
struct Situation {
  StepState state{};
  StepMode mode{};
  Operation operation{};
  int flight = 0;  // 0: quiet, 1: a call is out, 2: a query is out
  bool asks = false, left = false, owed = false, fenced = false;
  bool probing = false, over = false;  // of what is parked
  bool lately = false, aside = false;  // of what is in doubt, and of confirms
  bool ended = false;                  // over, and tried at its end

  bool holds(const std::string& word) const {
    if (word[0] == '!') return !holds(word.substr(1));
    if (word == "tcc") return mode == StepMode::tcc;
    if (word == "compensable") return mode == StepMode::compensable;
    if (word == "deliver") return mode == StepMode::deliver;
    if (word == "enlisted") return mode == StepMode::enlisted;
    if (word == "called") return mode == StepMode::tcc || mode == StepMode::compensable;
    if (word == "confirms") return mode != StepMode::compensable;
    if (word == "try") return operation == Operation::try_;
    if (word == "confirm") return operation == Operation::confirm;
    if (word == "cancel") return operation == Operation::cancel;
    if (word == "deliver_") return operation == Operation::deliver;
    if (word == "no_try") return operation != Operation::try_;
    if (word == "quiet") return flight == 0;
    if (word == "out") return flight == 1;
    if (word == "asked") return flight == 2;
    if (word == "asks" || word == "mute") return asks == (word == "asks");
    if (word == "left" || word == "spent") return left == (word == "left");
    if (word == "owed" || word == "free") return owed == (word == "owed");
    if (word == "fenced" || word == "loose") return fenced == (word == "fenced");
    if (word == "probing") return probing;
    if (word == "lately") return lately;
    if (word == "aside") return aside;
    if (word == "ended") return ended;
    if (word == "over" || word == "lasts") return over == (word == "over");
    ADD_FAILURE() << "no condition is called " << word;
    return false;
  }
  // Only what a purchase can look like: a state's own operation, and queries only where there are any.
  bool possible() const {
    const bool stands = state == StepState::parked;
    const bool looked = state == StepState::confirming && flight == 1 && aside;
    if (probing && ((!stands && state != StepState::awaiting && !looked &&
                     !((state == StepState::confirming || state == StepState::cancelling) && flight == 0)) ||
                    operation == Operation::try_ || fenced || (flight != 0 && !looked)))
      return false;
    if (ended && !over) return false;
    const bool doubtful = state == StepState::in_doubt || state == StepState::awaiting;
    if (aside && !looked && (!doubtful || operation != Operation::try_ || flight != 2)) return false;
    const bool waits = operation == Operation::confirm && flight == 0 &&
                       (state == StepState::confirming || (stands && probing));
    if (lately && !waits && (!doubtful || operation != Operation::try_)) return false;
    const bool held = state == StepState::delivering && flight == 0;  // over: for as long as it has patience
    if (over && ((!stands && !held) || operation != Operation::deliver)) return false;
    if (ended && !stands) return false;
    switch (state) {
      case StepState::trying:
      case StepState::in_doubt:
        return operation == Operation::try_ && !(state == StepState::trying && flight == 2);
      case StepState::confirming:
        return operation == Operation::confirm;
      case StepState::cancelling:
        return operation == Operation::cancel;
      case StepState::delivering:
        return operation == Operation::deliver;
      default:
        return true;
    }
  }
};

std::ostream& operator<<(std::ostream& out, const Situation& s) {
  return out << name_of(s.state) << ' ' << name_of(s.mode) << ' ' << name_of(s.operation) << " flight "
             << s.flight << (s.asks ? " asks" : " mute") << (s.left ? " left" : " spent")
             << (s.owed ? " owed" : " free") << (s.fenced ? " fenced" : " loose")
             << (s.probing ? " probing" : "") << (s.over ? " over" : "") << (s.lately ? " lately" : "")
             << (s.aside ? " aside" : "") << (s.ended ? " ended" : "");
}

template <class Visit>
void each_situation(Visit visit) {
  for (int state = 1; state <= step_state_count; ++state)
    for (int mode = 1; mode <= 4; ++mode)
      for (int op = 1; op <= 4; ++op)
        for (int flight = 0; flight < 3; ++flight)
          for (unsigned bits = 0; bits < 512; ++bits) {
            const Situation s{static_cast<StepState>(state),
                              static_cast<StepMode>(mode),
                              static_cast<Operation>(op),
                              flight,
                              (bits & 1) != 0,
                              (bits & 2) != 0,
                              (bits & 4) != 0,
                              (bits & 8) != 0,
                              (bits & 16) != 0,
                              (bits & 32) != 0,
                              (bits & 64) != 0,
                              (bits & 128) != 0,
                              (bits & 256) != 0};
            if (s.possible()) visit(s);
          }
}

// One step in the situation, fired once.
struct Fired {
  explicit Fired(const Situation& s, StepTrigger trigger) {
    definition.steps.resize(1);
    definition.steps[0].mode = s.mode;
    for (int op = 1; op <= operation_count; ++op)
      definition.steps[0].spec(static_cast<Operation>(op)).retry.attempts_max = cap;
    Event event;
    event.at = now;
    event.queryable = s.asks ? 1 : 0;
    Advanced out;
    out.purchase.steps.resize(1);
    Step& step = out.purchase.steps[0];
    step.state = s.state;
    step.operation = s.operation;
    step.in_flight = s.flight == 1;
    step.query_in_flight = s.flight == 2;
    step.try_intended = s.owed;
    step.attempts.fill(s.left ? 2 : cap);
    step.first_attempt_at.fill(TimeMs{now.count - 10'000});
    step.wake_at = TimeMs{now.count - 1};
    if (s.fenced) step.parked_from = StepState::cancelled;
    step.probing = s.probing;
    if (s.aside) step.planned_wake = now + DurationMs{5'000};
    if (s.lately) step.last_attempt_at = TimeMs{now.count - 1};
    if (s.ended) step.last_attempt_at = TimeMs{now.count - 5'000};
    if (s.over && s.state == StepState::delivering) {
      step.held_since = TimeMs{now.count - 10'000};
      step.warned.over_since = TimeMs{now.count - held_alone.count};
      event.what = Held{};
    }
    if (s.over) definition.steps[0].spec(Operation::deliver).retry.window = DurationMs{5'000};
    before = step;
    StepContext context(definition, event, out, 0, {});
    fired = fire(context, trigger, out);
    failed = context.try_failed();
    after = out.purchase.steps[0];
    effects = out.effects;
    transitions = out.transitions;
  }

  Definition definition;
  bool fired = false, failed = false;
  Step before, after;
  std::vector<Effect> effects;
  std::vector<Transition> transitions;

  std::string does() const {
    if (!fired) return "-";
    if (effects.size() > 1) return "too much";
    if (effects.size() == 1 && effects[0].code == "delivery_abandoned")
      return after.wake_at || after.in_flight ? "an end that is none" : "end";
    if (effects.size() == 1 && effects[0].kind == Effect::Kind::alert)
      return after.in_flight || after.query_in_flight || !parked_well() ? "a bad parking"
             : after.probing                                            ? "probe"
                                                                        : "person";
    if (effects.size() == 1) return called(effects[0]);
    if (unchanged()) return "keep";
    if (after.in_flight || after.query_in_flight) return "a call without an effect";
    if (failed) return after.wake_at ? "a failure that wakes" : "fail";
    if (!after.wake_at) return "rest";
    return after.wake_at > now ? "wait" : "a wake-up in the past";
  }

 private:
  bool unchanged() const {
    Step same = after;
    same.state = before.state;
    return snapshot(same) == snapshot(before);
  }
  bool parked_well() const {
    const RetryPolicy& policy = definition.steps[0].spec(Operation::deliver).retry;
    const bool window = before.operation == Operation::deliver && policy.window.count != 0;
    return after.parked_from == before.state && after.operation == before.operation &&
           (after.probing ? after.wake_at > now : bool(after.wake_at) == window) &&
           effects[0].code == "parked";
  }
  std::string called(const Effect& effect) const {
    const Operation op = effect.operation;
    const auto slot = static_cast<std::size_t>(op) - 1;
    const bool query = op == Operation::query;
    const TimeMs lease = now + definition.steps[0].spec(op).timeout + DurationMs{60'000};
    const bool counted =
        after.attempts[slot] == before.attempts[slot] + 1 && effect.attempt == after.attempts[slot];
    const bool out = query ? after.query_in_flight && !after.in_flight
                           : after.in_flight && !after.query_in_flight && after.operation == op;
    if (!counted || !out || after.wake_at != lease ||
        ((op == Operation::try_ || op == Operation::cancel) && !after.try_intended))
      return "a call that is not counted, leased and owed";
    const bool anew =
        after.attempts_base[slot] == before.attempts[slot] && after.first_attempt_at[slot] == now;
    if (query) return anew ? "ask_anew" : "ask";
    if (after.planned_wake) {
      const bool beside = after.attempts_aside[slot] == before.attempts_aside[slot] + 1;
      const TimeMs planned = before.planned_wake ? before.planned_wake : before.wake_at;
      return beside && after.planned_wake == planned && after.probing == before.probing
                 ? std::string("aside ") + name_of(op)
                 : "a call beside the plan that is charged";
    }
    return std::string(anew ? "anew " : "call ") + name_of(op);
  }
};

TEST(StepTable, EveryPairIsWrittenDown) {
  std::set<std::pair<StepState, StepTrigger>> nothing, something;
  for (const GridLine& line : read_step_grid())
    (line.nothing ? nothing : something).insert({line.state, line.trigger});
  for (const auto& pair : nothing)
    EXPECT_EQ(something.count(pair), 0U) << name_of(pair.first) << ' ' << name_of(pair.second);
  for (int s = 1; s <= step_state_count; ++s)
    for (int t = 1; t <= step_trigger_count; ++t) {
      const std::pair pair{static_cast<StepState>(s), static_cast<StepTrigger>(t)};
      EXPECT_EQ(nothing.count(pair) + something.count(pair), 1U)
          << name_of(pair.first) << ' ' << name_of(pair.second);
    }
}

TEST(StepTable, DoesWhatTheGridSaysInEverySituation) {
  const std::vector<GridLine> grid = read_step_grid();
  std::set<int> reached;
  std::set<std::tuple<int, int, int>> expected, fired_rows;
  for (const GridLine& line : grid)
    if (!line.nothing) expected.insert({int(line.state), int(line.trigger), int(line.to)});

  each_situation([&](const Situation& s) {
    for (int t = 1; t <= step_trigger_count; ++t) {
      const auto trigger = static_cast<StepTrigger>(t);
      // What is held for long is with a person, who may say how it ended; for all else it is as if it were
      // not.
      const bool forward = s.state == StepState::confirming || s.state == StepState::cancelling;
      if (s.probing && !s.aside && forward && trigger != StepTrigger::resolve_done) continue;
      // What is held past the end of its window is given up at a wake-up, and else as it ever was.
      if (s.over && s.state == StepState::delivering && trigger != StepTrigger::due) continue;
      const GridLine* found = nullptr;
      for (const GridLine& line : grid) {
        if (line.state != s.state || line.trigger != trigger || line.nothing) continue;
        bool holds = true;
        for (const std::string& word : line.conditions) holds = holds && s.holds(word);
        if (!holds) continue;
        ASSERT_EQ(found, nullptr) << s << ": lines " << found->number << " and " << line.number
                                  << " both hold";
        found = &line;
        reached.insert(line.number);
      }
      const Fired result(s, trigger);
      ASSERT_EQ(result.fired, found != nullptr) << s << " on " << name_of(trigger);
      if (found == nullptr) {
        ASSERT_EQ(snapshot(result.after), snapshot(result.before)) << s << " on " << name_of(trigger);
        continue;
      }
      const std::string does = found->does + (found->operation.empty() ? "" : " " + found->operation);
      ASSERT_STREQ(name_of(result.after.state), name_of(found->to)) << s << " on " << name_of(trigger);
      ASSERT_EQ(result.does(), does) << s << " on " << name_of(trigger) << ", line " << found->number;
      ASSERT_EQ(result.failed, does == "fail") << s << " on " << name_of(trigger);
      const Transition row{0, std::uint8_t(s.state), std::uint8_t(found->to), std::uint8_t(t)};
      ASSERT_EQ(result.transitions, std::vector<Transition>{row});
      fired_rows.insert({int(s.state), t, int(result.after.state)});
    }
  });
  // No line that nothing reaches, no row that never fired.
  for (const GridLine& line : grid)
    EXPECT_EQ(reached.count(line.number), line.nothing ? 0U : 1U) << "line " << line.number;
  EXPECT_EQ(fired_rows, expected);
}

// The diagram is printed from the table itself: rows that no situation reaches would show here.
TEST(StepTable, TheGridAndTheTableKnowTheSameArrows) {
  std::set<std::tuple<std::string, std::string, std::string>> grid, table;
  for (const GridLine& line : read_step_grid())
    if (!line.nothing) grid.insert({name_of(line.state), name_of(line.trigger), name_of(line.to)});
  std::stringstream diagram(step_diagram());
  std::string text;
  std::getline(diagram, text);
  while (std::getline(diagram, text)) {
    std::stringstream words(text);
    std::string from, arrow, to, colon, trigger;
    words >> from >> arrow >> to >> colon;
    while (words >> trigger) {
      if (trigger.back() == ',') trigger.pop_back();
      table.insert({from, trigger, to});
    }
  }
  EXPECT_EQ(grid, table);
}

}  // namespace
}  // namespace settle::test
