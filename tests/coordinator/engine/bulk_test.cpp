// One act on many dead letters: counted, foreseen, done once each, and gone on with after a crash at any
// point (A10, I22, I25).

#include <gtest/gtest.h>

#include <algorithm>

#include "settle/wal/codec.hpp"
#include "world.hpp"

namespace settle::test {
namespace {

constexpr int purchases = 30;  // more than a slice

ListQuery letters() {
  ListQuery query;
  query.needs_person = query.parked = true;
  return query;
}

BulkOrder order(Deed deed) {
  BulkOrder order;
  order.act = {"ann", "the bank is back", "their statement"};
  order.deed = deed;
  order.letters = letters();
  order.text = "asked the bank";
  order.to = "bob";
  return order;
}

// The first confirm of each purchase's charge is a fault, so that it waits for a person; later ones succeed.
void park(World& world, int count) {
  for (int i = 0; i < count; ++i) world.submit(world.request("k" + std::to_string(i)));
  world.run();
}
World::Script faults(int count) {
  return {{"charge:confirm", std::vector<Behaviour>(static_cast<std::size_t>(count), Behaviour::fault)}};
}

template <class T>
struct Answer {
  std::optional<Result<T>> said;
  Then<T> then() {
    return [this](Result<T> result) { said.emplace(std::move(result)); };
  }
  const T& wait(World& world) {
    for (int i = 0; i < 100'000 && !said && world.step(); ++i) {
    }
    EXPECT_TRUE(said && said->ok()) << (said ? said->error().detail : "unanswered");
    static const T none{};
    return said && said->ok() ? **said : none;
  }
};

LetterCount count(World& world, ListQuery query = letters()) {
  Answer<LetterCount> answer;
  world.engine->count_letters(std::move(query), answer.then());
  return answer.wait(world);
}

BulkReport to_its_end(World& world, const std::string& id) {
  for (int i = 0; i < 100'000; ++i) {
    const auto report = world.engine->bulk_report(id);
    if (!report || report->finished_at) return report ? *report : BulkReport{};
    if (!world.step()) break;
  }
  ADD_FAILURE() << "bulk act " << id << " never ends";
  return {};
}

BulkReport bulk(World& world, const BulkOrder& wanted) {
  Answer<BulkReport> begun;
  world.engine->begin_bulk(wanted, begun.then());
  return to_its_end(world, begun.wait(world).id);
}

// The acts of this kind that the log has for each purchase.
template <class E>
std::map<PurchaseId, int> acts(World& world) {
  std::map<PurchaseId, int> made;
  for (std::uint16_t n = 0; n < world.journal->shard_count(); ++n)
    for (std::uint64_t next = 1;;) {
      const auto records = world.journal->scan(Position{ShardId{n}, next}, 100);
      EXPECT_TRUE(records.ok());
      for (const Record& record : *records) {
        next = record.position.lsn + 1;
        if (record.kind != RecordKind::purchase) continue;
        const auto event = decode_event(record.event);
        if (event.ok() && std::holds_alternative<E>(event->what)) ++made[record.purchase];
      }
      if (records->size() < 100) break;
    }
  return made;
}

TEST(Bulk, CountsByFilterAndCause) {
  World world(faults(3));
  park(world, 3);
  const LetterCount all = count(world);
  EXPECT_EQ(all.letters, 3U);
  EXPECT_TRUE(all.exact);
  EXPECT_EQ(all.by_cause.at(Cause::bad_status), 3U);
  ListQuery others = letters();
  others.step = "issue";
  EXPECT_EQ(count(world, others).letters, 0U);
  others = letters();
  others.operation = Operation::confirm;
  others.step = "charge";
  others.assignee = "";
  EXPECT_EQ(count(world, others).letters, 3U) << "nobody looks after them";
  others.assignee = "bob";
  EXPECT_EQ(count(world, others).letters, 0U);
}

TEST(Bulk, ADryRunSaysWhatWouldHappenAndDoesNothing) {
  World world(faults(purchases));
  park(world, purchases);
  const auto appends = world.journal->figures().appends;
  const auto foresee = [&world](Deed deed) {
    Answer<BulkForecast> answer;
    world.engine->foresee(order(deed), answer.then());
    return answer.wait(world);
  };
  const BulkForecast retry = foresee(Deed::retry);
  EXPECT_EQ(retry.matched, static_cast<std::uint64_t>(purchases));
  EXPECT_TRUE(retry.exact);
  ASSERT_EQ(retry.first.size(), forecasts_shown);
  EXPECT_EQ(retry.first[0].would, "charge parked to confirming; calls confirm of charge");
  EXPECT_FALSE(retry.first[0].refused);
  const BulkForecast cancel = foresee(Deed::cancel);
  EXPECT_TRUE(cancel.first.at(0).refused);
  EXPECT_NE(cancel.first[0].would.find("decided: commit"), std::string::npos) << cancel.first[0].would;
  EXPECT_TRUE(foresee(Deed::reopen).first.at(0).refused);
  EXPECT_EQ(world.journal->figures().appends, appends);
}

TEST(Bulk, I25_EachIsDoneOnceWithItsOwnRecord) {
  World world(faults(purchases));
  park(world, purchases);
  const BulkReport report = bulk(world, order(Deed::retry));
  EXPECT_EQ(report.matched, static_cast<std::uint64_t>(purchases));
  EXPECT_EQ(report.done, static_cast<std::uint64_t>(purchases));
  EXPECT_EQ(report.refused + report.failed, 0U);
  EXPECT_EQ(report.order.act.why, "the bank is back (bulk act " + report.id + ")");
  world.run();
  const auto made = acts<RetryRequested>(world);
  EXPECT_EQ(made.size(), static_cast<std::size_t>(purchases));
  for (const auto& [id, times] : made) EXPECT_EQ(times, 1) << id.text();
  EXPECT_EQ(count(world).letters, 0U);
  world.check_books("after a bulk retry");
}

TEST(Bulk, StopsAtItsLimitAndTellsWhatWasRefused) {
  World world(faults(purchases));
  park(world, purchases);
  BulkOrder some = order(Deed::retry);
  some.targets_max = 7;
  EXPECT_EQ(bulk(world, some).done, 7U);
  world.run();
  EXPECT_EQ(count(world).letters, static_cast<std::uint64_t>(purchases - 7));
  const BulkReport refused = bulk(world, order(Deed::cancel));
  EXPECT_EQ(refused.refused, static_cast<std::uint64_t>(purchases - 7));
  EXPECT_EQ(refused.done, 0U);
  ASSERT_EQ(refused.refusals.size(), static_cast<std::size_t>(purchases - 7));
  EXPECT_EQ(refused.refusals[0].code, "state_forbids");
}

TEST(Bulk, OneAtATimeAndTheNewestAreKept) {
  World world(faults(2));
  park(world, 2);
  Answer<BulkReport> first, second;
  world.engine->begin_bulk(order(Deed::note), first.then());
  world.engine->begin_bulk(order(Deed::note), second.then());
  EXPECT_FALSE(second.said) << "refused for a bulk act that a crash could take back";
  const std::string id = first.wait(world).id;
  while (!second.said && world.step()) {
  }
  ASSERT_TRUE(second.said && !second.said->ok());
  EXPECT_EQ(second.said->error().code, "bulk_act_running");
  to_its_end(world, id);
  world.run();
  for (std::size_t i = 0; i < Engine::bulk_acts_kept; ++i) bulk(world, order(Deed::assign)), world.run();
  EXPECT_EQ(world.engine->bulk_report(id).error().code, "not_found");
  world.restart(0);
  world.run();
  EXPECT_TRUE(world.engine->bulk_report("00000101").ok());
  EXPECT_EQ(world.engine->bulk_report("00000001").error().code, "not_found");
}

// Notes do not take anything off the list: only its own bookkeeping keeps a resumed act from doing one twice.
TEST(Bulk, I22_I25_ACrashAtAnyPointIsGoneOnFromAndNothingIsDoneTwice) {
  for (const Deed deed : {Deed::note, Deed::retry}) {
    for (int point = 1;; ++point) {
      for (const std::size_t survives : {0U, 1U, 1'000U}) {
        World world(faults(4));
        park(world, 4);
        const std::string where = std::string(name_of(deed)) + ", point " + std::to_string(point);
        world.crash_at(world.points() + point);
        bool crashed = false;
        std::string id;
        try {
          Answer<BulkReport> begun;
          world.engine->begin_bulk(order(deed), begun.then());
          while (!begun.said && world.step()) {
          }
          if (begun.said && begun.said->ok()) id = (*begun.said)->id;
          world.run(DurationMs{60'000});
        } catch (const Crash&) {
          crashed = true;
          world.restart(std::min(survives, world.unsynced()));
        }
        world.crash_at(0);
        world.run(DurationMs{60'000});
        const auto report = world.engine->bulk_report("00000001");
        const auto notes = acts<Noted>(world), retries = acts<RetryRequested>(world);
        const auto& made = deed == Deed::note ? notes : retries;
        if (!report.ok()) {
          EXPECT_TRUE(id.empty()) << "I4: it was acknowledged; " << where;
          EXPECT_TRUE(made.empty()) << "done, and nobody knows of it; " << where;
        } else {
          EXPECT_TRUE(bool(report->finished_at)) << where;
          EXPECT_EQ(report->matched, 4U) << where;
          EXPECT_EQ(report->done, 4U)
              << where << (report->refusals.empty() ? "" : report->refusals[0].detail);
          EXPECT_EQ(made.size(), 4U) << where;
          for (const auto& [purchase, times] : made) EXPECT_EQ(times, 1) << purchase.text() << "; " << where;
        }
        if (!crashed) {
          EXPECT_GT(point, 8) << "few points to crash at";
          goto next_deed;
        }
      }
    }
  next_deed:;
  }
}

}  // namespace
}  // namespace settle::test
