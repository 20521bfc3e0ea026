// The sweep: what has lost its wake-up, or has one too many, behind the engine's back, is found, mended and
// told (I17).

#include <gtest/gtest.h>

#include "engine_impl.hpp"
#include "settle/wal/codec.hpp"
#include "world.hpp"

namespace settle {

class EngineMeddler {
 public:
  // Its entry among the wake-ups in memory; false: it has none.
  static bool forget_wake(Engine& engine, const PurchaseId& id) {
    auto& inside = static_cast<EngineImpl&>(engine);
    const auto found = inside.live_.find(id);
    return found != inside.live_.end() && inside.wakes_.erase({found->second->wake_at, id}) == 1;
  }
  static bool has_wake(Engine& engine, const PurchaseId& id) {
    const auto& inside = static_cast<EngineImpl&>(engine);
    const auto found = inside.live_.find(id);
    return found != inside.live_.end() && inside.wakes_.count({found->second->wake_at, id}) == 1;
  }
};

}  // namespace settle

namespace settle::test {
namespace {

SweepReport sweep(World& world) {
  std::optional<Result<SweepReport>> said;
  world.engine->sweep([&said](Result<SweepReport> report) { said.emplace(std::move(report)); });
  for (int i = 0; i < 10'000 && !said && world.step(); ++i) {
  }
  EXPECT_TRUE(said && said->ok());
  return said && said->ok() ? **said : SweepReport{};
}

// Behind the engine's back: a writer of its own, whose epoch the restarted engine fences.
void meddle(World& world, const PurchaseId& id, TimeMs remove, TimeMs put,
            std::optional<std::string> snapshot = std::nullopt) {
  const ShardId shard = shard_of(id, world.journal->shard_count());
  const auto opened = world.journal->open_shard(shard);
  ASSERT_TRUE(opened.ok());
  Append append;
  append.shard = shard;
  append.epoch = opened->epoch;
  append.kind = RecordKind::engine;
  append.at = world.loop.now();
  append.purchase = id;
  append.event = R"({"event":"meddled"})";
  append.due_remove = remove;
  append.due_put = put;
  append.snapshot = std::move(snapshot);
  ASSERT_TRUE(world.journal->append(append).ok());
  ASSERT_TRUE(world.journal->flush().ok());
  world.restart(0);
  while (!world.loop.posted.empty()) world.step();  // no time passes
}

// The first confirm of the charge meets a busy bank, and waits on disk for its repetition.
PurchaseId waiting(World& world) {
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  for (int i = 0; i < 10'000 && world.show(id).purchase.steps[1].attempts_of(Operation::confirm) < 4; ++i)
    world.step();
  for (int i = 0; i < 10'000 && world.engine->figures().in_motion > 0; ++i) world.step();
  EXPECT_EQ(world.engine->figures().in_motion, 0U) << "it waits on disk";
  return id;
}

const World::Script busy = {{"charge:confirm", std::vector<Behaviour>(20, Behaviour::busy)}};

TimeMs due_of(World& world, const PurchaseId& id) {
  const PurchaseView view = world.show(id);
  return next_wake(*view.definition, view.purchase);
}

TEST(Sweep, I17_FindsNothingWhereAllIsWell) {
  World world(busy);
  const PurchaseId id = waiting(world);
  const auto appends = world.journal->figures().appends;
  const SweepReport report = sweep(world);
  EXPECT_EQ(report.purchases, 1U);
  EXPECT_EQ(report.entries, 1U);
  EXPECT_EQ(report.missing + report.stale + report.repaired + report.unreadable, 0U);
  EXPECT_EQ(world.journal->figures().appends, appends) << "a look writes nothing";
  EXPECT_TRUE(*world.journal->has_due(shard_of(id, world.journal->shard_count()), due_of(world, id), id));
}

TEST(Sweep, I17_ALostWakeUpIsPutBackAndTold) {
  World world(busy);
  const PurchaseId id = waiting(world);
  const TimeMs due = due_of(world, id);
  meddle(world, id, due, TimeMs{});
  const ShardId shard = shard_of(id, world.journal->shard_count());
  ASSERT_FALSE(*world.journal->has_due(shard, due, id));
  const auto alerts = world.engine->figures().alerts;
  const SweepReport report = sweep(world);
  EXPECT_EQ(report.missing, 1U);
  EXPECT_EQ(report.repaired, 1U);
  EXPECT_EQ(world.engine->figures().alerts, alerts + 1);
  EXPECT_EQ(world.engine->figures().wakeups_repaired, 1U);
  ASSERT_TRUE(world.journal->flush().ok());
  EXPECT_TRUE(*world.journal->has_due(shard, due, id)) << "as it was";
  EXPECT_EQ(sweep(world).repaired, 0U);
  world.run();
  EXPECT_TRUE(is_terminal(world.show(id).purchase.state) || needs_person(world.show(id).purchase));
}

// It was to leave memory by itself, in time: nobody else would ever look at it.
TEST(Sweep, I17_AnEntryLostFromMemoryIsPutBackAndTold) {
  World world({{"charge:confirm", std::vector<Behaviour>(3, Behaviour::busy)}});
  world.config.rest_after = DurationMs{3'600'000};  // it waits in memory
  world.restart(0);
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  for (int i = 0; i < 10'000 && world.show(id).purchase.steps[1].attempts_of(Operation::confirm) < 2; ++i)
    world.step();
  while (world.engine->figures().calls == 0 || world.show(id).purchase.steps[1].in_flight) world.step();
  ASSERT_TRUE(EngineMeddler::forget_wake(*world.engine, id));
  const SweepReport report = sweep(world);
  EXPECT_EQ(report.missing, 1U);
  EXPECT_EQ(report.repaired, 1U);
  EXPECT_EQ(report.forgotten, 0U);
  EXPECT_TRUE(EngineMeddler::has_wake(*world.engine, id));
  EXPECT_EQ(world.engine->counters().alerts.at("wakeup_repaired"), 1U);
  world.run();
  EXPECT_EQ(world.show(id).purchase.state, PurchaseState::completed);
}

std::vector<PurchaseId> with_people(World& world) {
  ListQuery query;
  query.needs_person = true;
  std::vector<PurchaseId> ids;
  bool answered = false;
  world.engine->list(query, [&](const Result<ListPage>& page) {
    answered = true;
    for (const PurchaseView& view : page->purchases) ids.push_back(view.purchase.id);
  });
  while (!answered && world.step()) {
  }
  return ids;
}

// No row of the tables leads there; a damaged journal or a fault of ours might.
TEST(Sweep, I17_OneWithNeitherWakeUpNorPersonIsToldAndListedWithPeople) {
  World world(busy);
  const PurchaseId id = waiting(world);
  const TimeMs due = due_of(world, id);
  Purchase lost = world.show(id).purchase;
  for (Step& step : lost.steps) step.wake_at = step.warned.next_at = TimeMs{};
  meddle(world, id, due, TimeMs{}, encode(lost));
  ASSERT_EQ(due_of(world, id), TimeMs{});
  ASSERT_FALSE(needs_person(world.show(id).purchase));
  const SweepReport report = sweep(world);
  EXPECT_EQ(report.forgotten, 1U);
  EXPECT_EQ(report.repaired, 0U);
  EXPECT_EQ(world.engine->counters().alerts.at("forgotten"), 1U);
  ASSERT_TRUE(world.journal->flush().ok());
  EXPECT_TRUE(world.recorded("purchase_forgotten"));
  EXPECT_EQ(with_people(world), std::vector<PurchaseId>{id});
  EXPECT_EQ(world.engine->figures().in_motion, 0U) << "a look leaves nothing in memory";
  world.restart(0);
  EXPECT_EQ(with_people(world), std::vector<PurchaseId>{id}) << "found by the index, over a restart";
  EXPECT_EQ(sweep(world).forgotten, 1U) << "as long as it is so, each sweep says so";
}

// A repair is a record of the purchase that is no event of it: who replays it passes over that.
TEST(Sweep, I21_ARepairDoesNotStopTheStatistics) {
  World world(busy);
  const PurchaseId id = waiting(world);
  world.pass(DurationMs{20'000});  // what was counted is written: the rest begins in the purchase's middle
  world.config.stats_every = DurationMs{86'400'000};
  meddle(world, id, TimeMs{}, due_of(world, id) + DurationMs{3'600'000});
  ASSERT_EQ(sweep(world).repaired, 1U);
  const auto attempts = [&] { return world.show(id).purchase.steps[1].attempts_of(Operation::confirm); };
  for (const int before = attempts(); attempts() < before + 2;) ASSERT_TRUE(world.step());
  ASSERT_TRUE(world.journal->flush().ok());
  world.restart(0);
  ASSERT_GT(world.engine->gauges().stats_behind, 0U) << "or this test shows nothing";
  world.run(DurationMs{60'000});
  EXPECT_EQ(world.engine->gauges().stats_behind, 0U);
  EXPECT_FALSE(world.engine->gauges().stats_stopped);
}

TEST(Sweep, I17_AnEntryThatIsNotItsOwnIsRemovedAndTold) {
  World world(busy);
  const PurchaseId id = waiting(world);
  const ShardId shard = shard_of(id, world.journal->shard_count());
  const TimeMs due = due_of(world, id), other = due + DurationMs{3'600'000};
  meddle(world, id, TimeMs{}, other);
  ASSERT_TRUE(*world.journal->has_due(shard, other, id));
  const SweepReport report = sweep(world);
  EXPECT_EQ(report.stale, 1U);
  EXPECT_EQ(report.repaired, 1U);
  ASSERT_TRUE(world.journal->flush().ok());
  EXPECT_FALSE(*world.journal->has_due(shard, other, id));
  EXPECT_TRUE(*world.journal->has_due(shard, due, id)) << "its own stays";
}

TEST(Sweep, I17_AFinishedPurchaseAndOneThatNeverWasNeedNoEntry) {
  World world;
  const PurchaseId done = world.submit(world.request("k1"))[0]->purchase.id;
  world.run();
  const TimeMs soon = world.loop.now() + DurationMs{3'600'000};
  meddle(world, done, TimeMs{}, soon);
  PurchaseId nobody = done;
  nobody.bytes[15] ^= 1;
  meddle(world, nobody, TimeMs{}, soon);
  const SweepReport report = sweep(world);
  EXPECT_EQ(report.stale, 2U);
  EXPECT_EQ(report.repaired, 2U);
  ASSERT_TRUE(world.journal->flush().ok());
  EXPECT_EQ(*world.journal->next_due(shard_of(done, world.journal->shard_count())), TimeMs{});
  EXPECT_EQ(sweep(world).entries, 0U);
}

TEST(Sweep, I17_HappensByItselfAndThoseWhoAskJoinIt) {
  World world(busy);
  world.config.sweep_every = DurationMs{600'000};
  world.restart(0);
  world.run(DurationMs{700'000});
  EXPECT_EQ(world.engine->figures().sweeps, 1U);
  int answered = 0;
  for (int i = 0; i < 2; ++i)
    world.engine->sweep([&answered](const auto& report) { answered += report.ok(); });
  for (int i = 0; i < 1'000 && answered < 2; ++i) world.step();
  EXPECT_EQ(answered, 2);
  EXPECT_EQ(world.engine->figures().sweeps, 2U) << "one sweep for both";
}

TEST(Sweep, I23_AFailedJournalEndsItWithAnAnswer) {
  World world(busy);
  waiting(world);
  world.journal->fail_next_sync(0);
  std::optional<Result<SweepReport>> said;
  world.engine->sweep([&said](Result<SweepReport> report) { said.emplace(std::move(report)); });
  world.engine->submit(world.request("k2"), [](const auto&) {});
  for (int i = 0; i < 1'000 && !said && world.step(); ++i) {
  }
  ASSERT_TRUE(said.has_value());
}

}  // namespace
}  // namespace settle::test
