#include "suggest.hpp"

#include <algorithm>
#include <numeric>

namespace settle::ctl {

namespace {

// Insertions, deletions, replacements, and swaps of neighbours (the commonest slip) as one edit each.
std::size_t edits(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) table[i][0] = i;
  std::iota(table[0].begin(), table[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
    }
  }
  return table[a.size()][b.size()];
}

}  // namespace

std::optional<std::string> nearest(const std::string& typed, const std::vector<std::string>& candidates) {
  const std::size_t limit = std::max<std::size_t>(1, std::min<std::size_t>(3, typed.size() / 2));
  std::optional<std::string> best;
  std::size_t best_edits = limit + 1;
  for (const std::string& candidate : candidates) {
    // An unfinished word counts as near: "part" is on its way to "participant".
    const bool unfinished = typed.size() >= 3 && candidate.rfind(typed, 0) == 0;
    const std::size_t distance = unfinished ? 1 : edits(typed.substr(0, 64), candidate);
    if (distance < best_edits) {
      best = candidate;
      best_edits = distance;
    }
  }
  return best;
}

}  // namespace settle::ctl
