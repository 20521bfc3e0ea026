#pragma once
// What came of a population, counted from the durable log and the books of those who were called; and
// whether the books agree with the log.

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "lab.hpp"
#include "ledger.hpp"

namespace settle::scenarios {

// Sums: those of several populations add up.
struct Outcome {
  std::uint64_t submitted = 0, completed = 0, cancelled = 0, open = 0;  // purchases, at the end
  std::uint64_t wrong = 0;      // the books say otherwise than the log, or an acknowledged one is gone
  std::uint64_t acted = 0;      // purchases at which a person did something
  std::uint64_t callbacks = 0;  // whose receiver was back within 72 hours
  std::uint64_t lost_first = 0, through = 0, abandoned = 0;  // of those
  std::array<std::uint64_t, way_count> by_way{};             // of those, by Way
  std::uint64_t gone = 0, gone_through = 0;                  // callbacks whose receiver was not back in time
  std::uint64_t notices = 0, repeated = 0, doubled = 0;  // worked on; of these: came again; took effect twice
  std::uint64_t vague = 0, vague_completed = 0, vague_cancelled = 0;  // orders with a vague first charge
  std::map<std::string, std::uint64_t> causes;                        // of the lost first callbacks
  std::uint64_t records = 0, crashes = 0;
  std::string first_wrong;  // for people

  void add(const Outcome& other);
};

Outcome run(const Plan& plan);

}  // namespace settle::scenarios
