#pragma once
// What the durable log says of endpoints that are left alone, and whether what was held, and what left,
// agrees with it.

#include <map>
#include <string>
#include <vector>

#include "settle/statemachine/advance.hpp"
#include "settle/wal/journal.hpp"

namespace settle::sim {

class GateLog {
 public:
  // Each says what is wrong; empty: nothing.
  std::string take(const Record& record);  // of the kinds engine and operation
  std::string held(const Definition& definition, const Purchase& purchase, const Held& event,
                   TimeMs at) const;
  // What was held by a breaker is woken soon after that let go of it, and not by its own late wake-up.
  std::string woken_by_itself(const Definition& definition, const Purchase& purchase, std::size_t index,
                              const Event& event) const;
  // A person's retry leaves all the same; where it is answered, the breaker may probe at once.
  void retried(const Definition& definition, const Purchase& purchase, TimeMs at);
  // A call to the endpoint that was counted at `counted` leaves at `now`.
  std::string left(const Definition& definition, const Purchase& purchase, std::size_t step, Operation op,
                   TimeMs counted, TimeMs now) const;

 private:
  struct Shut {
    TimeMs since, until;  // until: when it may be probed; 0: never
    TimeMs ended;         // 0: not yet
    bool disabled = false;
  };
  static std::string name(const Definition& definition, const Purchase& purchase, std::size_t step,
                          Operation op);

  std::map<std::string, std::vector<Shut>> shut_;  // by "target/operation", oldest first
};

}  // namespace settle::sim
