#pragma once
// How fast one buyer may buy. In memory and bounded: past `buyers_max` the one who bought longest ago is
// forgotten, in the buyer's favour. No thread, no clock of its own: `now` never goes back.

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

#include "settle/coordinator/guards.hpp"

namespace settle {

class BuyerRate {
 public:
  // A keyed digest of shop and buyer: nobody can choose names that collide.
  using Buyer = std::array<std::uint8_t, 16>;
  static constexpr std::size_t buyers_max = 100'000;

  explicit BuyerRate(const GuardConfig& config, std::size_t buyers = buyers_max)
      : config_(config), buyers_max_(buyers) {}

  bool on() const { return config_.buyer_per_minute > 0; }
  // How long the buyer must wait before the next purchase; nullopt: not at all. Begins the cool-down.
  std::optional<DurationMs> wait(const Buyer& buyer, TimeMs now);
  // A purchase of the buyer's was taken.
  void took(const Buyer& buyer, TimeMs now);
  std::size_t size() const { return known_.size(); }

 private:
  struct Known {
    Buyer buyer{};
    std::int64_t paid_until_us = 0;  // when the purchases so far are paid off, one interval each
    TimeMs cools_until;              // 0: not cooling down
  };
  struct Hash {
    std::size_t operator()(const Buyer& buyer) const;
  };
  // In microseconds: a minute in milliseconds is too coarse to be parted by what is configured.
  std::int64_t interval_us() const { return 60'000'000 / config_.buyer_per_minute; }

  GuardConfig config_;
  std::size_t buyers_max_;
  std::list<Known> known_;  // who bought last, first
  std::unordered_map<Buyer, std::list<Known>::iterator, Hash> by_buyer_;
};

}  // namespace settle
