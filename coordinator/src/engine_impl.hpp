#pragma once
// The engine's inside. One class, its parts in files by concern: engine.cpp (events and durability),
// engine_calls.cpp (what leaves), engine_rest.cpp (memory, wake-ups), engine_recovery.cpp, engine_submit.cpp,
// engine_guard.cpp, engine_acts.cpp, engine_registry.cpp, engine_read.cpp, engine_attempts.cpp,
// engine_gates.cpp, engine_lanes.cpp, engine_moved.cpp, engine_beside.cpp, engine_letters.cpp,
// engine_bulk.cpp, engine_sweep.cpp, engine_stats.cpp.

#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "bulk_job.hpp"
#include "buyer_rate.hpp"
#include "definition_book.hpp"
#include "gates.hpp"
#include "lanes.hpp"
#include "live.hpp"
#include "metrics_add.hpp"
#include "settle/coordinator/engine.hpp"
#include "settle/participants/protocol.hpp"
#include "stats_store.hpp"
#include "sweep_run.hpp"

namespace settle {

// Runs once the record that it waits for is durable, or with the error that stopped the journal.
using OnDurable = std::function<void(const Status&)>;

class EngineImpl final : public Engine {
 public:
  EngineImpl(EngineConfig config, Loop& loop, Journal& journal, HttpClient& client,
             std::shared_ptr<const KeyRing> keys);
  ~EngineImpl() override;

  Status recover() override;
  TimeMs last_journalled() const override { return last_at_; }
  void on_wake() override;
  void clock_diverged(DurationMs engine_minus_wall) override;

  void submit(SubmitRequest request, Then<PurchaseView> then) override;
  void await_outcome(const PurchaseId& id, DurationMs wait, Then<PurchaseView> then) override;
  void show(const PurchaseId& id, Then<PurchaseView> then) override;
  void list(ListQuery query, Then<ListPage> then) override;
  void attempts(const PurchaseId& id, AttemptsQuery query, Then<AttemptsPage> then) override;
  void cancel(const PurchaseId& id, Act act, Then<PurchaseView> then) override;
  void retry(const PurchaseId& id, Act act, std::string step, Then<PurchaseView> then) override;
  void resolve(const PurchaseId& id, Act act, std::string step, Resolution resolution,
               Then<PurchaseView> then) override;
  void reopen(const PurchaseId& id, Act act, Then<PurchaseView> then) override;
  void assign(const PurchaseId& id, Act act, std::string to, Then<PurchaseView> then) override;
  void note(const PurchaseId& id, std::string who, std::string text, Then<PurchaseView> then) override;
  void count_letters(ListQuery query, Then<LetterCount> then) override;
  void foresee(BulkOrder order, Then<BulkForecast> then) override;
  void begin_bulk(BulkOrder order, Then<BulkReport> then) override;
  Result<BulkReport> bulk_report(std::string_view id) const override;
  Result<std::vector<BulkReport>> bulk_reports(std::size_t limit) const override;
  void stop_bulk(std::string_view id, Act act, Then<BulkReport> then) override;
  void sweep(Then<SweepReport> then) override;
  void callback(std::string_view token, std::string_view body, Then<Done> then) override;
  const Registry& registry() const override { return registry_; }
  void put_participant(Participant participant, Then<PutOutcome> then) override;
  void put_merchant(Merchant merchant, Then<PutOutcome> then) override;
  void erase_participant(std::string_view name, Then<Done> then) override;
  void erase_merchant(std::string_view id, Then<Done> then) override;
  std::vector<std::shared_ptr<const Definition>> definitions() const override;
  void put_definition(Definition definition, Then<PutOutcome> then) override;
  const PolicySet& policies() const override { return book_.policies(); }
  void put_policy(std::string name, RetryPolicy policy, PolicyChange change, Then<PutOutcome> then) override;
  std::vector<EndpointView> endpoints() const override { return gates_.view(now()); }
  void disable_endpoint(const std::string& target, Operation operation, Act act, Then<Done> then) override;
  void enable_endpoint(const std::string& target, Operation operation, Act act, Then<Done> then) override;
  void pause(Act act, Then<Done> then) override;
  void resume(Act act, Then<Done> then) override;
  bool paused() const override { return paused_; }
  Result<JournalPage> journal(std::string_view cursor, const std::optional<PurchaseId>& purchase,
                              std::size_t limit) const override;
  void note(RecordKind kind, std::string event, std::vector<DocumentChange> documents,
            Then<Done> then) override;
  std::vector<std::uint64_t> heads() const override;
  void when_durable(Then<Done> then) override;
  Result<std::shared_ptr<const Definition>> definition(std::string_view name,
                                                       std::uint32_t version) const override {
    return book_.find(name, version);
  }
  const MetricCounters& counters() const override { return counters_; }
  EngineGauges gauges() const override;
  void stats(StatsQuery query, Then<StatsAnswer> then) override;
  Status ready() const override;
  EngineFigures figures() const override;
  void stop(DurationMs patience, std::function<void()> then) override;

 private:
  friend class EngineMeddler;  // a test's: takes away what the sweep must put back
  using Body = decltype(Event::what);

  // Events (engine.cpp). `apply` is the only way that a purchase changes.
  struct Applied {
    Verdict verdict = Verdict::applied;
    std::string refusal;
  };
  Result<Applied> apply(Live& live, Body what, bool someone_waits);
  Append record_of(Live& live, const Event& event, const Advanced& advanced,
                   const std::set<Lane>& lanes_before);
  void after(Ticket ticket, OnDurable run);
  void on_durable(Ticket ticket, const Status& status);
  void release(const PurchaseId& id, Ticket ticket, const std::vector<Effect>& effects);
  Result<Appended> append(Append append);
  void fail(const Error& error);
  TimeMs now() const;
  void count_states(PurchaseState before, const Purchase& after);

  // Calls (engine_calls.cpp).
  void dispatch(const PurchaseId& id, const Effect& effect, bool forced);
  // Of a call that left.
  struct Departure {
    EndpointKey endpoint;
    CallKind kind;
    TimeMs at;
  };
  void answer(const PurchaseId& id, const Effect& effect, const Departure& departure, const HttpAnswer& came);
  void no_call(const PurchaseId& id, const Effect& effect, const Error& error);
  CallContext context(const Live& live, const Effect& effect) const;
  TimeMs in_engine_time(TimeMs wall) const;
  void alert(const Live& live, const Effect& effect);
  static void alert_of_window(const Live& live, const Effect& effect);
  bool given_back(Live& live, const Effect& effect, const Departure& departure);

  // Gates (engine_gates.cpp).
  EndpointKey endpoint_of_call(const Live& live, std::uint8_t step, Operation operation) const;
  CallLimits limits_of(const EndpointKey& endpoint) const;
  std::optional<CallKind> pass(Live& live, const Effect& effect, bool forced);
  bool hold(Live& live, std::uint8_t step, Operation operation, std::uint16_t attempt, HeldBy by);
  bool hold_due(Live& live);
  void return_unused(Live& live);
  void ended(const Departure& departure, CallEnd end);
  void gate_changed(const EndpointKey& endpoint, GateChange change, const Act* act, OnDurable then);
  void keep_failing(const EndpointKey& endpoint);
  std::set<Lane> lanes_of_held(const Live& live) const;
  void index_lanes(const std::set<Lane>& before, const Live& live, Append& append);
  void never_left(const EndpointKey& endpoint, CallKind kind);
  void wake_if_open(const Live& live);
  std::uint32_t stretch() const;
  Status known_endpoint(const std::string& target, Operation operation) const;
  enum class Change : std::uint8_t { none, secrets, address };
  void enable_changed(const std::string& target, Change change);

  // Lanes (engine_lanes.cpp).
  void work_gates();
  bool lanes_to_work() const;
  void work_lanes_by(TimeMs at);
  void came_free(const std::string& target);
  void answered_again(const EndpointKey& endpoint);
  void wake_after_success();
  void probe(const EndpointKey& endpoint);
  TimeMs due_at(const PurchaseId& id, const EndpointKey& endpoint);
  void drain_lanes();
  bool drain(const std::string& lane, Drain& drain, std::size_t& room);
  bool wake_probing(const std::string& lane, std::optional<Journal::IndexEntry>& after, std::size_t& room);
  std::optional<HeldBy> release_steps(const PurchaseId& id, const std::string& lane);
  void wake_lanes(const EndpointKey& endpoint);
  void drain_soon(std::string lane);
  void resume_gates();
  void probe_later(const EndpointKey& endpoint, TimeMs at);  // 0: not

  // Registrations that changed (engine_moved.cpp).
  void registration_changed(const std::string& target, Change change);
  static DocumentChange moved_document(const std::string& target, TimeMs at);
  Status load_moved(const Document& document);
  void resume_moved();
  void begin_moved(const std::string& target, TimeMs at);
  void moved_slice();
  void retry_moved(const std::string& target, TimeMs at, const PurchaseId& id);

  // Memory and time (engine_rest.cpp).
  Result<Live*> find(const PurchaseId& id);  // from memory or disk; nullptr: there is no such purchase
  Live& adopt(std::unique_ptr<Live> live);
  std::unique_ptr<Live> thaw(const PurchaseId& id, const Snapshot& snapshot, Error& error) const;
  void schedule(Live& live);
  bool at_rest(const Live& live) const;
  void rest(Live& live, Append& append);  // adds snapshot, due time and index entries to the record
  void let_go(const PurchaseId& id);      // out of memory, if nothing keeps it
  void wake_due();
  struct Shard;
  void wake_due_on_disk();
  Status load_first();
  Status load_shard(ShardId id, std::size_t& room);
  Result<bool> load_due(const PurchaseId& id);
  void tell_unreadable(const PurchaseId& id, const Error& error);
  static TimeMs due_since(const Shard& shard);
  static void index_due(const Live& live, bool put, Append& append);
  void expire_waiters();
  void set_alarm();
  void tell_waiters(Live& live);
  std::optional<TimeMs> inquiry_at(const Live& live) const;
  bool in_doubt(const Live& live) const;
  void inquire(const PurchaseId& id);
  void inquire_later();
  void reply_and_ask(Live& live, bool same_cart, Then<PurchaseView> then);
  bool pass_over(const PurchaseId& id, const Error& error);
  void reply(Live& live, bool created, bool same_cart, Then<PurchaseView> then);
  static PurchaseView view_of(const Live& live);

  // Attempts (engine_attempts.cpp).
  struct AttemptsReading;
  void read_attempts(const std::shared_ptr<AttemptsReading>& reading);

  // Recovery (engine_recovery.cpp).
  Status load_documents();
  Status recover_shard(ShardId shard);
  Status replay(const Record& record, std::unordered_map<PurchaseId, std::uint64_t, PurchaseIdHash>& saved);
  Status as_of(Live& live, const Event& event) const;
  Result<std::unique_ptr<Live>> thaw_saved(const PurchaseId& id) const;
  Result<std::unique_ptr<Live>> first_of(const Event& event, ShardId shard) const;
  Status note_claim(const Record& record);
  void note_writer_went_on(const Record& record);
  void resume_all();

  // Submission (engine_submit.cpp).
  Status accepting() const;
  Status callable(const Definition& definition, const Order& order) const;
  Result<Live*> found_before(const PurchaseId& id, const SubmitRequest& request, bool& same_cart,
                             Ticket& told_by);
  void refuse_after(Ticket ticket, Error error, Then<PurchaseView> then);
  void join_cart(const PurchaseId& id, const PurchaseId& holder, const SubmitRequest& request,
                 Then<PurchaseView> then);
  void reply_joined(const PurchaseId& holder, Ticket ticket, Then<PurchaseView> then);
  Result<Live*> cart_holder(const Order& order, const PurchaseId& wanted);
  Status claim_cart(const Order& order, const PurchaseId& holder);
  void release_orphaned_carts();
  Result<Live*> begin(const PurchaseId& id, const SubmitRequest& request, const PurchaseId& predecessor);
  std::string cart_key(const Order& order) const;
  ShardId cart_shard(const Order& order) const;

  // Guards (engine_guard.cpp).
  std::string fingerprint(const Order& order) const;
  void index_fingerprint(const Purchase& purchase, Append& append) const;
  void note_fingerprint(const Live& live);
  Result<std::optional<PurchaseId>> lookalike(const Order& order);
  Result<bool> stands(const PurchaseId& id);
  bool refused_as_duplicate(const SubmitRequest& request, Then<PurchaseView>& then);
  bool refused_by_rate(const SubmitRequest& request, Then<PurchaseView>& then);
  void count_buyer(const Order& order);
  BuyerRate::Buyer buyer_of(const Order& order) const;

  // Acts (engine_acts.cpp).
  // `paced`: a retry's calls leave as the gates let them, since it is one of many.
  void act(const PurchaseId& id, Body what, Then<PurchaseView> then, bool paced = false);
  void retry(const PurchaseId& id, Act act, std::string step, bool paced, Then<PurchaseView> then);
  Result<Body> resolve_body(const Live& live, Act act, std::uint8_t index, Resolution resolution) const;
  struct Reopening {
    SubmitRequest request;
    PurchaseId fresh;
  };
  Result<Reopening> reopening(const PurchaseId& id, Ticket& told_by);
  void take_back_orphaned_links();
  static int step_number(const Definition& definition, std::string_view step);

  // Registry (engine_registry.cpp).
  void put_document(RecordKind kind, std::string event, DocumentChange change, OnDurable then);
  Status changeable(const char* kind, std::string_view key) const;
  void put_documents(RecordKind kind, std::string event, std::vector<DocumentChange> changes, OnDurable then);
  void change_registration(std::string event, std::vector<DocumentChange> changes, OnDurable then);
  void add_definition(Definition definition, OnDurable then);
  void after_definitions(OnDurable then);
  void add_policies(PolicySet policies, std::string event, OnDurable then);
  void bring_shipped_policies();
  Status window_may_change(const std::string& name, const RetryPolicy& before,
                           const RetryPolicy& after) const;
  void set_paused(bool paused, Act act, Then<Done> then);

  // Reading (engine_read.cpp).
  Result<std::vector<Journal::IndexEntry>> candidates(const ListQuery& query,
                                                      const std::optional<Journal::IndexEntry>& before) const;

  // Dead letters (engine_letters.cpp).
  struct LetterWalk;
  void walk_letters(std::shared_ptr<LetterWalk> walk);
  Result<Body> body_of(const BulkOrder& order, const Live& live, int step) const;
  BulkForecast::One forecast(const BulkOrder& order, const BulkTarget& target);
  void post(std::function<void()> work);  // later on this thread, if the engine still lives

  // Bulk acts (engine_bulk.cpp).
  Status load_bulk_acts();
  void resume_bulk();
  void bulk_slice();
  void take_bulk_slice(const ListPage& page);
  void act_in_bulk();
  void do_bulk_target(const BulkTarget& target);
  Status still_a_target(const BulkOrder& order, const BulkTarget& target);
  Result<BulkOutcome> done_before_the_crash(const BulkTarget& target);
  void bulk_answered(const BulkTarget& target, const Result<BulkOutcome>& outcome);
  void count_bulk(const BulkTarget& target, const Result<BulkOutcome>& outcome);
  void keep_bulk(const char* event, OnDurable then);
  void end_bulk();

  // The sweep (engine_sweep.cpp).
  void start_sweep();
  void sweep_slice();
  void sweep_memory();
  Status sweep_open();
  Status sweep_due();
  Result<std::optional<TimeMs>> owed_on_disk(const PurchaseId& id);
  Status sweep_purchase(const PurchaseId& id);
  Status sweep_unwoken(const PurchaseId& id);
  Status remember(Live& live);
  Status sweep_entry(ShardId shard, const DueEntry& entry);
  void tell_repaired(const PurchaseId& id, const char* what);
  void end_sweep(const Status& status);

  // Numbers (engine_stats.cpp).
  struct StatsScan;
  void count(const Position& position, const RecordFacts& facts);
  void follow_stats();
  void note_fold();
  void write_stats();
  Status load_stats();
  void stop_stats(const Error& error);
  Status fold_again(const Record& record);
  Result<Live*> replayed_before(const Record& record, const Event& event);
  Status replay_before(Live& live, const Record& record) const;
  void read_stats(const std::shared_ptr<StatsScan>& scan);

  EngineConfig config_;
  Loop& loop_;
  Journal& journal_;
  HttpClient& client_;
  std::shared_ptr<const KeyRing> keys_;
  int listener_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // callbacks of a gone engine do nothing

  Registry registry_;
  DefinitionBook book_;
  bool paused_ = false;
  bool stopping_ = false;
  std::optional<Error> failed_;

  struct Shard {
    Epoch epoch;
    std::uint64_t last_lsn = 0;
    std::set<std::pair<std::uint64_t, PurchaseId>> unsaved;  // Live::unsaved_from of its purchases
    TimeMs next_due;  // the earliest entry on disk of a purchase that is not in memory, or earlier
    TimeMs due_from;  // of the earliest entry that was due when it was looked last; 0: none was
    std::uint32_t appends_since_floor = 0;
    bool stats_live = false;       // its records are folded as they get durable; else from the log
    std::uint64_t stats_told = 0;  // LSN of the last durable record of a purchase, or the head at start
  };
  std::vector<Shard> shards_;
  std::unordered_map<PurchaseId, std::unique_ptr<Live>, PurchaseIdHash> live_;
  std::set<std::pair<TimeMs, PurchaseId>> wakes_;
  std::set<std::pair<TimeMs, std::pair<PurchaseId, std::uint64_t>>> waits_;  // Waiter::until
  std::uint64_t waiter_number_ = 0;
  std::set<std::pair<TimeMs, PurchaseId>>
      inquiries_;  // for those who wait, once the participant may be asked
  std::map<std::string, PurchaseId, std::less<>>
      claims_;  // carts claimed by records that are not durable yet
  struct LastClaim {
    ShardId shard;
    Epoch epoch;
    std::string cart;
    PurchaseId holder;
  };
  std::vector<LastClaim> last_claims_;  // after which their writer left nothing; until recovery has resumed
  struct LastLink {
    ShardId shard;
    Epoch epoch;
    PurchaseId purchase;
  };
  std::vector<LastLink> last_links_;  // likewise: purchases that were linked to a successor last

  // Keys answered through their cart by records that are not durable yet.
  struct Alias {
    PurchaseId holder;
    std::array<std::uint8_t, 32> digest{};
    Ticket ticket;
  };
  std::map<std::string, Alias> aliases_;

  // Purchases by fingerprint whose first record, with the entry in the index, is not durable yet.
  std::multimap<std::string, PurchaseId> fresh_fingerprints_;
  BuyerRate buyer_rate_;

  struct Deferred {
    Ticket ticket;
    OnDurable run;
  };
  std::set<std::pair<std::string, std::string>> changing_;  // registrations with a change not durable yet

  std::deque<Deferred> deferred_;  // in the order of tickets
  Ticket durable_;                 // the last that the journal told of
  Ticket appended_;                // the last that was given out
  Ticket definitions_ticket_;      // of the last put of a definition
  mutable TimeMs last_at_;
  std::uint16_t due_turn_ = 0;       // the shard that wake_due_on_disk begins with
  std::set<PurchaseId> unreadable_;  // damaged, and told to a person
  Gates gates_;
  std::map<std::string, Drain>
      draining_;  // lanes whose gate lets through, where something may wait; by importance
  std::map<std::string, std::optional<Journal::IndexEntry>>
      waking_;                                 // lanes whose probing steps are woken, and how far that is
  std::map<EndpointKey, PurchaseId> probers_;  // who found out last
  std::map<EndpointKey, TimeMs> probe_at_;     // gates that want a probe, and when
  std::set<std::pair<TimeMs, EndpointKey>> probes_by_time_;  // the same
  TimeMs drain_at_;                           // when draining_ and its like are worked on again
  std::map<char, std::string> drained_last_;  // of each rank, the lane that had its turn last
  std::set<EndpointKey> recovered_;           // where a call succeeded, and something probes
  std::map<std::string, std::optional<Journal::IndexEntry>> probed_to_;  // how far that woke it, by lane
  std::map<std::string, Moved> moved_;  // targets whose registration changed, with what is parked at them
  TimeMs moved_at_;                     // the next slice of that; 0: none
  DurationMs due_lag_{0};               // how long the earliest entry on disk has been due
  TimeMs alarm_;                        // what the loop was last asked for

  std::optional<BulkJob> bulk_;     // the one that runs
  Ticket bulk_ticket_;              // of its last record
  std::set<std::string> bulk_ids_;  // of those that are kept
  std::unique_ptr<SweepRun> sweep_;
  TimeMs sweep_at_;  // the next one, or the next slice of this one; 0: none

  std::uint64_t calls_out_ = 0;
  std::function<void()> stopped_;
  TimeMs stop_by_;
  EngineFigures figures_;

  MetricCounters counters_;
  StatsStore stats_;
  TimeMs stats_due_;            // when they are written; 0: nothing has changed
  bool stats_stopped_ = false;  // what is to be folded next cannot be read
  std::uint16_t stats_turn_ = 0;
  // Purchases as of the next record that is folded from the log; only while there is something to catch up.
  std::unordered_map<PurchaseId, std::unique_ptr<Live>, PurchaseIdHash> replayed_;
};

}  // namespace settle
