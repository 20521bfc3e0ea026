#pragma once
// The simulator's own generator and distributions: the same numbers on every machine and library, which
// <random>'s distributions do not promise. One stream per component, split by name from the seed, so that a
// change in one component does not disturb what the others draw.

#include <cstdint>
#include <string_view>
#include <vector>

#include "settle/statemachine/ids.hpp"

namespace settle::sim {

class Random {
 public:
  explicit Random(std::uint64_t seed);
  // A stream of its own; depends on the seed and the name, not on what was drawn before.
  Random split(std::string_view name) const;

  std::uint64_t next();
  std::uint64_t below(std::uint64_t bound);                   // 0 .. bound - 1; bound > 0
  std::int64_t between(std::int64_t low, std::int64_t high);  // both included
  bool chance(std::uint32_t per_million);
  // As many small as large ones by order of magnitude; 1 <= low <= high.
  std::int64_t skewed(std::int64_t low, std::int64_t high);
  DurationMs delay(std::int64_t low_ms, std::int64_t high_ms) { return DurationMs{skewed(low_ms, high_ms)}; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

 private:
  std::uint64_t seed_;
  std::uint64_t state_[4];
};

}  // namespace settle::sim
