#include "ledger.hpp"

#include "settle/wal/codec.hpp"

namespace settle::scenarios {
namespace {

constexpr std::size_t page = 1'000;

struct Acted {
  bool operator()(const CancelRequested&) const { return true; }
  bool operator()(const RetryRequested&) const { return true; }
  bool operator()(const ResolveRequested&) const { return true; }
  bool operator()(const Reopened&) const { return true; }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
};

int step_named(const Definition& definition, const char* name) {
  for (std::size_t i = 0; i < definition.steps.size(); ++i)
    if (definition.steps[i].name == name) return static_cast<int>(i);
  return -1;
}

// What the answer to the first charge says of it.
void note_charge(const Answered& answered, const Definition& definition, Life& life) {
  const bool first_charge = answered.step == step_named(definition, "charge") &&
                            answered.operation == Operation::try_ && answered.attempt == 1;
  if (first_charge)
    life.vague_charge = answered.outcome == Outcome::unknown || answered.outcome == Outcome::not_now;
}

// Each call that left, and each that did not.
void note_callback(const Event& event, int notify, Life& life) {
  if (const auto* held = std::get_if<Held>(&event.what)) {
    if (held->step != notify || held->by != HeldBy::breaker) return;
    life.held_back = true;
    life.first_lost = life.first_lost || !life.first_answered;
  } else if (const auto* answered = std::get_if<Answered>(&event.what)) {
    if (answered->step != notify) return;
    const bool failed = answered->outcome != Outcome::done;
    if (failed && !life.first_answered && !life.first_lost) {
      life.first_lost = true;
      life.first_cause = answered->cause;
    }
    life.first_answered = true;
    life.held_back = life.held_back && !failed;
  }
}

Way way_of(const Step& before, const Life& life) {
  if (life.acted) return Way::hand;
  if (before.probing || before.state == StepState::parked) return Way::probe;
  if (life.held_back) return Way::breaker;
  return before.attempts_of(Operation::deliver) <= 1 ? Way::first : Way::schedule;
}

}  // namespace

std::string Ledger::read(const Journal& journal, const Definition& definition) {
  for (std::uint16_t n = 0; n < journal.shard_count(); ++n) {
    for (std::uint64_t next = 1;;) {
      const auto records = journal.scan(Position{ShardId{n}, next}, page);
      if (!records) return records.error().detail;
      if (records->empty()) break;
      for (const Record& record : *records)
        if (record.kind == RecordKind::purchase)
          if (std::string wrong = take(record, definition); !wrong.empty())
            return "record " + record.position.text() + ": " + wrong;
      next = records->back().position.lsn + 1;
    }
  }
  return {};
}

std::string Ledger::take(const Record& record, const Definition& definition) {
  const Result<Event> event = decode_event(record.event);
  const Result<std::vector<Transition>> recorded = decode_transitions(record.transitions);
  if (!event || !recorded) return "cannot be read";
  if (event->policies != definition.policies) return "was made under other policies";
  ++records_;
  Life& life = lives_[record.purchase];
  const auto notify = static_cast<std::size_t>(step_named(definition, "notify"));
  const Step before = life.purchase.steps.empty() ? Step{} : life.purchase.steps[notify];
  if (const auto* answered = std::get_if<Answered>(&event->what)) note_charge(*answered, definition, life);
  note_callback(*event, static_cast<int>(notify), life);
  life.acted = life.acted || std::visit(Acted{}, event->what);
  Advanced advanced = advance(definition, std::move(life.purchase), *event);
  if (advanced.transitions != *recorded) return "I21: replayed, it gives other transitions";
  life.purchase = std::move(advanced.purchase);
  const Step& after = life.purchase.steps[notify];
  if (!life.told && after.attempts_of(Operation::deliver) > 0) {
    life.told = true;
    life.first_told = event->at;
  }
  if (before.state != StepState::delivered && after.state == StepState::delivered)
    life.way = way_of(before, life);
  return {};
}

}  // namespace settle::scenarios
