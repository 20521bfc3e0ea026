#pragma once
// An endpoint under check, and the calls that are played to it: signed as settled signs them, or spoilt on
// purpose.

#include <map>
#include <string>

#include "api.hpp"
#include "settle/kit/signature.hpp"

namespace settle::ctl {

enum class Spoil {
  nothing,
  digest,        // of another body
  signature,     // with another secret
  no_signature,  // the header is missing
  timestamp,     // an hour old, and signed so
  epoch,         // older than one that was seen
};

struct Play {
  std::string purchase, operation;
  int attempt = 1;
  Spoil spoil = Spoil::nothing;
};

struct Target {
  std::string base_url;                          // no slash at its end
  std::map<std::string, std::string> endpoints;  // path by operation
  kit::Secrets secrets;
  Json order;           // shop, sku, quantity, amount …, as bodies carry them
  long long epoch = 0;  // that plays carry, for a shard that no coordinator has
  int timeout_s = 10;

  bool has(const std::string& operation) const { return endpoints.count(operation) > 0; }
};

// Calls, and calls again while it is answered "not now" (425, 429, 503), a few times. Errors: unreachable.
Result<HttpReply> play(const Target& target, const Play& play);

// 32 random hexadecimal digits: a purchase that nobody has heard of.
std::string new_purchase();

}  // namespace settle::ctl
