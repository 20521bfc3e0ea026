#pragma once
// A world in virtual time around the production engine: a loop, a journal in memory with crash semantics, and
// four modelled services with a barrier and books of their own. Everything in one thread, so that a crash can
// be put at any point.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "settle/coordinator/engine.hpp"
#include "settle/wal/memory_journal.hpp"

namespace settle::test {

// What a service does with one call of an operation; scripts list them by attempt, `ok` follows.
enum class Behaviour {
  ok,
  refuse,            // 409 (on try: for business reasons)
  lose_request,      // never arrives; the caller times out
  lose_answer,       // done, but the caller times out
  reset,             // never arrives; the connection is reset
  busy,              // 503, nothing done
  busy_but_done,     // 503, done all the same
  accepted_told,     // 202, done, reported by callback
  accepted_refused,  // 202, then refused by callback
  accepted_both,     // 202, done, reported by callback as done and then as refused
  accepted_silent,   // 202, done, never reported
  accepted_lost,     // 202, not done, never reported
  fault,             // 404, nothing done
  broken,            // 500, nothing done
  gone,              // 410, nothing done
};
const char* name_of(Behaviour behaviour);

std::string header(const HttpRequest& request, const std::string& name);

// Thrown at the crash point.
struct Crash {};

class VirtualLoop final : public Loop {
 public:
  TimeMs now() const override { return now_; }
  TimeMs wall() const override { return now_ + wall_error; }
  void wake_at(TimeMs at) override { wake_ = at; }
  void post(std::function<void()> work) override { posted.push_back(std::move(work)); }

  TimeMs now_{1'700'000'000'000};
  DurationMs wall_error;  // the wall clock shows this much more than engine time
  TimeMs wake_;
  std::deque<std::function<void()>> posted;
};

// One service's word on one purchase: its own books.
struct Hold {
  bool tried = false, refused = false, confirmed = false, cancelled = false;
  int effective_tries = 0, effective_confirms = 0;
};

class World final : public HttpClient {
 public:
  using Script = std::map<std::string, std::vector<Behaviour>>;  // "STEP:OPERATION" -> by arrival

  explicit World(Script script = {}, bool query_endpoints = true, GatePolicy gates = {});
  ~World() override;

  // Crashes. Points are appends, syncs and sends, counted from 1 since the world began.
  int points() const { return points_; }
  void crash_at(int point) { crash_point_ = point; }
  // At a crash on a send: whether the request had left already.
  void request_leaves(bool leaves) { leaves_ = leaves; }
  // Drops the engine and what was not durable but for the oldest `survives`, and starts another on what is
  // left.
  void restart(std::size_t survives);
  std::size_t unsynced() const { return journal->unsynced(); }

  // Runs until nothing is left to do, or `limit` of virtual time is over.
  void run(DurationMs limit = DurationMs{4LL * 24 * 3'600'000});
  // Lets just so much time pass.
  void pass(DurationMs time);
  bool step();

  SubmitRequest request(const std::string& key, const std::string& cart = "") const;
  // What the shop's submit was answered; empty while unanswered.
  std::vector<Result<PurchaseView>> submit(const SubmitRequest& request);
  PurchaseView show(const PurchaseId& id);
  bool exists(const PurchaseId& id);
  // Who the carts' claims on disk name, over all shards.
  std::vector<PurchaseId> claims() const;
  // Whether a record on disk that is of no purchase tells of `event`.
  bool recorded(const std::string& event) const;

  // HttpClient: the wire, seen from outside.
  void send(HttpRequest request, std::function<void(HttpAnswer)> then) override;
  ClientLoad load() const override { return shown_load; }

  // Every invariant that the books and the wire can show; adds failures to the running test.
  void check_books(const std::string& where);
  void check_replay(const std::string& where);
  // What the log shows as attempts is what left, byte for byte, and shows no secret.
  void check_attempts(const std::string& where);
  std::vector<Attempt> attempts(const PurchaseId& id);

  std::unique_ptr<MemoryJournal> journal;
  VirtualLoop loop;
  std::unique_ptr<Engine> engine;
  std::map<PurchaseId, std::map<std::string, Hold>> books;      // by step
  std::map<PurchaseId, std::map<std::string, int>> deliveries;  // by webhook-id
  std::set<PurchaseId> acknowledged;
  std::vector<std::string> wire;      // "STEP:OPERATION:ATTEMPT" as they left
  std::vector<HttpRequest> requests;  // the same, whole
  std::vector<TimeMs> sent_at;
  // What the versions of `purchase` say, for reading the log.
  std::map<std::uint32_t, Definition> definitions{{1, purchase_definition()}};
  // Likewise the policies, by revision.
  std::map<std::uint32_t, PolicySet> policies{{1, PolicySet{1, shipped_policies(), {}}}};
  std::shared_ptr<const KeyRing> keys;
  std::map<std::string, Behaviour>
      always;  // "STEP:OPERATION": until it is taken out, whatever the script says
  std::map<std::string, DurationMs>
      takes;  // "STEP:OPERATION": how long the service works on one; else: no time
  // By group: so many connections has the client, and what finds none waits 30 s for one. Else: no limit.
  std::map<std::string, std::size_t> connections;
  std::map<std::string, std::size_t> out, out_at_most;  // calls on connections, by group
  std::size_t queued_at_most = 0, never_left = 0;       // calls that waited at once; that waited in vain
  DurationMs hold_lasts;          // what a try says of its hold, by the wall clock; 0: nothing
  GuardConfig guards;             // of the engine, from the next restart on
  ClientLoad shown_load;          // what it says of itself
  int alerts_409 = 0;             // callbacks answered `contradiction`
  EngineConfig config;            // from the next restart on
  std::function<void()> at_idle;  // for tests that act in between

 private:
  struct Call;
  using CallPtr = std::shared_ptr<Call>;
  void leave(const CallPtr& call);
  void take_connections(const std::string& group);
  void waited_in_vain(const CallPtr& call);
  void start();
  void register_all();
  void probe(bool leaves_first = false);
  void at(DurationMs later, std::function<void()> work);
  void arrive(const std::shared_ptr<Call>& call);
  void reply(const std::shared_ptr<Call>& call, int status, const std::string& body);
  void fail(const std::shared_ptr<Call>& call, Cause cause, DurationMs later);
  int work(const Call& call, bool refuse, std::string& body);
  int try_(Hold& hold, bool refuse, std::string& body);
  int confirm(Hold& hold, const Call& call, std::string& body);
  int cancel(Hold& hold);
  void report(const std::shared_ptr<Call>& call, const std::string& body, int tries);
  static void check_hold_of_waiting(const Purchase& p, const std::string& step, const Hold& hold,
                                    const std::string& where);
  Behaviour next_behaviour(const std::string& name);
  void check_licensed(const Call& call);

  Script script_;
  GatePolicy gates_;
  std::map<std::string, std::size_t> played_;
  bool query_endpoints_;
  std::multimap<TimeMs, std::function<void()>> events_;
  TimeMs until_;  // time does not go further; 0: it does
  int generation_ = 0;
  int points_ = 0;
  int crash_point_ = 0;
  bool leaves_ = false;
  std::map<int, std::uint64_t> epochs_;
  std::map<std::string, std::deque<CallPtr>> queues_;  // of calls without a connection, by group
};

}  // namespace settle::test
