// What the world's books, its wire and its log must show at the end, by the numbers of the invariants.

#include <gtest/gtest.h>

#include <algorithm>

#include "settle/coordinator/verify.hpp"
#include "settle/wal/codec.hpp"
#include "world.hpp"

namespace settle::test {

// What must hold also while a person is asked for: nothing goes against the decision, what the coordinator
// holds for done is done, and nobody else waits than who is parked, or waits for one who is (I16).
void World::check_hold_of_waiting(const Purchase& p, const std::string& step, const Hold& hold,
                                  const std::string& where) {
  const Definition definition = purchase_definition();
  const auto found = std::find_if(definition.steps.begin(), definition.steps.end(),
                                  [&](const StepDefinition& d) { return d.name == step; });
  const Step& known = p.steps[static_cast<std::size_t>(found - definition.steps.begin())];
  const auto parked = [&](std::uint8_t i) { return p.steps[i].state == StepState::parked; };
  EXPECT_FALSE(hold.confirmed && p.decision != Decision::commit) << "I10: " << step << "; " << where;
  EXPECT_FALSE(hold.cancelled && p.decision != Decision::cancel) << "I10: " << step << "; " << where;
  switch (known.state) {
    case StepState::parked:
      return;
    case StepState::confirmed:
      EXPECT_TRUE(hold.confirmed) << "I7: " << step << "; " << where;
      return;
    case StepState::cancelled:
    case StepState::rejected:
      EXPECT_FALSE(hold.confirmed) << "I1: " << step << "; " << where;
      EXPECT_TRUE(!hold.tried || hold.cancelled) << "I6: " << step << " stays held; " << where;
      return;
    default:
      EXPECT_TRUE(std::any_of(found->confirm_after.begin(), found->confirm_after.end(), parked))
          << "I16: " << step << " is " << settle::name_of(known.state) << ", and nobody is asked; " << where;
  }
}

void World::check_books(const std::string& where) {
  for (const PurchaseId& id : acknowledged) {
    const Purchase p = show(id).purchase;
    ASSERT_FALSE(p.steps.empty()) << "I4: an acknowledged purchase is gone; " << where;
    ASSERT_TRUE(is_terminal(p.state) || needs_person(p))
        << "I16: " << settle::name_of(p.state) << "; " << where;
    const bool completed = p.state == PurchaseState::completed || p.state == PurchaseState::delivering;
    for (const char* step : {"reserve", "charge", "issue"}) {
      const Hold& hold = books[id][step];
      EXPECT_LE(hold.effective_tries, 1) << "I12 " << where;
      EXPECT_LE(hold.effective_confirms, 1) << "I12 " << where;
      EXPECT_FALSE(hold.confirmed && hold.cancelled) << "I1 " << where;
      if (needs_person(p) && !is_terminal(p.state)) {
        check_hold_of_waiting(p, step, hold, where);
        continue;
      }
      EXPECT_EQ(hold.confirmed, completed) << "I11: " << step << "; " << where;
      EXPECT_TRUE(!hold.tried || hold.confirmed || hold.cancelled)
          << "I6: " << step << " stays held; " << where;
    }
    EXPECT_LE(deliveries[id].size(), 1U) << "I26: one id over all resends; " << where;
    if (p.state == PurchaseState::completed) {
      EXPECT_EQ(deliveries[id].size(), 1U) << "told; " << where;
    }
    if (p.decision == Decision::cancel) {
      EXPECT_TRUE(deliveries[id].empty()) << "a cancelled purchase was delivered; " << where;
    }
  }
}

void World::check_replay(const std::string& where) {
  while (!loop.posted.empty() || journal->unsynced() > 0) step();
  const Result<VerifyReport> report = verify_journal(*journal);
  ASSERT_TRUE(report.ok()) << "I21: " << report.error().detail << "; " << where;
  for (const PurchaseId& id : acknowledged) {
    const auto replayed = report->purchases.find(id);
    ASSERT_NE(replayed, report->purchases.end()) << "I21 " << where;
    EXPECT_EQ(encode(show(id).purchase), encode(replayed->second)) << "I21: memory and log differ; " << where;
  }
  check_attempts(where);
}

}  // namespace settle::test
