#include "outages.hpp"

#include <algorithm>

namespace settle::scenarios {

void Outages::alternate(TimeMs from, TimeMs until, DurationMs up_max, DurationMs down_min,
                        DurationMs down_max) {
  TimeMs at = from + DurationMs{random_.between(0, up_max.count / 2)};
  while (at < until) {
    const TimeMs end = at + random_.delay(down_min.count, down_max.count);
    add({at, end, draw_failure(random_)});
    at = end + DurationMs{random_.between(up_max.count / 10, up_max.count)};
  }
}

std::optional<Failure> Outages::strike(TimeMs now) {
  const auto after = std::upper_bound(outages_.begin(), outages_.end(), now,
                                      [](TimeMs at, const Outage& outage) { return at < outage.from; });
  if (after != outages_.begin() && now < std::prev(after)->until) return std::prev(after)->failure;
  if (random_.chance(flaky_per_million_)) return draw_failure(random_);
  return std::nullopt;
}

bool Outages::up_within(TimeMs from, TimeMs until) const {
  TimeMs at = from;
  for (const Outage& outage : outages_) {
    if (at < outage.from) break;
    if (at < outage.until) at = outage.until;
  }
  return at < until;
}

}  // namespace settle::scenarios
