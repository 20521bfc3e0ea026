#pragma once
// When a step's calls may leave (I18, I20): numbered, no sooner than the policy's tier and a Retry-After ask,
// and no later than the longest wait that the policy allows.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "settle/participants/http_client.hpp"
#include "shadow.hpp"

namespace settle::sim {

struct World;
struct Call;

class Waits {
 public:
  explicit Waits(const World& world) : world_(world) {}
  // Each says what is wrong; empty: nothing.
  std::string left(const Call& call, const Shadow& shadow, std::size_t index, Operation op);
  void answered(const Call& call, const HttpAnswer& answer);
  // Something else told the engine of the step: what comes next does not follow from the last answer alone.
  void disturbed(const PurchaseId& id, const std::string& step);

 private:
  struct Attempt {
    int number = 0, life = 0;
    std::uint64_t acts = 0;
    std::uint64_t delays = 0;  // of its step
    std::uint64_t inquiries = 0;
    std::uint32_t policies = 0;  // their revision
    TimeMs ended;                // engine time of its answer, or of the news that there is none; 0: not yet
    DurationMs asked{0};
    bool contradicted = false, disturbed = false;
  };
  struct Bounds {
    DurationMs low, high;
  };
  Bounds bounds(const RetryPolicy& policy, std::uint32_t made, const Attempt& last, bool slowly) const;
  static bool over_cap(const Attempt& last, const Call& call, const Shadow& shadow, std::size_t index,
                       Operation op);
  bool follows(const Attempt& last, const Call& call, const Shadow& shadow, Operation op) const;
  DurationMs slack() const;

  const World& world_;
  // By step:operation.
  std::unordered_map<PurchaseId, std::map<std::string, Attempt>, PurchaseIdHash> last_;
};

}  // namespace settle::sim
