#include "random.hpp"

namespace settle::sim {
namespace {

// splitmix64: spreads a seed over the generator's state.
std::uint64_t spread(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

std::uint64_t rotate(std::uint64_t x, int by) {
  return (x << by) | (x >> (64 - by));
}

}  // namespace

Random::Random(std::uint64_t seed) : seed_(seed), state_{} {
  std::uint64_t from = seed;
  for (std::uint64_t& word : state_) word = spread(from);
}

Random Random::split(std::string_view name) const {
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ seed_;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return Random(spread(hash));
}

// xoshiro256**
std::uint64_t Random::next() {
  const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = rotate(state_[3], 45);
  return result;
}

// The high half of a 128-bit product: even enough for bounds far below 2^64, and without a division.
std::uint64_t Random::below(std::uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((Wide{next()} * bound) >> 64);
}

std::int64_t Random::between(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
}

bool Random::chance(std::uint32_t per_million) {
  return below(1'000'000) < per_million;
}

std::int64_t Random::skewed(std::int64_t low, std::int64_t high) {
  int doublings = 0;
  while ((low << (doublings + 1)) <= high) ++doublings;
  const std::int64_t floor = low << below(static_cast<std::uint64_t>(doublings) + 1);
  const std::int64_t ceiling = floor * 2 - 1 < high ? floor * 2 - 1 : high;
  return between(floor, ceiling);
}

}  // namespace settle::sim
