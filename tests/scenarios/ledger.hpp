#pragma once
// What the durable log alone says of each purchase: replayed record by record through the production
// `advance`, and compared with the transitions that were recorded (I21). The engine is not asked.

#include <string>
#include <unordered_map>

#include "settle/statemachine/advance.hpp"
#include "settle/wal/journal.hpp"

namespace settle::scenarios {

// By which way a callback got through.
// `breaker`: held back while the endpoint was known to be down, and woken when it was up again. `probe`: its
// attempts were used up, and a slow probe found the endpoint up.
enum class Way { none, first, schedule, breaker, probe, hand };
inline constexpr std::size_t way_count = 6;

struct Life {
  Purchase purchase;
  bool acted = false;         // a person did something
  bool vague_charge = false;  // the first charge ended in a timeout, a 5xx or a 503
  bool told = false;          // its merchant's first callback left
  TimeMs first_told;
  Cause first_cause = Cause::none;  // why the first callback failed; none: it did not, or is not answered
  bool first_lost = false;          // ... or it was held back, its receiver being known to be down
  bool first_answered = false;
  bool held_back = false;  // the last thing that happened to the callback, but for its being woken
  Way way = Way::none;
};

class Ledger {
 public:
  // Of a journal whose purchases all have `definition`. Empty: all is well; else what is wrong.
  std::string read(const Journal& journal, const Definition& definition);
  const std::unordered_map<PurchaseId, Life, PurchaseIdHash>& lives() const { return lives_; }
  std::uint64_t records() const { return records_; }

 private:
  std::string take(const Record& record, const Definition& definition);
  std::unordered_map<PurchaseId, Life, PurchaseIdHash> lives_;
  std::uint64_t records_ = 0;
};

}  // namespace settle::scenarios
