#pragma once
// Sees what crossed the wire, what the services' books say, what is durable and what was promised, and holds
// all of it to the invariants, at every event. Never asks the engine.

#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "questions.hpp"
#include "settle/coordinator/engine.hpp"
#include "shadow.hpp"
#include "waits.hpp"

namespace settle::sim {

struct World;
struct Call;
struct Job;
struct Worked;
class Service;

struct Violation {
  bool liveness = false;
  std::string what;
};

class Oracle {
 public:
  explicit Oracle(World& world);

  // The wire.
  void left(const Call& call);
  void answered(const Call& call, const HttpAnswer& answer);
  void worked(const Service& service, const Job& job, const Worked& worked);
  void delivered(const Call& call);
  void delivered_by_hand(const PurchaseId& id, const std::string& step) { seen_[id].delivered.insert(step); }
  void callback_arrives(const Call& call);
  void callback_answered(const Call& call, const std::string& code);
  void forged_callback(const std::string& what, bool known, const std::string& code);

  // The process.
  void synced();
  void started();
  void ended();          // the process: by a crash, or when it was told to
  void refusing_ends();  // one whose journal had failed is about to be ended
  void stopped();        // it said that all is durable
  void journal_failed();
  void recovery_refused(const Error& error);

  // What shops and operators were told.
  void acknowledged(const SubmitRequest& request, const PurchaseView& view);
  void reuse_accepted(const SubmitRequest& request, const PurchaseView& view);
  void submit_refused(const SubmitRequest& request, const std::string& code);
  void outcome_told(const PurchaseView& view);
  void shown(const PurchaseView& view);
  void merchant_erased(const std::string& id) { erased_.insert(id); }
  void merchant_put(const std::string& id) { erased_.erase(id); }
  void taken_though_erased(const PurchaseView& view);
  bool is_erased(const std::string& merchant) const { return erased_.count(merchant) != 0; }
  // A page of the journal, as an auditor read it who goes on where the last page ended.
  void audited(const JournalPage& page, std::size_t limit);
  void act_told(const std::string& who, const PurchaseId& id);

  // After the liveness phase.
  void finish();
  const ShadowLog& log() const { return log_; }
  Questions questions;
  // Whether the step's try holds only: what is done for good does not expire.
  bool is_hold(const Job& job) const;
  std::size_t promised() const { return promised_.size(); }

 private:
  struct Seen {  // of one purchase, on the wire
    bool confirm_left = false, cancel_left = false, committed = false;
    std::map<std::string, std::uint64_t> bodies;               // by step:operation
    std::set<std::string> cancelled_at;                        // steps whose cancel took effect
    std::set<std::string> tried_at, refused_at, confirmed_at;  // by the books
    std::map<std::string, int> deliveries;                     // by webhook-id
    std::set<std::string> delivered;                           // steps
    std::map<std::string, int> unsure_tries;                   // tries sent, by step
  };

  [[noreturn]] void fail(const std::string& what) const;
  [[noreturn]] void fail_liveness(const std::string& what) const;
  void check_licensed(const Call& call, const Shadow& shadow, std::size_t index, Operation op);
  void check_decision(const Call& call, Seen& seen, Operation op);
  void check_order(const Call& call, const Shadow& shadow, std::size_t index, const Seen& seen, Operation op);
  void check_resend(const Call& call, Seen& seen, Operation op);
  void check_results(const Call& call, const Shadow& shadow, std::size_t index, Operation op);
  void check_epoch(const Call& call);
  void check_holds_stand(const PurchaseId& id, const Shadow& shadow);
  void check_captured(const PurchaseId& id);
  void read_log();
  void check_promises();
  void check_heads();
  void check_carts();
  void check_end(const PurchaseId& id, const Shadow& shadow);
  void check_hold(const PurchaseId& id, const Shadow& shadow, std::size_t index);
  void check_sums() const;
  void check_engine();
  void check_person_list();
  void check_person_list(bool letters);
  void check_audited();
  void check_damage();

  World& world_;
  ShadowLog log_;
  Waits waits_;
  std::map<std::pair<PurchaseId, std::size_t>, std::uint64_t>
      forced_;  // by step: the acts of people when its last call left
  std::unordered_map<PurchaseId, Seen, PurchaseIdHash> seen_;
  std::map<std::pair<std::string, std::string>, PurchaseId> promised_;  // by shop and key
  std::map<PurchaseId, PurchaseState> told_;                            // final outcomes that were told
  std::map<int, std::pair<int, std::uint64_t>> epochs_;  // by shard: life and epoch on the wire
  std::set<std::string> erased_;                         // merchants
  std::vector<std::uint64_t> audited_next_;              // by shard
  bool journal_failed_ = false;
};

}  // namespace settle::sim
