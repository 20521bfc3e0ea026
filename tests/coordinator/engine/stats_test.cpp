// The statistics: exact for known failures, and the same after any crash as a count of one's own over the
// journal gives (I21).

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "settle/wal/codec.hpp"
#include "world.hpp"

namespace settle::test {
namespace {

using cell_counter::attempts_needed;
using cell_counter::ending;

constexpr std::int64_t day_ms = 86'400'000;
const Operation counted[] = {Operation::try_, Operation::confirm, Operation::cancel, Operation::deliver};

std::size_t slot(Operation op) {
  return static_cast<std::size_t>(op) - 1;
}

StatsAnswer ask(World& world, StatsStep step = StatsStep::day, std::int64_t days = 10) {
  StatsQuery query;
  query.step = step;
  query.to = start_of(StatsStep::day, world.loop.now_ + DurationMs{day_ms});
  query.from = query.to - DurationMs{days * day_ms};
  std::vector<StatsAnswer> answers;
  world.engine->stats(query, [&](Result<StatsAnswer> answer) {
    ASSERT_TRUE(answer.ok()) << answer.error().detail;
    answers.push_back(std::move(*answer));
  });
  while (answers.empty() && world.step()) {
  }
  return answers.empty() ? StatsAnswer{} : answers.front();
}

std::uint64_t failures_in(const Counters& cell) {
  std::uint64_t failures = 0;
  for (int i = 1; i < cause_count; ++i) failures += cell[cell_counter::cause(static_cast<Cause>(i))];
  return failures;
}

// Counted anew from the log's events and transitions, and from how the purchases ended up: no line of it is
// shared with what it checks.
struct OwnCount {
  std::uint64_t submitted = 0, completed = 0, cancelled = 0;
  std::uint64_t attempts = 0;             // without queries
  std::map<Cause, std::uint64_t> causes;  // likewise, and without `lost`
  std::map<Operation, std::map<std::uint16_t, std::uint64_t>> needed;
  std::uint64_t retried = 0, retry_ms = 0;
};

bool ends(Operation op, StepState from, StepState to) {
  switch (op) {
    case Operation::try_:
      if (to == StepState::cancelling)
        return from == StepState::trying || from == StepState::in_doubt || from == StepState::awaiting;
      return to == StepState::tried || to == StepState::rejected;
    case Operation::confirm:
      return to == StepState::confirmed;
    case Operation::cancel:
      return to == StepState::cancelled;
    default:
      return to == StepState::delivered;
  }
}

void read_record(const Record& record, const Purchase& end, OwnCount& own) {
  const auto event = decode_event(record.event);
  const auto transitions = decode_transitions(record.transitions);
  if (const auto* said = std::get_if<Answered>(&event->what); said != nullptr && said->cause != Cause::none)
    ++own.causes[said->cause];
  if (const auto* told = std::get_if<Told>(&event->what);
      told != nullptr && told->outcome == Outcome::refused)
    ++own.causes[Cause::business_refusal];
  for (const Transition& row : *transitions) {
    if (row.step < 0 || row.from == row.to) continue;
    const Step& step = end.steps[static_cast<std::size_t>(row.step)];
    for (const Operation op : counted) {
      const std::uint16_t attempts = step.attempts_of(op);
      if (attempts == 0 || !ends(op, static_cast<StepState>(row.from), static_cast<StepState>(row.to)))
        continue;
      ++own.needed[op][attempts];
      if (attempts == 1) continue;
      ++own.retried;
      own.retry_ms += static_cast<std::uint64_t>((record.at - step.first_attempt_at[slot(op)]).count);
    }
  }
}

OwnCount own_count(World& world) {
  OwnCount own;
  std::map<PurchaseId, Purchase> ends;
  for (std::uint16_t n = 0; n < world.journal->shard_count(); ++n) {
    const auto records = world.journal->scan(Position{ShardId{n}, 1}, 100'000);
    for (const Record& record : *records) {
      if (record.kind != RecordKind::purchase) continue;
      if (ends.count(record.purchase) == 0) ends[record.purchase] = world.show(record.purchase).purchase;
      read_record(record, ends[record.purchase], own);
    }
  }
  for (const auto& [id, p] : ends) {
    ++own.submitted;
    own.completed += p.state == PurchaseState::completed ? 1 : 0;
    own.cancelled += p.state == PurchaseState::cancelled ? 1 : 0;
    for (const Step& step : p.steps)
      for (const Operation op : counted) own.attempts += step.attempts_of(op);
  }
  return own;
}

void expect_counted(const StatsAnswer& told, const OwnCount& own, const std::string& where) {
  const Counters& cell = told.operations;
  EXPECT_EQ(told.behind, 0U) << where;
  EXPECT_EQ(told.totals[total_counter::submitted], own.submitted) << where;
  EXPECT_EQ(told.totals[total_counter::completed], own.completed) << where;
  EXPECT_EQ(told.totals[total_counter::cancelled], own.cancelled) << where;
  EXPECT_EQ(cell[cell_counter::attempts], own.attempts) << where;
  std::map<Cause, std::uint64_t> causes;
  for (int i = 1; i < cause_count; ++i) {
    const auto cause = static_cast<Cause>(i);
    if (cause != Cause::lost && cell[cell_counter::cause(cause)] != 0)
      causes[cause] = cell[cell_counter::cause(cause)];
  }
  EXPECT_EQ(causes, own.causes) << where;
  std::array<std::uint64_t, cell_counter::attempts_bins> needed{};
  for (const auto& [op, by_attempts] : own.needed)
    for (const auto& [attempts, count] : by_attempts)
      needed[std::min<std::size_t>(attempts, needed.size()) - 1] += count;
  for (std::size_t i = 0; i < needed.size(); ++i)
    EXPECT_EQ(cell[attempts_needed + i], needed[i]) << where << ", " << i + 1 << " attempts";
  EXPECT_EQ(cell[cell_counter::retried], own.retried) << where;
  EXPECT_EQ(cell[cell_counter::retry_ms], own.retry_ms) << where;
}

void expect_same(const StatsAnswer& a, const StatsAnswer& b, const std::string& where) {
  EXPECT_EQ(a.totals, b.totals) << where;
  EXPECT_EQ(a.operations, b.operations) << where;
  EXPECT_EQ(a.cells, b.cells) << where;
}

// As a journal of a build that knew no statistics.
void forget(World& world) {
  world.engine.reset();
  const auto opened = world.journal->open_shard(ShardId{0});
  Append append;
  append.epoch = opened->epoch;
  append.kind = RecordKind::engine;
  append.at = world.loop.now_;
  append.event = R"({"event":"stats_forgotten"})";
  const auto documents = world.journal->documents(ShardId{0}, "stats");
  ASSERT_GE(documents->size(), 4U) << "three buckets and the state";
  for (const Document& document : *documents)
    append.documents.push_back({document.kind, document.key, std::nullopt});
  ASSERT_TRUE(world.journal->append(std::move(append)).ok());
  ASSERT_TRUE(world.journal->sync().ok());
}

// Tries and confirms and a delivery that fail in known ways.
World::Script troubles() {
  return {{"reserve:try", {Behaviour::busy, Behaviour::busy}},
          {"charge:try", {Behaviour::lose_answer}},
          {"charge:confirm", {Behaviour::reset, Behaviour::broken, Behaviour::busy}},
          {"notify:deliver", {Behaviour::reset}}};
}

TEST(Stats, CountKnownTroublesExactly) {
  World world(troubles());
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  world.run();
  ASSERT_EQ(world.show(id).purchase.state, PurchaseState::completed);
  const StatsAnswer told = ask(world);
  const Counters& reserve = told.cells.at({"inventory", "", Operation::try_});
  EXPECT_EQ(reserve[cell_counter::attempts], 3U);
  EXPECT_EQ(reserve[cell_counter::cause(Cause::throttled)], 2U);
  EXPECT_EQ(reserve[ending(Ending::succeeded)], 1U);
  EXPECT_EQ(reserve[attempts_needed + 2], 1U);
  EXPECT_EQ(reserve[cell_counter::recovered_alone], 1U);
  EXPECT_EQ(reserve[cell_counter::first_try], 0U);
  const Counters& charge = told.cells.at({"payment", "", Operation::try_});
  EXPECT_EQ(charge[cell_counter::attempts], 1U) << "a query found out";
  EXPECT_EQ(charge[cell_counter::cause(Cause::answer_timeout)], 1U);
  EXPECT_EQ(charge[cell_counter::recovered], 1U);
  EXPECT_EQ(charge[cell_counter::retried], 0U) << "it needed one attempt";
  const Counters& confirm = told.cells.at({"payment", "", Operation::confirm});
  EXPECT_EQ(confirm[attempts_needed + 3], 1U);
  EXPECT_EQ(failures_in(confirm), 3U);
  const Counters& deliver = told.cells.at({merchant_target, "", Operation::deliver});
  EXPECT_EQ(deliver[cell_counter::cause(Cause::reset)], 1U);
  EXPECT_EQ(told.operations[ending(Ending::succeeded)], 7U);
  EXPECT_EQ(told.operations[cell_counter::first_try], 3U);
  EXPECT_EQ(told.operations[cell_counter::recovered], 4U);
  expect_counted(told, own_count(world), "known troubles");
}

TEST(Stats, NarrowToTargetAndMerchant) {
  World world(troubles());
  world.submit(world.request("k1"));
  world.run();
  StatsQuery query{start_of(StatsStep::day, world.loop.now_ - DurationMs{3 * day_ms}),
                   start_of(StatsStep::day, world.loop.now_ + DurationMs{day_ms}),
                   StatsStep::day,
                   {},
                   {}};
  const auto cells = [&] {
    std::optional<std::size_t> count;
    world.engine->stats(query, [&](const Result<StatsAnswer>& answer) { count = answer->cells.size(); });
    while (!count && world.step()) {
    }
    return count.value_or(0);
  };
  EXPECT_GT(cells(), 6U);
  query.target = "inventory";
  EXPECT_EQ(cells(), 2U) << "try and confirm";
  query.target.reset();
  query.merchant = "m-1";
  EXPECT_EQ(cells(), 1U) << "the delivery";
  query.merchant = "m-2";
  EXPECT_EQ(cells(), 0U);
}

TEST(Stats, RefusedIsNoFailureOfOursAndGivenUpIs) {
  World world({{"charge:try", {Behaviour::refuse}}});
  world.submit(world.request("k1"));
  world.run();
  const StatsAnswer told = ask(world);
  EXPECT_EQ(told.operations[ending(Ending::refused)], 1U);
  EXPECT_EQ(told.operations[ending(Ending::given_up)], 0U);
  EXPECT_EQ(told.totals[total_counter::reason(CancelReason::refused)], 1U);
  World other({{"charge:try", {Behaviour::fault}}});
  other.submit(other.request("k1"));
  other.run();
  EXPECT_EQ(ask(other).operations[ending(Ending::given_up)], 1U);
  EXPECT_EQ(ask(other).totals[total_counter::reason(CancelReason::failed)], 1U);
}

TEST(Stats, WhatAPersonMendedDidNotRecoverAlone) {
  World world({{"charge:confirm", {Behaviour::fault}}});
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  world.run();
  ASSERT_TRUE(needs_person(world.show(id).purchase));
  EXPECT_EQ(world.engine->gauges().dead_letters[0] + world.engine->gauges().dead_letters[1], 1U);
  EXPECT_EQ(world.engine->gauges().open, 1U);
  world.engine->retry(id, Act{"ann", "it is mended"}, "charge", [](const auto&) {});
  world.run();
  ASSERT_EQ(world.show(id).purchase.state, PurchaseState::completed);
  const Counters confirm = ask(world).cells.at({"payment", "", Operation::confirm});
  EXPECT_EQ(confirm[cell_counter::recovered], 1U);
  EXPECT_EQ(confirm[cell_counter::recovered_alone], 0U);
  const EngineGauges gauges = world.engine->gauges();
  for (const std::uint64_t letters : gauges.dead_letters) EXPECT_EQ(letters, 0U);
  EXPECT_EQ(gauges.open, 0U);
}

TEST(Stats, DoubtIsAGaugeThatOutlivesTheEngine) {
  World world({{"charge:try", std::vector<Behaviour>(500, Behaviour::lose_request)}});
  world.submit(world.request("k1"));
  while (world.engine->gauges().in_doubt == 0 && world.step()) {
  }
  EXPECT_EQ(world.engine->gauges().in_doubt, 1U);
  EXPECT_GE(world.engine->gauges().oldest_doubt.count, 5'000) << "since the try that timed out";
  EXPECT_LE(world.engine->gauges().oldest_doubt.count, 66'000) << "to the minute";
  world.restart(0);
  while (world.engine->gauges().stats_behind > 0 && world.step()) {
  }
  EXPECT_EQ(world.engine->gauges().in_doubt, 1U);
  world.run();
  EXPECT_EQ(world.engine->gauges().in_doubt, 0U) << "cancelled at its deadline";
  EXPECT_EQ(world.engine->gauges().oldest_doubt.count, 0);
}

// Nothing is lost and nothing counted twice: not by a crash at any append, sync or send, whatever of what was
// not synced survives. The aggregates are what the journal says, also when it is read from its beginning.
TEST(Stats, I21_AfterACrashAnywhereTheyAreWhatTheJournalSays) {
  const auto begin = [](World& world) {
    const auto answers = world.submit(world.request("k1"));
    ASSERT_TRUE(!answers.empty() && answers[0].ok());
  };
  World::Script script = troubles();
  script["issue:try"] = {Behaviour::accepted_told};
  World calm(script);
  begin(calm);
  calm.run();
  const int points = calm.points();
  ASSERT_GT(points, 40);
  for (int point = 1; point <= points; ++point) {
    for (const std::size_t survives : {std::size_t{0}, std::size_t{1}, std::size_t{100}}) {
      World world(script);
      world.crash_at(point);
      try {
        begin(world);
        world.run();
      } catch (const Crash&) {
        world.restart(std::min(survives, world.unsynced()));
        begin(world);
        world.run();
      }
      const std::string where =
          "crash at " + std::to_string(point) + ", " + std::to_string(survives) + " survive";
      const StatsAnswer told = ask(world);
      expect_counted(told, own_count(world), where);
      expect_same(told, ask(world, StatsStep::hour), where + ", by hours");
      world.restart(0);
      world.run();
      expect_same(told, ask(world), where + ", after a restart");
      forget(world);
      world.restart(100);
      world.run();
      expect_same(told, ask(world), where + ", from the beginning");
      EXPECT_EQ(world.engine->gauges().open, 0U) << where;
      if (::testing::Test::HasFailure()) return;
    }
  }
}

// A call whose answer a crash ate failed as `lost`, and was an attempt.
TEST(Stats, ACrashLosesAnAnswerAndTheyKnow) {
  World world({{"reserve:try", {Behaviour::ok}}});
  world.engine->submit(world.request("k1"), [](const auto&) {});
  while (world.wire.empty()) world.step();
  world.restart(100);
  world.run();
  const Counters reserve = ask(world).cells.at({"inventory", "", Operation::try_});
  EXPECT_EQ(reserve[cell_counter::cause(Cause::lost)], 1U);
  EXPECT_EQ(reserve[cell_counter::attempts], 2U);
  EXPECT_EQ(reserve[attempts_needed + 1], 1U);
  EXPECT_EQ(reserve[cell_counter::recovered_alone], 1U);
}

// While the log is read, new records come: each is counted once, by whoever meets it first.
TEST(Stats, I21_RecordsThatComeWhileTheLogIsReadAreCountedOnce) {
  World world(troubles());
  for (int i = 0; i < 20; ++i) world.submit(world.request("k" + std::to_string(i)));
  world.run();
  forget(world);
  world.restart(100);
  std::uint64_t taken = 20;
  world.step();
  ASSERT_GT(world.engine->gauges().stats_behind, 0U);
  for (; world.engine->gauges().stats_behind > 0 && taken < 1'000; ++taken) {
    world.engine->submit(world.request("k" + std::to_string(taken)), [](const auto&) {});
    ASSERT_TRUE(world.journal->sync().ok());  // the log has it before the engine is told
    world.step();
    if (taken % 4 != 0) world.step();
  }
  EXPECT_GT(taken, 30U) << "all was read at once: this test shows nothing";
  EXPECT_LT(taken, 1'000U) << "never caught up";
  world.run();
  const StatsAnswer told = ask(world);
  EXPECT_EQ(told.totals[total_counter::completed], taken);
  expect_counted(told, own_count(world), "while the log is read");
}

// A breaker opens in the middle, and holds calls: those due, and those that were counted and had not left.
TEST(Stats, CallsThatAGateKeptBackAreNoAttempts) {
  World world({{"charge:try", std::vector<Behaviour>(45, Behaviour::reset)}});
  for (int i = 0; i < 30; ++i) world.submit(world.request("k" + std::to_string(i)));
  world.run();
  const StatsAnswer told = ask(world);
  EXPECT_GT(told.operations[cell_counter::held], 0U) << "no gate was shut: this test shows nothing";
  const MetricCounters& counters = world.engine->counters();
  EXPECT_EQ(counters.held[static_cast<std::size_t>(HeldBy::breaker)] +
                counters.held[static_cast<std::size_t>(HeldBy::budget)],
            told.operations[cell_counter::held]);
  expect_counted(told, own_count(world), "gates");
  forget(world);
  world.restart(100);
  world.run();
  expect_same(told, ask(world), "gates, from the beginning");
}

TEST(Stats, MinutesGoAfterTwoDaysAndDaysStay) {
  World world;
  world.submit(world.request("k1"));
  world.run();
  const auto documents = [&](const std::string& of) {
    std::set<std::string> keys;
    const auto all = world.journal->documents(ShardId{0}, "stats");
    for (const Document& document : *all)
      if (document.key.starts_with(of)) keys.insert(document.key);
    return keys;
  };
  const std::set<std::string> first = documents("minute:");
  ASSERT_EQ(first.size(), 1U);
  for (const std::int64_t days : {3, 100}) {
    world.loop.now_ = world.loop.now_ + DurationMs{days * day_ms};
    // A write deletes so many at most: the last of them gets there.
    for (int i = 0; i < 70; ++i) {
      world.loop.now_ = world.loop.now_ + DurationMs{3'600'000};
      world.submit(world.request("k" + std::to_string(days) + "-" + std::to_string(i)));
      world.run(DurationMs{60'000});
    }
    EXPECT_EQ(documents("minute:").count(*first.begin()), 0U) << days;
    EXPECT_LE(documents("minute:").size(), 2 * 49U) << days;
  }
  EXPECT_LE(documents("hour:").size(), 72U) << "those of a hundred days ago are gone";
  EXPECT_GE(documents("day:").size(), 5U);
  EXPECT_EQ(ask(world, StatsStep::day, 120).totals[total_counter::completed], 141U) << "days keep everything";
}

TEST(Stats, AQueryOfTooManyStepsIsRefused) {
  World world;
  StatsQuery query{TimeMs{0}, TimeMs{1'441 * 60'000}, StatsStep::minute, {}, {}};
  std::string code;
  world.engine->stats(query, [&](const Result<StatsAnswer>& answer) { code = answer.error().code; });
  EXPECT_EQ(code, "invalid_parameter");
}

}  // namespace
}  // namespace settle::test
