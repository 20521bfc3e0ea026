#pragma once
// What keeps buyers who do not take no from buying twice; all off unless configured. docs/buyers.md.

#include <cstdint>
#include <string>

#include "settle/statemachine/ids.hpp"

namespace settle {

struct GuardConfig {
  DurationMs fingerprint_window{0};    // 0: off; at most a day
  std::uint32_t buyer_per_minute = 0;  // 0: off; at most 6,000
  DurationMs buyer_cooldown{0};        // at least this long after a refusal; 0: until the rate allows it
};

// What a guard says beside the error's code and detail.
struct GuardRefusal {
  PurchaseId earlier;         // possible_duplicate: the purchase that looks the same ...
  std::string earlier_order;  // ... and the shop's number of it
  DurationMs retry_after{0};  // buyer_rate_limited
};

}  // namespace settle
