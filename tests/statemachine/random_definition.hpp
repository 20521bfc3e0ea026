#pragma once
// Random valid definitions: graphs of one to six steps in all modes, with short patience.

#include <random>

#include "settle/statemachine/definition.hpp"

namespace settle::test {

using Random = std::mt19937_64;

inline bool chance(Random& random, unsigned percent) {
  return random() % 100 < percent;
}
inline std::int64_t between(Random& random, std::int64_t least, std::int64_t most) {
  return least + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most - least + 1));
}

Definition random_definition(Random& random);

}  // namespace settle::test
