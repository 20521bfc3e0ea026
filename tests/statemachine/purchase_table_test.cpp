// The purchase table against purchase_grid.txt: six states, six triggers.

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "purchase_context.hpp"

namespace settle::test {
namespace {

using Grid = std::map<std::string, std::map<std::string, std::string>>;  // state -> trigger -> to

Grid read_grid() {
  std::ifstream file(SETTLE_GRIDS "/purchase_grid.txt");
  std::vector<std::string> triggers;
  Grid grid;
  for (std::string text; std::getline(file, text);) {
    std::stringstream words(text);
    std::string first, word;
    words >> first;
    if (first == "#") {
      triggers.clear();  // the last comment is the head of the columns
      while (words >> word) triggers.push_back(word);
    } else if (!first.empty()) {
      for (std::size_t i = 0; words >> word; ++i) grid[first][triggers.at(i)] = word;
    }
  }
  return grid;
}

Decision decision_in(PurchaseState state) {
  switch (state) {
    case PurchaseState::trying:
      return Decision::none;
    case PurchaseState::cancelling:
    case PurchaseState::cancelled:
      return Decision::cancel;
    default:
      return Decision::commit;
  }
}

TEST(PurchaseTable, I1_I14_GoesWhereTheGridSays) {
  Grid grid = read_grid();
  ASSERT_EQ(grid.size(), std::size_t{purchase_state_count});
  Event event;
  event.at = TimeMs{5'000};
  for (int s = 1; s <= purchase_state_count; ++s) {
    for (int t = 1; t <= purchase_trigger_count; ++t) {
      const auto state = static_cast<PurchaseState>(s);
      const auto trigger = static_cast<PurchaseTrigger>(t);
      const std::string expected = grid.at(name_of(state)).at(name_of(trigger));
      Advanced out;
      out.purchase.state = state;
      out.purchase.decision = decision_in(state);
      PurchaseContext context(event, out);
      const bool fired = fire(context, trigger);
      SCOPED_TRACE(std::string(name_of(state)) + " on " + name_of(trigger));
      EXPECT_EQ(fired ? name_of(out.purchase.state) : "-", expected);
      EXPECT_EQ(out.transitions.size(), fired ? 1U : 0U);
      EXPECT_EQ(out.purchase.decision, decision_in(out.purchase.state));
      const bool decided = fired && decision_in(state) == Decision::none && out.purchase.state != state;
      EXPECT_EQ(out.purchase.decided_at, decided ? event.at : TimeMs{});
      EXPECT_EQ(bool(out.purchase.finished_at), fired && is_terminal(out.purchase.state));
    }
  }
}

}  // namespace
}  // namespace settle::test
