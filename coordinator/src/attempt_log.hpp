#pragma once
// A purchase's log read as attempts. Requests are not stored: they are built again from the purchase as it
// was, since the body of a call is a function of that alone; answers are in the events. The records go
// through the same `advance` as at recovery.

#include <array>

#include "definition_book.hpp"
#include "settle/coordinator/attempt.hpp"
#include "settle/participants/protocol.hpp"

namespace settle {

class AttemptLog {
 public:
  // Keeps the attempts from number `from` on (0 is the first), at most `limit`. All outlive the log.
  AttemptLog(const DefinitionBook& book, const Registry& registry, const KeyRing& keys, std::size_t from,
             std::size_t limit)
      : book_(book), registry_(registry), keys_(keys), from_(from), limit_(limit) {}

  // The purchase's records, from its first on, in order. Errors: damaged.
  Status take(const Record& record);

  // How many attempts there were so far, kept or not.
  std::size_t count() const { return count_; }
  std::vector<Attempt> attempts() &&;

 private:
  // An attempt that is kept, and what tells its answer.
  struct Kept {
    Attempt attempt;
    std::uint8_t step = 0;
  };
  Result<Event> read(const Record& record, DefinitionBook::Shared& definition) const;
  Attempt begun(const CallContext& call) const;
  void begin(const Record& record, const Definition& definition, const Effect& effect);
  void end_by(const Event& event, const Definition& definition, const std::vector<TimeMs>& leases);
  void end_without_answer(Kept& kept, const Event& event, const std::vector<TimeMs>& leases);
  void ended(Kept& kept, const Event& event, const Definition& definition);
  bool still_out(const Kept& kept) const;
  Kept* find(std::uint8_t step, Operation operation, std::uint16_t attempt);
  template <class E>
  void answered(const E& said, Operation operation, const Event& event, const Definition& definition);
  void reported(const Told& told, TimeMs at);

  const DefinitionBook& book_;
  const Registry& registry_;
  const KeyRing& keys_;
  std::size_t from_, limit_, count_ = 0;
  Purchase purchase_;
  std::vector<Kept> kept_;
};

}  // namespace settle
