#pragma once
// A share in percent that never looks better than it is: rounded down, so that one lost of a million is seen.

#include <cstdint>
#include <cstdio>
#include <string>

namespace settle {

// "99.9990"; `whole` is not 0. Whole numbers beyond 10^13 lose digits, no more.
inline std::string floored_percent(std::uint64_t part, std::uint64_t whole) {
  constexpr std::uint64_t of_percent = 10'000;  // ten thousandths
  for (; whole > 10'000'000'000'000; whole /= 10) part /= 10;
  const std::uint64_t share = part * 100 * of_percent / whole;
  char text[32];
  const int size =
      std::snprintf(text, sizeof text, "%llu.%04llu", static_cast<unsigned long long>(share / of_percent),
                    static_cast<unsigned long long>(share % of_percent));
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace settle
