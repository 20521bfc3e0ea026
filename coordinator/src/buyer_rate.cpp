#include "buyer_rate.hpp"

#include <algorithm>
#include <cstring>

namespace settle {

std::size_t BuyerRate::Hash::operator()(const Buyer& buyer) const {
  std::size_t hash = 0;  // of what is evenly spread already
  std::memcpy(&hash, buyer.data(), sizeof hash);
  return hash;
}

std::optional<DurationMs> BuyerRate::wait(const Buyer& buyer, TimeMs now) {
  if (!on()) return std::nullopt;
  const auto found = by_buyer_.find(buyer);
  if (found == by_buyer_.end()) return std::nullopt;
  Known& known = *found->second;
  // A whole minute's purchases may come at once; the next one when one interval of them is paid off.
  const std::int64_t next_us = known.paid_until_us + interval_us() - 60'000'000;
  const TimeMs next{(next_us + 999) / 1000};
  const bool cooling = now < known.cools_until;
  if (!cooling && next <= now) return std::nullopt;
  if (!cooling && config_.buyer_cooldown.count > 0) known.cools_until = now + config_.buyer_cooldown;
  return DurationMs{std::max(next, known.cools_until).count - now.count};
}

void BuyerRate::took(const Buyer& buyer, TimeMs now) {
  if (!on()) return;
  const auto found = by_buyer_.find(buyer);
  if (found != by_buyer_.end()) {
    known_.splice(known_.begin(), known_, found->second);
  } else {
    if (known_.size() >= buyers_max_) {
      by_buyer_.erase(known_.back().buyer);
      known_.pop_back();
    }
    known_.push_front(Known{buyer, 0, TimeMs{}});
    by_buyer_.emplace(buyer, known_.begin());
  }
  Known& known = known_.front();
  known.paid_until_us = std::max(known.paid_until_us, now.count * 1000) + interval_us();
}

}  // namespace settle
