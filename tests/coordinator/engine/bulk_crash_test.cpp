// A bulk act over a crash at any point: gone on with, and nothing is done twice, whatever the deed (I22,
// I25).

#include "bulk_support.hpp"

namespace settle::test {
namespace {

constexpr int few = 4;

World::Script script_for(Deed deed) {
  const auto all = static_cast<std::size_t>(few);
  if (deed == Deed::reopen) return {{"charge:try", std::vector<Behaviour>(all, Behaviour::refuse)}};
  return deed == Deed::cancel ? told_late(few) : faults(few);
}

void prepare(World& world, Deed deed) {
  if (deed == Deed::cancel) return overdue(world, few);
  park(world, few);
  if (deed == Deed::resolve)  // the bank did it by hand
    for (auto& [id, books] : world.books) books["charge"].confirmed = true;
}

// How often the deed was done to each purchase, by the log.
std::map<PurchaseId, int> done_to(World& world, Deed deed) {
  switch (deed) {
    case Deed::retry:
      return acts<RetryRequested>(world);
    case Deed::resolve:
      return acts<ResolveRequested>(world);
    case Deed::cancel:
      return acts<CancelRequested>(world);
    case Deed::assign:
      return acts<Assigned>(world);
    case Deed::note:
      return acts<Noted>(world);
    case Deed::reopen:
      break;
  }
  // What counts is the successor: a link to one that a crash cut off is taken back, and made again.
  std::map<PurchaseId, int> made;
  Answer<ListPage> all;
  ListQuery query;
  query.limit = 200;
  world.engine->list(query, all.then());
  for (const PurchaseView& view : all.wait(world).purchases)
    if (!view.purchase.predecessor.is_zero()) ++made[view.purchase.predecessor];
  return made;
}

// Notes do not take anything off the list: only its own bookkeeping keeps a resumed act from doing one twice.
void expect_done_once(World& world, Deed deed, bool acknowledged, const std::string& where) {
  const auto report = world.engine->bulk_report("00000001");
  const auto made = done_to(world, deed);
  if (!report.ok()) {
    EXPECT_FALSE(acknowledged) << "I4: it was acknowledged; " << where;
    EXPECT_TRUE(made.empty()) << "done, and nobody knows of it; " << where;
    return;
  }
  EXPECT_TRUE(bool(report->finished_at)) << where;
  EXPECT_EQ(report->matched, std::uint64_t{few}) << where;
  EXPECT_EQ(report->done, std::uint64_t{few})
      << where << (report->refusals.empty() ? "" : ": " + report->refusals[0].detail);
  EXPECT_EQ(made.size(), std::size_t{few}) << where;
  for (const auto& [purchase, times] : made) EXPECT_EQ(times, 1) << purchase.text() << "; " << where;
}

// False: the point was never reached.
bool act_and_crash(Deed deed, int point, std::size_t survives) {
  World world(script_for(deed));
  prepare(world, deed);
  world.crash_at(world.points() + point);
  bool crashed = false, acknowledged = false;
  try {
    Answer<BulkReport> begun;
    world.engine->begin_bulk(order(deed), begun.then());
    while (!begun.said && world.step()) {
    }
    acknowledged = begun.said && begun.said->ok();
    world.run(DurationMs{60'000});
  } catch (const Crash&) {
    crashed = true;
    world.restart(std::min(survives, world.unsynced()));
  }
  world.crash_at(0);
  world.run(DurationMs{60'000});
  expect_done_once(world, deed, acknowledged,
                   std::string(name_of(deed)) + ", point " + std::to_string(point) + ", " +
                       std::to_string(survives) + " unsynced survive");
  return crashed;
}

class BulkCrash : public ::testing::TestWithParam<Deed> {};

TEST_P(BulkCrash, I22_I25_AtAnyPointIsGoneOnFromAndNothingIsDoneTwice) {
  int point = 1;
  for (bool reached = true; reached && !HasFailure(); ++point) {
    reached = false;
    for (const std::size_t survives : {0U, 1U, 2U, 3U, 1'000U})
      reached = act_and_crash(GetParam(), point, survives) || reached;
  }
  EXPECT_GT(point, 8) << "few points to crash at";
}

INSTANTIATE_TEST_SUITE_P(EachDeed, BulkCrash,
                         ::testing::Values(Deed::retry, Deed::resolve, Deed::reopen, Deed::cancel,
                                           Deed::assign, Deed::note),
                         [](const auto& deed) { return std::string(name_of(deed.param)); });

}  // namespace
}  // namespace settle::test
