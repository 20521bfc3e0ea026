#pragma once
// A participant with the barrier of docs/participant-protocol.md, section 5, and books of its own: what it
// holds, what it gave away. Its books survive its own death. What it does to a call beside the work (stall,
// refuse, lose) is decided by the network and the faults; here is the work.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "settle/statemachine/ids.hpp"
#include "settle/statemachine/purchase.hpp"

namespace settle::sim {

// What a service reads of a call.
struct Job {
  PurchaseId purchase;
  std::string step, operation;
  std::int64_t quantity = 0, amount = 0;
  std::string buyer, sku;
  TimeMs expires;            // true time at which a hold that this try makes is over; 0: it lasts
  std::string expires_text;  // ... as the service says it
  TimeMs now;                // true time of the call
  DurationMs ahead;          // by which engine time is ahead of it
};

struct Worked {
  int status = 200;
  std::string body;        // JSON
  bool effective = false;  // the books changed
};

// One purchase's step at one service. Only the barrier's rows and the books; no opinion of the coordinator's.
struct Hold {
  bool try_fence = false, tried = false, refused = false, confirmed = false, cancelled = false,
       expired = false;
  bool pending = false;  // accepted with 202, the work is still to be done
  std::string try_body;  // what the try was answered
  std::string confirm_body;
  TimeMs expires;                            // true time; 0: never
  TimeMs made;                               // true time of the try
  DurationMs ahead;                          // by which engine time was ahead of true time then
  int tries = 0, confirms = 0, cancels = 0;  // effective ones: at most one each
  std::int64_t quantity = 0, amount = 0;
  bool scarce = false;
  std::vector<std::string> cards;
};

class Service {
 public:
  enum class Role { stock, money, cards };
  Service(std::string name, Role role, bool barrier)
      : name_(std::move(name)), role_(role), barrier_(barrier) {}

  // `refuse`: for business reasons, should the work be done now.
  Worked work(const Job& job, bool refuse);
  Worked query(const Job& job) const;
  void accept(const Job& job);  // 202: the work will be done by a later work()
  void expire(const Job& job);  // the hold's time is over
  const Hold* find(const PurchaseId& purchase, const std::string& step) const;
  const std::map<std::pair<PurchaseId, std::string>, Hold>& holds() const { return holds_; }
  const std::string& name() const { return name_; }
  Role role() const { return role_; }

  // The books in sums, for the oracle: kept by the work itself, compared with the sum over the holds.
  std::int64_t held = 0, taken = 0;
  std::set<std::string> cards_out;  // every code ever given

  // Epoch last seen, by shard (I15).
  std::map<int, std::uint64_t> epochs;

 private:
  Worked try_(Hold& hold, const Job& job, bool refuse);
  Worked confirm(Hold& hold, const Job& job, bool refuse);
  Worked cancel(Hold& hold, const Job& job, bool refuse);
  std::int64_t amount_of(const Hold& hold) const {
    return role_ == Role::money ? hold.amount : hold.quantity;
  }
  bool available(const Job& job) const;

  std::string name_;
  Role role_;
  bool barrier_;
  std::map<std::pair<PurchaseId, std::string>, Hold> holds_;
  void give_back(Hold& hold);
  std::int64_t next_card_ = 0, scarce_out_ = 0;
};

}  // namespace settle::sim
