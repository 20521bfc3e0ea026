// A crash at every journal write, every sync and every send of a purchase, exhaustively, for success and for
// each failure point, in virtual time (I1-I4, I6, I7, I11, I12, I17, I18, I21, I22). After each crash the log
// keeps any prefix of what was not synced, and a request that was leaving has left or not; recovery must end
// in the right outcome each time.

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "world.hpp"

namespace settle::test {
namespace {

constexpr const char* person = "with a person";

struct Scenario {
  std::string name;
  World::Script script;
  std::vector<std::string> ends;  // how it may end; the first: without a crash
  bool query = true;
};

void add_tries(std::vector<Scenario>& all, const std::string& where) {
  for (const Behaviour b :
       {Behaviour::refuse, Behaviour::lose_request, Behaviour::lose_answer, Behaviour::reset, Behaviour::busy,
        Behaviour::busy_but_done, Behaviour::accepted_told, Behaviour::accepted_refused,
        Behaviour::accepted_silent, Behaviour::accepted_lost, Behaviour::fault}) {
    std::vector<std::string> ends{"completed"};
    if (b == Behaviour::refuse || b == Behaviour::accepted_refused) ends = {"cancelled"};
    // The crash may eat the only 404: the next attempt is taken.
    if (b == Behaviour::fault) ends = {"cancelled", "completed"};
    for (const bool query : {true, false})
      all.push_back({where + (query ? " " : " (no query) ") + name_of(b), {{where, {b}}}, ends, query});
  }
}

void add_confirms(std::vector<Scenario>& all, const std::string& where) {
  for (const Behaviour b : {Behaviour::refuse, Behaviour::lose_request, Behaviour::lose_answer,
                            Behaviour::busy_but_done, Behaviour::accepted_told, Behaviour::accepted_silent})
    all.push_back({where + " " + name_of(b), {{where, {b}}}, {"completed"}});
  // More than one, so that a crash that eats an answer changes nothing.
  all.push_back({where + " fault", {{where, {4, Behaviour::fault}}}, {person}});
}

// The last step's own cancel needs a try that may have happened and that no query tells of; what cancels the
// others is its refusal.
void add_cancels(std::vector<Scenario>& all, const std::string& step) {
  const bool last = step == "issue";
  World::Script script{{"issue:try", {Behaviour::refuse}}};
  if (last)
    script = {
        {"issue:try", {Behaviour::busy_but_done, Behaviour::fault, Behaviour::fault, Behaviour::fault}}};
  const std::string where = step + ":cancel";
  const auto add = [&](const std::vector<Behaviour>& behaviours, const char* end) {
    script[where] = behaviours;
    all.push_back({where + " " + name_of(behaviours.front()), script, {end}, !last});
  };
  for (const Behaviour b : {Behaviour::ok, Behaviour::refuse, Behaviour::lose_request, Behaviour::lose_answer,
                            Behaviour::busy, Behaviour::accepted_told, Behaviour::accepted_silent})
    add({b}, "cancelled");
  add({4, Behaviour::fault}, person);
}

std::vector<Scenario> scenarios() {
  std::vector<Scenario> all = {{"success", {}, {"completed"}}};
  for (const std::string step : {"reserve", "charge", "issue"}) {
    add_tries(all, step + ":try");
    add_confirms(all, step + ":confirm");
    add_cancels(all, step);
  }
  for (const Behaviour b :
       {Behaviour::refuse, Behaviour::lose_request, Behaviour::lose_answer, Behaviour::busy})
    all.push_back({std::string("notify:deliver ") + name_of(b), {{"notify:deliver", {b}}}, {"completed"}});
  return all;
}

bool called(const World& world, const std::string& call) {
  return std::any_of(world.wire.begin(), world.wire.end(),
                     [&](const std::string& sent) { return sent.starts_with(call + ":"); });
}

std::string end_of(World& world) {
  const Purchase purchase = world.show(*world.acknowledged.begin()).purchase;
  return needs_person(purchase) ? person : settle::name_of(purchase.state);
}

// Crashes at each of `points` in turn; the points may lie in the recovery from the one before.
bool run_with_crashes(World& world, const std::vector<int>& points, std::size_t survives, bool leaves) {
  bool crashed = false;
  bool submitted = false;
  std::size_t next = 0;
  world.request_leaves(leaves);
  if (!points.empty()) world.crash_at(points[next++]);
  for (;;) {
    try {
      // The shop repeats its submit under the same key until it is answered.
      if (!submitted) {
        const auto answers = world.submit(world.request("k1"));
        submitted = !answers.empty() && answers[0].ok();
        EXPECT_TRUE(submitted);
      }
      world.run();
      return crashed;
    } catch (const Crash&) {
      crashed = true;
      for (bool down = true; down;) {
        try {
          const std::size_t keep = std::min(survives, world.unsynced());
          if (next < points.size()) {
            world.restart(keep);
            world.crash_at(world.points() + points[next++]);
          } else {
            world.restart(keep);
          }
          down = false;
        } catch (const Crash&) {
        }
      }
    }
  }
}

void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.name;
}

class CrashEverywhere : public testing::TestWithParam<Scenario> {};

TEST_P(CrashEverywhere, I22_RecoveryEndsInTheRightOutcome) {
  const Scenario& scenario = GetParam();
  World calm(scenario.script, scenario.query);
  run_with_crashes(calm, {}, 0, false);
  calm.check_books(scenario.name);
  calm.check_replay(scenario.name);
  for (const auto& [call, behaviours] : scenario.script)
    ASSERT_TRUE(called(calm, call)) << "nobody calls " << call << ": this scenario tests nothing";
  ASSERT_EQ(end_of(calm), scenario.ends.front());
  const int points = calm.points();
  ASSERT_GT(points, 4);
  for (int point = 1; point <= points; ++point) {
    for (const std::size_t survives : {0U, 1U, 100U}) {
      for (const bool leaves : {false, true}) {
        World world(scenario.script, scenario.query);
        const std::string where = scenario.name + ", crash at point " + std::to_string(point) + ", " +
                                  std::to_string(survives) + " unsynced survive, request " +
                                  (leaves ? "left" : "stayed");
        EXPECT_TRUE(run_with_crashes(world, {point}, survives, leaves)) << where;
        ASSERT_EQ(world.acknowledged.size(), 1U) << where;
        const std::string end = end_of(world);
        EXPECT_EQ(std::count(scenario.ends.begin(), scenario.ends.end(), end), 1) << end << "; " << where;
        world.check_books(where);
        world.check_replay(where);
        if (testing::Test::HasFailure()) FAIL() << "first failure: " << where;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Scenarios, CrashEverywhere, testing::ValuesIn(scenarios()),
                         [](const auto& scenario) {
                           std::string name = scenario.param.name;
                           for (char& c : name)
                             if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
                           return name;
                         });

TEST(CrashTwice, I22_ACrashWhileRecoveringIsACrashLikeAnyOther) {
  World calm;
  run_with_crashes(calm, {}, 0, false);
  const int points = calm.points();
  for (int first = 1; first <= points; ++first) {
    for (int second = 1; second <= 12; ++second) {
      World world;
      const std::string where =
          "crashes at " + std::to_string(first) + " and " + std::to_string(second) + " later";
      run_with_crashes(world, {first, second}, second % 2 == 0 ? 100 : 0, first % 2 == 0);
      world.check_books(where);
      world.check_replay(where);
      if (testing::Test::HasFailure()) FAIL() << "first failure: " << where;
    }
  }
}

// The claim of a cart is a record of its own, before its purchase's. A crash between them leaves a claim of a
// purchase that never was: recovery releases it, so that no cart stays claimed by nobody.
TEST(CrashAtSubmit, B7_RecoveryKeepsOrReleasesTheClaimOfACart) {
  int released = 0;
  for (int point = 1; point <= 4; ++point) {
    for (const std::size_t survives : {0U, 1U, 2U}) {
      World world;
      world.crash_at(point);
      bool crashed = false;
      try {
        world.submit(world.request("k1", "cart-1"));
      } catch (const Crash&) {
        crashed = true;
      }
      ASSERT_TRUE(crashed);
      world.restart(std::min(survives, world.unsynced()));
      world.run();
      const std::string where =
          "point " + std::to_string(point) + ", " + std::to_string(survives) + " survive";
      const auto claims = world.claims();
      for (const PurchaseId& holder : claims)
        EXPECT_TRUE(world.exists(holder)) << where << ": a cart is claimed by a purchase that never was";
      if (world.recorded("cart_released")) {
        ++released;
        EXPECT_TRUE(claims.empty()) << where;
      }
      // Another key of the shop gets the cart, or finds who has it.
      const auto second = world.submit(world.request("k2", "cart-1"));
      ASSERT_TRUE(second.at(0).ok()) << where;
      EXPECT_EQ(second[0]->same_cart, !claims.empty()) << where;
      world.run();
      world.check_books(where);
      world.check_replay(where);
    }
  }
  EXPECT_GT(released, 0) << "no crash fell between the claim and its purchase: this test shows nothing";
}

}  // namespace
}  // namespace settle::test
