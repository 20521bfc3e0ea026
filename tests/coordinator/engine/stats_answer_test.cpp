// What the statistics answer, and what they do not keep waiting: an unreadable state stops no daemon, full
// buckets hold no thread, and what a bucket had no room for is said.

#include <gtest/gtest.h>

#include "settle/crypto/crypto.hpp"
#include "stats_bucket.hpp"
#include "world.hpp"

namespace settle::test {
namespace {

constexpr std::int64_t hour_ms = 3'600'000, day_ms = 24 * hour_ms;

struct Answered {
  std::optional<Result<StatsAnswer>> answer;
  int slices = 0;  // turns on the engine's thread
};

Answered ask(World& world, StatsQuery query) {
  Answered asked;
  world.engine->stats(std::move(query),
                      [&asked](Result<StatsAnswer> answer) { asked.answer.emplace(std::move(answer)); });
  for (asked.slices = 1; !asked.answer && world.step();) ++asked.slices;
  EXPECT_TRUE(asked.answer && asked.answer->ok());
  return asked;
}

StatsQuery hours(World& world, std::int64_t count) {
  StatsQuery query;
  query.step = StatsStep::hour;
  query.to = start_of(StatsStep::hour, world.loop.now_ + DurationMs{hour_ms});
  query.from = query.to - DurationMs{count * hour_ms};
  return query;
}

// Behind the engine's back.
void put_documents(World& world, std::vector<DocumentChange> documents) {
  const auto opened = world.journal->open_shard(ShardId{0});
  ASSERT_TRUE(opened.ok());
  Append append;
  append.epoch = opened->epoch;
  append.kind = RecordKind::engine;
  append.at = world.loop.now_;
  append.event = R"({"event":"meddled"})";
  append.documents = std::move(documents);
  ASSERT_TRUE(world.journal->append(std::move(append)).ok());
  ASSERT_TRUE(world.journal->sync().ok());
}

StatsBucket full_bucket(std::size_t merchants) {
  StatsBucket bucket;
  for (std::size_t i = 0; i < merchants; ++i) {
    Counters& cell = bucket.cells[{merchant_target, "m-" + std::to_string(i), Operation::deliver}];
    cell[cell_counter::attempts] = 10 + i;
    cell[cell_counter::cause(Cause::reset)] = i;
  }
  return bucket;
}

// The statistics are worth no purchase.
TEST(StatsAnswer, AnUnreadableStateStopsTheStatisticsAndNothingElse) {
  for (const std::string& garbage :
       {std::string("garbage"), std::string(), std::string(1'000, '\xff'), std::string("\x02")}) {
    World world;
    world.submit(world.request("k1"));
    world.run();
    put_documents(world, {{"stats", "state", garbage}});
    world.restart(0);  // expects that it recovers
    const PurchaseId id = world.submit(world.request("k2"))[0]->purchase.id;
    world.run();
    EXPECT_EQ(world.show(id).purchase.state, PurchaseState::completed);
    EXPECT_TRUE(world.engine->gauges().stats_stopped);
    EXPECT_GT(world.engine->gauges().stats_behind, 0U);
    const Answered asked = ask(world, hours(world, 24));
    EXPECT_TRUE((*asked.answer)->stopped);
    EXPECT_EQ((*asked.answer)->totals[total_counter::submitted], 1U) << "what was counted before is there";
    EXPECT_EQ(world.engine->counters().submitted, 1U) << "the counters of the process go on";
  }
}

TEST(StatsAnswer, AStateThatKnowsMoreThanTheLogIsTakenForDamaged) {
  World world;
  world.submit(world.request("k1"));
  world.run();
  std::string state;
  put_number(state, 1);
  put_number(state, world.journal->shard_count());
  for (std::uint16_t n = 0; n < world.journal->shard_count(); ++n) put_number(state, 1'000'000);
  for (int i = 0; i < 3; ++i) put_number(state, 0);
  state += std::string(2, '\0');  // two empty books
  put_documents(world, {{"stats", "state", state}});
  world.restart(0);
  EXPECT_TRUE(world.engine->gauges().stats_stopped) << "or nothing would ever be counted again, in silence";
}

// What holds the engine's thread is one bucket's cells, not sixty-four buckets'.
TEST(StatsAnswer, FullBucketsAreReadOneAtATurn) {
  World world;
  world.run();
  StatsQuery query = hours(world, 30);
  std::vector<DocumentChange> documents;
  const std::string full = encode(full_bucket(merchant_cells_max));
  for (TimeMs at = query.from; at < query.to; at = at + DurationMs{hour_ms})
    documents.push_back({"stats", "hour:" + std::to_string(at.count / 1'000), full});
  put_documents(world, std::move(documents));
  world.config.stats_slice = 64;
  world.restart(0);
  world.run();
  query = hours(world, 30);
  const Answered asked = ask(world, query);
  // The world's engines read three at a turn at most; two full ones are more than a turn takes.
  EXPECT_GE(asked.slices, 15) << "30 full buckets";
  EXPECT_LE(asked.slices, 60);
  StatsQuery old = query;
  old.from = old.from - DurationMs{30 * hour_ms};
  old.to = query.from;
  EXPECT_LE(ask(world, old).slices, 12) << "30 empty ones, three at a turn";
}

TEST(StatsAnswer, MerchantsAreNamedAndTheWorstOfManyAreKept) {
  World world;
  world.run();
  StatsQuery query = hours(world, 6);
  std::vector<DocumentChange> documents;
  for (int hour = 0; hour < 5; ++hour) {
    StatsBucket bucket;
    for (std::uint64_t i = 0; i < merchant_cells_max; ++i) {
      const std::uint64_t number = i + static_cast<std::uint64_t>(hour) * merchant_cells_max;
      bucket.cells[{merchant_target, "m-" + std::to_string(number), Operation::deliver}]
                  [cell_counter::cause(Cause::reset)] = number;
    }
    const TimeMs at = query.from + DurationMs{hour * hour_ms};
    documents.push_back({"stats", "hour:" + std::to_string(at.count / 1'000), encode(bucket)});
  }
  put_documents(world, std::move(documents));
  world.restart(0);
  const StatsAnswer answer = **ask(world, query).answer;
  EXPECT_LE(answer.merchants.size(), merchants_told_max + 1);
  EXPECT_EQ(answer.merchants.count({merchant_target, "m-2499", Operation::deliver}), 1U);
  EXPECT_EQ(answer.merchants.count({merchant_target, "m-2000", Operation::deliver}), 1U);
  std::uint64_t sum = 0;
  for (const auto& [key, cell] : answer.merchants) sum += failures_in(cell);
  EXPECT_EQ(sum, 2'499U * 2'500U / 2) << "the others are in their sum";
  EXPECT_EQ(failures_in(answer.cells.at({merchant_target, "", Operation::deliver})), sum);
}

TEST(StatsAnswer, WhatHadNoRoomMayBeWhatIsAskedForAndThatIsSaid) {
  World world;
  world.run();
  StatsQuery query = hours(world, 2);
  StatsBucket bucket;
  bucket.cells[{merchant_target, "m-1", Operation::deliver}][cell_counter::attempts] = 1;
  bucket.cells[{"payment", "", Operation::confirm}][cell_counter::attempts] = 1;
  const auto incomplete = [&](const CellKey& more, const char* target, const char* merchant) {
    StatsBucket with = bucket;
    with.cells[more][cell_counter::attempts] = 1;
    put_documents(world, {{"stats", "hour:" + std::to_string(query.from.count / 1'000), encode(with)}});
    world.restart(0);
    StatsQuery narrowed = query;
    if (*target != '\0') narrowed.target = target;
    if (*merchant != '\0') narrowed.merchant = merchant;
    return (**ask(world, narrowed).answer).incomplete;
  };
  const CellKey merchants{merchant_target, other_merchant, Operation::deliver};
  const CellKey participants{other_target, "", Operation::try_}, harmless{"card", "", Operation::try_};
  EXPECT_TRUE(incomplete(merchants, "", "m-1"));
  EXPECT_TRUE(incomplete(participants, "", "m-1")) << "older buckets had merchants there";
  EXPECT_TRUE(incomplete(participants, "payment", ""));
  EXPECT_FALSE(incomplete(merchants, "payment", "")) << "merchants hide no participant";
  EXPECT_FALSE(incomplete(merchants, "", "")) << "the whole is always whole";
  EXPECT_FALSE(incomplete(harmless, "payment", ""));
  EXPECT_FALSE(incomplete(harmless, "", "m-1"));
}

// At 02:59:58 UTC: what happens on both sides of three o'clock is told apart, whatever the time zone here.
TEST(StatsAnswer, TheHourOfTheDayIsTheHourOfTheDay) {
  World world({{"reserve:try", {Behaviour::busy}}});
  world.run();
  const std::int64_t midnight = (world.loop.now_.count / day_ms + 1) * day_ms;
  world.loop.now_ = TimeMs{midnight + 3 * hour_ms - 2'000};
  world.submit(world.request("k1"));
  world.run(DurationMs{10 * 60'000});
  StatsQuery query;
  query.step = StatsStep::day;
  query.from = TimeMs{midnight};
  query.to = TimeMs{midnight + day_ms};
  const StatsAnswer answer = **ask(world, query).answer;
  std::uint64_t attempts = 0;
  for (std::size_t hour = 0; hour < 24; ++hour) {
    const std::uint64_t here = answer.totals[total_counter::hour(hour, total_counter::attempts)];
    EXPECT_TRUE(here == 0 || hour == 2 || hour == 3) << hour;
    attempts += here;
  }
  EXPECT_EQ(answer.totals[total_counter::hour(2, total_counter::failures)], 1U)
      << "the first try, before three";
  EXPECT_EQ(answer.totals[total_counter::hour(2, total_counter::ended)], 0U);
  EXPECT_GT(answer.totals[total_counter::hour(3, total_counter::succeeded)], 0U);
  EXPECT_EQ(attempts, answer.operations[cell_counter::attempts]);
}

}  // namespace
}  // namespace settle::test
