// The wall clock is set while purchases wait: signatures carry it, the journal notes it, and no deadline
// moves.

#include <gtest/gtest.h>

#include "settle/coordinator/log.hpp"
#include "world.hpp"

namespace settle::test {
namespace {

constexpr DurationMs day{24LL * 3'600'000};

// A purchase whose charge is repeated until its time is over, and whose cancel is slow; after a minute the
// wall clock is set by `jump`, perhaps over a restart.
struct Told {
  std::vector<std::string> wire;
  std::vector<TimeMs> sent_at;
  std::vector<std::string> stamps;
  TimeMs decided_at, finished_at;
};
Told told_with(DurationMs jump, bool restart) {
  World world({{"charge:try", std::vector<Behaviour>(200, Behaviour::lose_request)},
               {"reserve:cancel", {Behaviour::busy, Behaviour::accepted_silent}}},
              false);
  SubmitRequest request = world.request("k1");
  request.deadline = DurationMs{45'000};
  const PurchaseId id = world.submit(request)[0]->purchase.id;
  world.run(DurationMs{20'000});
  world.loop.wall_error = jump;
  world.engine->clock_diverged(DurationMs{-jump.count});
  if (restart) world.restart(100);
  world.run();
  world.check_books("the wall clock was set");
  world.check_replay("the wall clock was set");
  EXPECT_TRUE(world.recorded("clock_divergence"));
  const Purchase p = world.show(id).purchase;
  EXPECT_EQ(p.state, PurchaseState::cancelled);
  EXPECT_EQ(p.decided_at, p.deadline_at);
  Told told{world.wire, world.sent_at, {}, p.decided_at, p.finished_at};
  for (const HttpRequest& request : world.requests)
    told.stamps.push_back(header(request, "webhook-timestamp"));
  return told;
}

TEST(Clock, I17_AJumpOfTheWallClockMovesNoDeadline) {
  for (const bool restart : {false, true}) {
    const Told still = told_with(DurationMs{0}, restart);
    for (const DurationMs jump : {day, DurationMs{-day.count}}) {
      const Told jumped = told_with(jump, restart);
      EXPECT_EQ(jumped.wire, still.wire);
      EXPECT_EQ(jumped.sent_at, still.sent_at);
      EXPECT_EQ(jumped.decided_at, still.decided_at);
      EXPECT_EQ(jumped.finished_at, still.finished_at);
      ASSERT_FALSE(jumped.stamps.empty());
      EXPECT_EQ(std::stoll(jumped.stamps.back()), std::stoll(still.stamps.back()) + jump.count / 1'000)
          << "the jump was not seen at all: this test shows nothing";
    }
  }
}

// A participant says by the wall clock how long its hold lasts; the decision falls by engine time. When the
// two are apart, a hold was taken for longer or shorter than it was meant: settled committed upon holds that
// were over.
TEST(Clock, I16_AHoldLastsAsLongAsItsParticipantMeantWhateverTheWallClockShows) {
  for (const std::int64_t apart_s : {0, -300, -40, 40, 300}) {
    for (const bool in_time : {true, false}) {
      World world({{"issue:try", {in_time ? Behaviour::ok : Behaviour::accepted_silent}}});
      world.loop.wall_error = DurationMs{apart_s * 1'000};
      world.hold_lasts =
          DurationMs{50'000};  // less than the silence of a 202: only an answer in time can commit
      const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
      world.run();
      const Purchase p = world.show(id).purchase;
      EXPECT_EQ(p.decision, in_time ? Decision::commit : Decision::cancel) << apart_s << " s apart";
      if (!in_time) {
        EXPECT_EQ(p.reason_code, "hold_expiring") << apart_s << " s apart";
      }
    }
  }
}

TEST(Clock, I17_ADivergenceIsJournalledWithItsSize) {
  World world;
  EXPECT_FALSE(world.recorded("clock_divergence"));
  world.engine->clock_diverged(DurationMs{-61'000});
  while (world.step()) {
  }
  const auto records = world.journal->scan(Position{ShardId{0}, 1}, 1'000);
  ASSERT_TRUE(records.ok());
  const Record& last = records->back();
  EXPECT_EQ(last.kind, RecordKind::engine);
  EXPECT_EQ(last.event, R"({"event":"clock_divergence","engine_minus_wall_ms":-61000})");
  EXPECT_TRUE(last.purchase.is_zero());
  world.restart(0);
  EXPECT_TRUE(world.submit(world.request("k1"))[0].ok());
}

}  // namespace
}  // namespace settle::test
