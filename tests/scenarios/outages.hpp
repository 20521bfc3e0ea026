#pragma once
// When somebody is down, for how long, and how that looks from outside; and the calls that fail in between.

#include <map>
#include <optional>
#include <vector>

#include "mix.hpp"

namespace settle::scenarios {

class Outages {
 public:
  struct Outage {
    TimeMs from, until;
    Failure failure = Failure::refused;
  };
  // How `flaky_per_million` of the calls fail beside the outages.
  Outages(std::uint32_t flaky_per_million, sim::Random random)
      : flaky_per_million_(flaky_per_million), random_(random) {}

  // In order of time, without overlap.
  void add(Outage outage) { outages_.push_back(outage); }
  // Up for `up`, down for `down` on average (as many short as long ones by order of magnitude), from `from`
  // to `until`.
  void alternate(TimeMs from, TimeMs until, DurationMs up_max, DurationMs down_min, DurationMs down_max);

  // How a call that arrives now fails; nullopt: it does not.
  std::optional<Failure> strike(TimeMs now);
  // Whether it is up at any time from `from` to `until`.
  bool up_within(TimeMs from, TimeMs until) const;

 private:
  std::uint32_t flaky_per_million_;
  sim::Random random_;
  std::vector<Outage> outages_;
};

}  // namespace settle::scenarios
