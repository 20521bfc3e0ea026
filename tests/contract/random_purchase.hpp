#pragma once
// Random events and purchases, every field of them, and whether two are the same in every field.

#include <random>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "settle/statemachine/advance.hpp"

namespace settle {

class RandomPurchases {
 public:
  explicit RandomPurchases(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  Event event();
  Purchase purchase();
  std::vector<Transition> transitions();
  std::string text(std::size_t bytes_max);

 private:
  template <class T>
  T number() {  // small, large and extreme ones alike
    const auto bits = random_() >> below(64);
    if constexpr (std::is_same_v<T, bool>) {
      return (bits & 1) != 0;
    } else {
      return static_cast<T>(below(4) == 0 ? 0 : bits);
    }
  }
  template <class E>
  E one_of(E first, E last) {
    const auto low = static_cast<std::uint64_t>(first);
    return static_cast<E>(low + below(static_cast<std::uint64_t>(last) - low + 1));
  }
  TimeMs time() { return TimeMs{number<std::int64_t>()}; }
  std::uint8_t step() { return static_cast<std::uint8_t>(below(steps_max)); }
  PurchaseId id();
  std::array<std::uint8_t, 32> digest();
  Order order();
  Step one_step();

  std::mt19937_64 random_;
};

bool same(const Purchase& a, const Purchase& b);
bool same(const Event& a, const Event& b);

}  // namespace settle
