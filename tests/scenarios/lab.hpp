#pragma once
// One population in virtual time around the production engine: shops that submit, three services with
// barriers and books of their own (those of tests/sim), receivers of callbacks with their outages, and a
// daemon that is killed now and then. Everything in one thread; the seed decides everything.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "clock.hpp"
#include "outages.hpp"
#include "scheduler.hpp"
#include "service.hpp"
#include "settle/coordinator/engine.hpp"
#include "settle/wal/memory_journal.hpp"

namespace settle::scenarios {

struct Plan {
  std::uint64_t seed = 1;
  int purchases = 0;
  bool mechanism = true;  // the shipped policies and probing; else one attempt each, and no questions
  int receivers = 0;
  DurationMs span{0};  // of the submissions
  DurationMs tail{0};  // that follows them
  int crashes = 0;     // of the daemon
  std::uint32_t receiver_flaky_per_million = 0, service_flaky_per_million = 0;
  bool receiver_outages = false, service_outages = false;
  // Each order's first charge meets a spell of this kind of trouble: nothing, or "timeout, 500 or 503".
  bool vague_charges = false;
};

// Who is told of purchases. It knows a notice by its id, as the documents ask of a receiver.
struct Receiver {
  Outages outages;
  bool gone = false;                             // for longer than anybody waits
  std::unordered_map<std::string, int> arrived;  // notices that were worked on, by id: how often they came
  std::unordered_map<PurchaseId, int, PurchaseIdHash> effects;
};

class Lab final : public HttpClient {
 public:
  explicit Lab(const Plan& plan);
  ~Lab() override;
  void run();

  const Plan& plan() const { return plan_; }
  const Journal& journal() const { return *journal_; }
  const Definition& definition() const { return *definition_; }
  const Receiver& receiver(const std::string& merchant) const { return receivers_.at(merchant); }
  const std::map<std::string, Receiver>& receivers() const { return receivers_; }
  const sim::Service& service(const std::string& name) const { return services_.at(name); }
  const std::unordered_set<PurchaseId, PurchaseIdHash>& acknowledged() const { return acknowledged_; }
  int crashes() const { return crashed_; }

  void send(HttpRequest request, std::function<void(HttpAnswer)> then) override;

 private:
  struct Call;
  using CallPtr = std::shared_ptr<Call>;
  void start();
  void crash();
  void turn(const std::function<void(Engine&)>& work);
  void plan_next();
  void set_up();
  void make_receivers();
  void make_services();
  void submit(int number);
  void to_receiver(const CallPtr& call);
  void to_service(const CallPtr& call);
  std::optional<Failure> trouble(const CallPtr& call);
  void fail(const CallPtr& call, Failure failure);
  void answer(const CallPtr& call, HttpAnswer answer, DurationMs later);

  Plan plan_;
  sim::Random shop_, network_, world_;
  sim::Scheduler time_;
  sim::Clock clock_{time_};
  std::shared_ptr<const KeyRing> keys_;
  std::unique_ptr<MemoryJournal> journal_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<const Definition> definition_;
  std::map<std::string, Receiver> receivers_;
  std::unordered_map<std::string, sim::Service> services_;
  std::unordered_map<std::string, Outages> service_outages_;
  std::unordered_map<PurchaseId, std::pair<TimeMs, int>, PurchaseIdHash> spells_;  // of charges: end, kind
  std::unordered_set<PurchaseId, PurchaseIdHash> acknowledged_;
  int life_ = 0, crashed_ = 0;
  bool sync_planned_ = false;
  TimeMs wake_planned_;
};

}  // namespace settle::scenarios
