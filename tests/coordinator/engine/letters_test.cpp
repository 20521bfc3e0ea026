// What is on the list of what is with people, and what keeps nobody off it (A6, I16, I19).

#include "bulk_support.hpp"

namespace settle::test {
namespace {

ListPage list(World& world, const ListQuery& query) {
  Answer<ListPage> page;
  world.engine->list(query, page.then());
  return page.wait(world);
}

std::vector<int> letters_of(World& world, const PurchaseId& id, const ListQuery& query = letters()) {
  const PurchaseView view = world.show(id);
  return dead_letters(query, *view.definition, view.purchase, world.loop.now());
}

std::uint64_t gauge(World& world) {
  std::uint64_t all = 0;
  for (const std::uint64_t letters : world.engine->gauges().dead_letters) all += letters;
  return all;
}

// What operators were told of, over the whole log.
std::string notices(World& world) {
  std::string all;
  for (std::uint16_t n = 0; n < world.journal->shard_count(); ++n) {
    const auto records = world.journal->scan(Position{ShardId{n}, 1}, 10'000);
    EXPECT_TRUE(records.ok());
    for (const Record& record : *records) {
      if (record.kind != RecordKind::purchase) continue;
      if (const auto event = decode_event(record.event); event.ok()) all += event->notices + ",";
    }
  }
  return all;
}

TEST(Letters, I16_AnOverdueDecisionIsOneOfItsOwn) {
  World world(told_late(1));
  overdue(world, 1);
  const PurchaseId id = acts<Submitted>(world).begin()->first;
  const Purchase purchase = world.show(id).purchase;
  ASSERT_TRUE(purchase.overdue);
  ASSERT_EQ(purchase.steps[1].state, StepState::tried) << "its report came after the deadline";
  ASSERT_EQ(list(world, letters()).purchases.size(), 1U);
  EXPECT_EQ(letters_of(world, id), std::vector<int>{of_decision});
  const LetterCount counted = count(world);
  EXPECT_EQ(counted.letters, 1U);
  EXPECT_EQ(counted.by_cause.at(Cause::none), 1U);
  EXPECT_EQ(gauge(world), 1U);
  EXPECT_EQ(overdue_since(purchase), purchase.deadline_at);
  EXPECT_EQ(notices(world).find("unparked"), std::string::npos) << "nothing goes on: " << notices(world);
}

TEST(Letters, AnOverdueDecisionIsFoundByWhatItHas) {
  World world(told_late(1));
  overdue(world, 1);
  const auto found = [&world](auto change) {
    ListQuery query = letters();
    change(query);
    return list(world, query).purchases.size();
  };
  EXPECT_EQ(found([](ListQuery& q) { q.code = "decision_overdue"; }), 1U);
  EXPECT_EQ(found([](ListQuery& q) { q.operation = Operation::try_; }), 1U);
  EXPECT_EQ(found([](ListQuery& q) { q.merchant = "m-1"; }), 1U);
  EXPECT_EQ(found([](ListQuery& q) { q.assignee = ""; }), 1U);
  EXPECT_EQ(found([](ListQuery& q) { q.parked_for = DurationMs{1'000}; }), 1U);
  EXPECT_EQ(found([](ListQuery& q) { q.parked_for = DurationMs{600'000}; }), 0U);
  EXPECT_EQ(found([](ListQuery& q) { q.code = "teapot"; }), 0U);
  EXPECT_EQ(found([](ListQuery& q) { q.step = "charge"; }), 0U);
  EXPECT_EQ(found([](ListQuery& q) { q.target = "payment"; }), 0U);
  EXPECT_EQ(found([](ListQuery& q) { q.cause = Cause::reset; }), 0U);
  EXPECT_EQ(found([](ListQuery& q) { q.operation = Operation::confirm; }), 0U);
}

TEST(Letters, AnOverdueDecisionIsActedOnWithTheOthers) {
  World world(told_late(3));
  overdue(world, 3);
  EXPECT_EQ(bulk(world, order(Deed::resolve)).matched, 0U) << "no participant can say how it ended";
  EXPECT_EQ(bulk(world, order(Deed::assign)).done, 3U);
  const BulkForecast forecast = foresee(world, order(Deed::retry));
  ASSERT_EQ(forecast.first.size(), 3U);
  EXPECT_EQ(forecast.first[0].step, "");
  EXPECT_FALSE(forecast.first[0].refused) << forecast.first[0].would;
  EXPECT_EQ(bulk(world, order(Deed::retry)).done, 3U);
  world.run();
  EXPECT_EQ(count(world).letters, 0U);
  EXPECT_EQ(gauge(world), 0U);
  EXPECT_EQ(world.engine->figures().completed, 3U);
  world.check_replay("after a bulk retry of decisions");
}

// Behind the engine's back, by a writer of its own: listed as with a person, and not to be read.
PurchaseId poison(World& world, TimeMs listed_at) {
  Append append;
  append.purchase.bytes.fill(9);
  append.shard = shard_of(append.purchase, world.journal->shard_count());
  append.epoch = world.journal->open_shard(append.shard)->epoch;
  append.at = world.loop.now();
  append.event = "unreadable";
  append.snapshot = "\xff\xff unreadable";
  for (const char* index : {"person", "all"})
    append.indexes.push_back({true, index, "", listed_at, append.purchase});
  append.indexes.push_back({true, "state", "cancelled", listed_at, append.purchase});
  const PurchaseId id = append.purchase;
  EXPECT_TRUE(world.journal->append(std::move(append)).ok());
  EXPECT_TRUE(world.journal->flush().ok());
  world.restart(0);
  while (!world.loop.posted.empty()) world.step();  // no time passes
  return id;
}

TEST(Letters, I19_OneThatCannotBeReadKeepsNoOtherFromBeingListedCountedAndActedOn) {
  World world(faults(3));
  park(world, 1);
  world.submit(world.request("k-later"));
  world.submit(world.request("k-latest"));
  world.run();
  const PurchaseView first = list(world, letters()).purchases.back();
  poison(world, first.purchase.submitted_at + DurationMs{1});
  const auto alerts = world.engine->figures().alerts;
  const ListPage page = list(world, letters());
  EXPECT_EQ(page.purchases.size(), 3U);
  EXPECT_EQ(page.unreadable, 1U);
  ListQuery one_by_one = letters();
  one_by_one.look_at_max = 1;
  std::size_t seen = 0;
  std::uint64_t unreadable = 0;
  do {
    const ListPage part = list(world, one_by_one);
    seen += part.purchases.size();
    unreadable += part.unreadable;
    one_by_one.cursor = part.next_cursor;
  } while (!one_by_one.cursor.empty());
  EXPECT_EQ(seen, 3U) << "a cursor goes past it";
  EXPECT_EQ(unreadable, 1U);
  EXPECT_EQ(list(world, ListQuery{}).unreadable, 1U);
  const LetterCount counted = count(world);
  EXPECT_EQ(counted.letters, 3U);
  EXPECT_EQ(counted.unreadable, 1U);
  EXPECT_EQ(foresee(world, order(Deed::retry)).unreadable, 1U);
  const BulkReport report = bulk(world, order(Deed::retry));
  EXPECT_TRUE(bool(report.finished_at));
  EXPECT_EQ(report.done, 3U);
  EXPECT_EQ(report.unreadable, 1U);
  EXPECT_EQ(report.failed + report.refused, 0U);
  EXPECT_EQ(world.engine->figures().alerts, alerts + 1) << "a person is told, once";
}

}  // namespace
}  // namespace settle::test
