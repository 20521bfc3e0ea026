// A crash at every point of what an operator does: cancel, reopen, retry and resolve (I22, I25). What was
// answered stands; what was not, the operator does again, and it ends as if there had been no crash.

#include <gtest/gtest.h>

#include <algorithm>

#include "settle/wal/codec.hpp"
#include "world.hpp"

namespace settle::test {
namespace {

using Views = std::vector<Result<PurchaseView>>;
using Act = std::function<void(Engine&, const PurchaseId&, Then<PurchaseView>)>;

constexpr const char* operator_name = "ann";

const Act cancel = [](Engine& engine, const PurchaseId& id, Then<PurchaseView> then) {
  engine.cancel(id, {operator_name, "the buyer called"}, std::move(then));
};
const Act reopen = [](Engine& engine, const PurchaseId& id, Then<PurchaseView> then) {
  engine.reopen(id, {operator_name, "stock is back"}, std::move(then));
};
const Act retry = [](Engine& engine, const PurchaseId& id, Then<PurchaseView> then) {
  engine.retry(id, {operator_name, "the route is back"}, "", std::move(then));
};
Act resolve(const std::string& step) {
  return [step](Engine& engine, const PurchaseId& id, Then<PurchaseView> then) {
    engine.resolve(id, {operator_name, "done by hand", "seen in their books"}, step, Resolution::done,
                   std::move(then));
  };
}

// Where a crash falls: so many points after the act began, what survives of the log, whether a request that
// was leaving had left; and a second crash so many points into the recovery, if not 0.
struct CrashPlan {
  int point = 0;
  std::size_t survives = 0;
  bool leaves = false;
  int again = 0;

  std::string text() const {
    return "crash at point " + std::to_string(point) + ", " + std::to_string(survives) +
           " unsynced survive, request " + (leaves ? "left" : "stayed") +
           (again > 0 ? ", and again " + std::to_string(again) + " later" : "");
  }
};

void perform(World& world, const PurchaseId& id, const Act& act, Views& answers) {
  answers.clear();
  act(*world.engine, id, [&answers](Result<PurchaseView> view) { answers.push_back(std::move(view)); });
  while (answers.empty() && world.step()) {
  }
}

// Acts, crashes, recovers, and goes on to where nothing is left to do. The act's answer is in `answers` if it
// came. False: the crash's point was never reached.
bool act_and_crash(World& world, const PurchaseId& id, const Act& act, const CrashPlan& plan,
                   Views& answers) {
  world.request_leaves(plan.leaves);
  world.crash_at(world.points() + plan.point);
  try {
    perform(world, id, act, answers);
    world.run();
    world.crash_at(0);
    return false;
  } catch (const Crash&) {
  }
  int again = plan.again;
  for (;;) {
    try {
      world.restart(std::min(plan.survives, world.unsynced()));
      if (again > 0) world.crash_at(world.points() + std::exchange(again, 0));
      world.run();
      world.crash_at(0);
      return true;
    } catch (const Crash&) {
    }
  }
}

// I25: who and why are in the log.
bool act_in_log(const World& world, const PurchaseId& id) {
  const auto records = world.journal->scan_purchase(id, 1, 10'000);
  return records.ok() && std::any_of(records->begin(), records->end(), [](const Record& record) {
           return record.event.find(operator_name) != std::string::npos;
         });
}

template <class Check>
void at_every_point(int points, const Check& check) {
  for (int point = 1; point <= points; ++point)
    for (const std::size_t survives : {0U, 1U, 2U, 100U})
      for (const bool leaves : {false, true}) {
        const CrashPlan plan{point, survives, leaves};
        check(plan);
        if (testing::Test::HasFailure()) FAIL() << "first failure: " << plan.text();
      }
}

TEST(CrashOnCancel, I22_I25_ACancelThatWasAnsweredStandsAndOneThatWasRefusedChangesNothing) {
  std::map<std::string, int> ends;
  bool under_way = true;
  for (int before = 0; under_way; ++before) {
    at_every_point(12, [&](const CrashPlan& plan) {
      const std::string where = "cancelled after " + std::to_string(before) + " steps, " + plan.text();
      World world;
      const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
      for (int i = 0; i < before && under_way; ++i) under_way = world.step();
      if (!under_way) return;
      Views answers;
      act_and_crash(world, id, cancel, plan, answers);
      const bool answered = !answers.empty() && answers[0].ok();
      if (answered) {
        EXPECT_TRUE(act_in_log(world, id)) << where;
      }
      const bool refused = !answers.empty() && !answers[0].ok();
      if (answers.empty()) perform(world, id, cancel, answers);
      world.run();
      ASSERT_FALSE(answers.empty()) << where;
      const Purchase p = world.show(id).purchase;
      EXPECT_EQ(p.state, answers[0].ok() ? PurchaseState::cancelled : PurchaseState::completed) << where;
      ++ends[std::string(answered  ? "answered "
                         : refused ? "refused "
                                   : "unanswered ") +
             settle::name_of(p.state)];
      world.check_books(where);
      world.check_replay(where);
    });
    if (HasFailure()) return;
  }
  for (const char* end : {"answered cancelled", "refused completed", "unanswered cancelled"})
    EXPECT_GT(ends[end], 0) << "never " << end;
}

// A purchase whose confirm of `reserve` is parked, the only 404 spent.
PurchaseId park(World& world) {
  const PurchaseId id = world.submit(world.request("k1"))[0]->purchase.id;
  world.run();
  EXPECT_EQ(world.show(id).purchase.steps[0].state, StepState::parked);
  return id;
}
const World::Script one_fault{{"reserve:confirm", {Behaviour::fault}}};

void crash_on_parked(const Act& act, const std::function<void(Hold&)>& by_hand) {
  World calm(one_fault);
  const PurchaseId calm_id = park(calm);
  const int before = calm.points();
  by_hand(calm.books[calm_id]["reserve"]);
  Views answers;
  perform(calm, calm_id, act, answers);
  ASSERT_TRUE(answers[0].ok()) << answers[0].error().detail;
  calm.run();
  ASSERT_EQ(calm.show(calm_id).purchase.state, PurchaseState::completed);
  at_every_point(calm.points() - before, [&](const CrashPlan& plan) {
    World world(one_fault);
    const PurchaseId id = park(world);
    by_hand(world.books[id]["reserve"]);
    EXPECT_TRUE(act_and_crash(world, id, act, plan, answers)) << plan.text();
    if (!answers.empty()) {
      EXPECT_TRUE(answers[0].ok()) << plan.text();
      EXPECT_TRUE(act_in_log(world, id)) << plan.text();
      EXPECT_EQ(world.show(id).purchase.state, PurchaseState::completed) << plan.text();
    }
    const bool done = world.show(id).purchase.state == PurchaseState::completed;
    perform(world, id, act, answers);
    EXPECT_EQ(answers.at(0).ok(), !done) << plan.text();
    world.run();
    EXPECT_EQ(world.show(id).purchase.state, PurchaseState::completed) << plan.text();
    world.check_books(plan.text());
    world.check_replay(plan.text());
  });
}

TEST(CrashOnRetry, I22_I25_AParkedStepGoesOnOnce) {
  crash_on_parked(retry, [](Hold&) {});
}

TEST(CrashOnResolve, I22_I25_WhatWasDoneByHandIsNotDoneAgain) {
  crash_on_parked(resolve("reserve"), [](Hold& hold) {
    hold.confirmed = true;
    ++hold.effective_confirms;
  });
}

std::size_t purchases_of(World& world) {
  std::size_t count = 0;
  world.engine->list({},
                     [&](const Result<ListPage>& page) { count = page.ok() ? page->purchases.size() : 0; });
  while (count == 0 && world.step()) {
  }
  return count;
}

// Returns whether the crash fell between the link and the purchase that it names.
bool crash_on_reopen(const std::string& key, const CrashPlan& plan) {
  const std::string where = key + ", " + plan.text();
  World world({{"reserve:try", {Behaviour::refuse}}});
  const PurchaseId id = world.submit(world.request(key, "cart-" + key))[0]->purchase.id;
  world.run();
  Views answers;
  act_and_crash(world, id, reopen, plan, answers);
  const bool answered = !answers.empty() && answers[0].ok();
  PurchaseId successor = world.show(id).purchase.successor;
  const bool there = !successor.is_zero() && world.exists(successor);
  EXPECT_EQ(there, !successor.is_zero()) << "a link to a purchase that is not there; " << where;
  if (answered) {
    EXPECT_EQ(answers[0]->purchase.id, successor) << "I4: " << where;
    EXPECT_TRUE(act_in_log(world, id)) << where;
  }
  const bool cut = act_in_log(world, id) && !there;
  perform(world, id, reopen, answers);
  EXPECT_EQ(answers.at(0).ok(), !there) << "I14: at most one successor; " << where;
  if (answers[0].ok()) successor = answers[0]->purchase.id;
  world.run();
  EXPECT_EQ(world.show(id).purchase.successor, successor) << where;
  EXPECT_EQ(world.show(successor).purchase.predecessor, id) << where;
  EXPECT_EQ(world.show(successor).purchase.state, PurchaseState::completed) << where;
  EXPECT_EQ(purchases_of(world), 2U) << where;
  for (const PurchaseId& holder : world.claims()) EXPECT_EQ(holder, successor) << where;
  world.acknowledged.insert(successor);
  world.check_books(where);
  world.check_replay(where);
  return cut;
}

// Three records, in up to three shards. The carts of the last two fall into the shard of their purchase,
// those of the others do not.
const char* const reopen_keys[] = {"k1", "k2", "k9", "k10"};

TEST(CrashOnReopen, I22_I14_ThereIsOneSuccessorOrNone) {
  int cut = 0;
  for (const std::string key : reopen_keys) {
    at_every_point(30, [&](const CrashPlan& plan) { cut += crash_on_reopen(key, plan) ? 1 : 0; });
    if (HasFailure()) return;
  }
  EXPECT_GT(cut, 0) << "no crash fell between the link and the successor: this test shows nothing";
}

TEST(CrashOnReopen, I22_ACrashWhileTheLinkIsTakenBackIsACrashLikeAnyOther) {
  for (const std::string key : reopen_keys)
    for (int again = 1; again <= 6; ++again) {
      at_every_point(4, [&](CrashPlan plan) {
        plan.again = again;
        crash_on_reopen(key, plan);
      });
      if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace settle::test
