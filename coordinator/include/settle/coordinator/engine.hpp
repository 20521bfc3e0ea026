#pragma once
// The engine: takes requests, events and time; advances purchases; journals; and lets effects leave once they
// are durable. Single-threaded: everything here is called on the loop's thread, and every `then` is called
// there, exactly once, later or from within the call; never after the engine is gone. A `then` that carries a
// purchase's state is called only after the transition that it shows is durable (the law).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settle/coordinator/attempt.hpp"
#include "settle/coordinator/dead_letters.hpp"
#include "settle/coordinator/endpoints.hpp"
#include "settle/coordinator/guards.hpp"
#include "settle/coordinator/loop.hpp"
#include "settle/coordinator/metrics.hpp"
#include "settle/crypto/keys.hpp"
#include "settle/participants/http_client.hpp"
#include "settle/participants/registry.hpp"
#include "settle/statemachine/advance.hpp"
#include "settle/wal/journal.hpp"

namespace settle {

struct EngineConfig {
  std::string callback_base;              // "http://127.0.0.1:7070", where callbacks reach this daemon
  std::uint32_t in_motion_max = 100'000;  // purchases in memory; past it submits get `overloaded`
  DurationMs rest_after{2'000};           // a purchase that waits longer than this rests on disk
  std::uint32_t recovery_scan = 1'000;    // records read at once while recovering
  GatePolicy gates;
  GuardConfig guards;
  bool resolve_needs_second_person = false;
  DurationMs sweep_every{0};       // 0: only when somebody asks
  DurationMs stats_every{10'000};  // how often statistics are written, if they have changed
  std::uint32_t stats_slice = 64;  // records folded, and buckets read, before anything else has its turn
};

// What a shop asks. Strings are valid UTF-8 and within the API's limits already.
struct SubmitRequest {
  Order order;
  std::string definition = "purchase";
  DurationMs deadline{0};                 // from now; 0: the definition's
  std::array<std::uint8_t, 32> digest{};  // SHA-256 of the request in canonical form (I5)
  bool allow_duplicate = false;           // the fingerprint guard does not ask
  std::shared_ptr<GuardRefusal> refusal;  // filled in before `then` where a guard refuses; may be null
};

struct PurchaseView {
  std::shared_ptr<const Definition> definition;
  Purchase purchase;
  bool created = false;    // by this request; else it was there before
  bool same_cart = false;  // found by its cart id, under another key or order number
};

struct ListPage {
  TimeMs at;                            // engine time of the look
  std::vector<PurchaseView> purchases;  // newest first
  std::uint64_t unreadable = 0;         // passed over, since they cannot be read; alerted
  std::string next_cursor;              // empty: the last page
};

struct AttemptsQuery {
  std::string cursor;
  std::size_t limit = 50;  // 1..200
};

struct JournalPage {
  std::vector<Record> records;
  std::string next_cursor;  // where to go on, also when nothing is there yet
};

struct EngineFigures {
  std::uint64_t in_motion = 0, submitted = 0, completed = 0, cancelled = 0, parked = 0, alerts = 0, calls = 0;
  std::uint64_t sweeps = 0, wakeups_repaired = 0;
  JournalFigures journal;
};

template <class T>
using Then = std::function<void(Result<T>)>;

class Engine {
 public:
  // All outlive the engine. `keys` is shared with the API for nothing but sealing.
  static std::unique_ptr<Engine> create(EngineConfig config, Loop& loop, Journal& journal, HttpClient& client,
                                        std::shared_ptr<const KeyRing> keys);
  virtual ~Engine() = default;

  // Opens every shard, reads registry, snapshots and tails, resumes what was in flight. Blocks. Errors:
  // damaged (with the position), replay_mismatch, io. Call once, before anything else.
  virtual Status recover() = 0;
  // The last journalled time, known after recover(); the loop's time must not be before it.
  virtual TimeMs last_journalled() const = 0;
  virtual void on_wake() = 0;
  // The wall clock was set, or runs at another pace: journalled for the reader of the log; it moves no
  // deadline.
  virtual void clock_diverged(DurationMs engine_minus_wall) = 0;

  // Errors: paused, overloaded, journal_failed, stopping (all 503); idempotency_key_reused,
  // cart_id_reused, unknown_definition, unknown_participant, missing_endpoint, unknown_merchant (all 422);
  // possible_duplicate (409), buyer_rate_limited (429).
  virtual void submit(SubmitRequest request, Then<PurchaseView> then) = 0;
  // The purchase once it is settled for the shop (all confirmed, or cancelled), or as it stands after `wait`.
  // What is in doubt is asked about, as by show. Errors: not_found.
  virtual void await_outcome(const PurchaseId& purchase, DurationMs wait, Then<PurchaseView> then) = 0;
  // As it stands. If a try is in doubt, its participant is asked at once, too, and a confirm that only waits
  // is repeated (seldom: inquiry_gap).
  virtual void show(const PurchaseId& purchase, Then<PurchaseView> then) = 0;
  virtual void list(ListQuery query, Then<ListPage> then) = 0;  // errors: invalid_cursor

  // What was sent to participants and what came back, as the purchase's log has it. Asks nobody. Errors:
  // not_found, invalid_cursor, damaged.
  virtual void attempts(const PurchaseId& purchase, AttemptsQuery query, Then<AttemptsPage> then) = 0;

  // Errors: not_found, state_forbids (409, the detail says why), journal_failed.
  virtual void cancel(const PurchaseId& purchase, Act act, Then<PurchaseView> then) = 0;
  // `step` empty: every step that waits or is parked. Errors also: unknown_step.
  virtual void retry(const PurchaseId& purchase, Act act, std::string step, Then<PurchaseView> then) = 0;
  // `done` of anything but a delivery moves money, stock or cards by hand, and needs evidence
  // (missing_field); of what keeps secrets (card codes) also the result. Where it takes two persons, the
  // first one's resolve is a proposal (Step::proposed_by in the view), and the same by another one within
  // proposal_lasts carries it out. Errors also: unknown_step, invalid_field, second_person_needed (409: the
  // same person again), proposal_differs (409).
  virtual void resolve(const PurchaseId& purchase, Act act, std::string step, Resolution resolution,
                       Then<PurchaseView> then) = 0;
  // Both are kept whatever the state. `to` empty: nobody any more.
  virtual void assign(const PurchaseId& purchase, Act act, std::string to, Then<PurchaseView> then) = 0;
  virtual void note(const PurchaseId& purchase, std::string who, std::string text,
                    Then<PurchaseView> then) = 0;
  // A new purchase with new keys, linked both ways; at most one open successor. Errors also: undo_not_over.
  virtual void reopen(const PurchaseId& purchase, Act act, Then<PurchaseView> then) = 0;

  // Dead letters: what `query`, whose `parked` is set, finds. Looked at in slices, new purchases in between.
  virtual void count_letters(ListQuery query, Then<LetterCount> then) = 0;
  virtual void foresee(BulkOrder order, Then<BulkForecast> then) = 0;
  // Begins: each act is one of the above, with its own record. One at a time: bulk_act_running (409). A crash
  // in the middle is gone on from after the restart, and nothing is done twice.
  virtual void begin_bulk(BulkOrder order, Then<BulkReport> then) = 0;
  // The newest bulk_acts_kept are known. Errors: not_found.
  virtual Result<BulkReport> bulk_report(std::string_view id) const = 0;
  virtual Result<std::vector<BulkReport>> bulk_reports(std::size_t limit) const = 0;  // newest first
  // Takes nothing more in hand. Errors: not_found, state_forbids (it is over), journal_failed.
  virtual void stop_bulk(std::string_view id, Act act, Then<BulkReport> then) = 0;
  static constexpr std::size_t bulk_acts_kept = 100;

  // Looks whether each open purchase has exactly its one wake-up, and repairs what has not (I17). One that
  // runs already is joined.
  virtual void sweep(Then<SweepReport> then) = 0;

  // Errors: unknown_token (404), invalid_callback (400), contradiction (409, recorded), journal_failed.
  virtual void callback(std::string_view token, std::string_view body, Then<Done> then) = 0;

  // The registry. Puts and erases are durable before `then`; putting what is there already stores nothing.
  // Errors: in_use (a definition's newest version names the participant), journal_failed.
  virtual const Registry& registry() const = 0;
  struct PutOutcome {
    bool created = false, changed = false;
  };
  virtual void put_participant(Participant participant, Then<PutOutcome> then) = 0;
  virtual void put_merchant(Merchant merchant, Then<PutOutcome> then) = 0;
  // Retires: unknown at once to all that is new, still reached by purchases in flight, revived by a put.
  // Errors also: not_found.
  virtual void erase_participant(std::string_view name, Then<Done> then) = 0;
  virtual void erase_merchant(std::string_view id, Then<Done> then) = 0;
  // Newest version of each, by name. A put of a changed definition makes the next version. Errors:
  // invalid_definition, unknown_policy.
  virtual std::vector<std::shared_ptr<const Definition>> definitions() const = 0;
  virtual void put_definition(Definition definition, Then<PutOutcome> then) = 0;

  // The named policies in force; a put makes the next revision, which holds for each purchase from its next
  // event on. Shipped ones stay as they are, and none is ever deleted. Errors: invalid_policy,
  // policy_shipped, policy_window_shorter (409), too_many_policies (422).
  struct PolicyChange {
    Act act;                         // who and why, where they were said
    bool shorter_window_ok = false;  // of a policy that definitions use: what waits may be given up sooner
  };
  virtual const PolicySet& policies() const = 0;
  virtual void put_policy(std::string name, RetryPolicy policy, PolicyChange change,
                          Then<PutOutcome> then) = 0;

  // Endpoints that were called since the start, or are left alone.
  virtual std::vector<EndpointView> endpoints() const = 0;
  // Calls it no more, until it is enabled; enabling wakes what waited, and forgets that it failed. Both
  // survive a restart. `target`: a participant's name or "$merchant/ID". Errors: not_found (no such endpoint
  // is registered), journal_failed.
  virtual void disable_endpoint(const std::string& target, Operation operation, Act act, Then<Done> then) = 0;
  virtual void enable_endpoint(const std::string& target, Operation operation, Act act, Then<Done> then) = 0;

  // While paused no new purchase is taken; those in motion go on. Survives a restart.
  virtual void pause(Act act, Then<Done> then) = 0;
  virtual void resume(Act act, Then<Done> then) = 0;
  virtual bool paused() const = 0;

  // A page of the journal, after `cursor` (empty: from the beginning), over all shards or of one purchase.
  // Errors: invalid_cursor.
  virtual Result<JournalPage> journal(std::string_view cursor, const std::optional<PurchaseId>& purchase,
                                      std::size_t limit) const = 0;

  // For what lives beside the engine on its thread (settle/coordinator/outlet.hpp). A record in shard 0, of
  // kind registry or engine: `event` is JSON text that says what happened, `documents` change with it.
  // Errors: journal_failed.
  virtual void note(RecordKind kind, std::string event, std::vector<DocumentChange> documents,
                    Then<Done> then) = 0;
  // The last LSN of each shard, appended by now. Not all of it may be durable; when_durable tells when it is.
  virtual std::vector<std::uint64_t> heads() const = 0;
  virtual void when_durable(Then<Done> then) = 0;  // what was appended by now; errors: journal_failed
  // Any version, for those who read old records. Errors: damaged (the journal does not hold it).
  virtual Result<std::shared_ptr<const Definition>> definition(std::string_view name,
                                                               std::uint32_t version) const = 0;
  // The numbers (docs/numbers.md). Counters and gauges read no disk; they say what is durable.
  virtual const MetricCounters& counters() const = 0;
  virtual EngineGauges gauges() const = 0;
  // Errors: invalid_parameter (more than points_max steps, or none), damaged, io.
  virtual void stats(StatsQuery query, Then<StatsAnswer> then) = 0;

  // Ok, or why no purchase is accepted: journal_failed, paused, stopping.
  virtual Status ready() const = 0;
  virtual EngineFigures figures() const = 0;

  // Stops taking purchases; `then` is called when no call is out any more, or after `patience`, and all is
  // durable.
  virtual void stop(DurationMs patience, std::function<void()> then) = 0;
};

// Definitions as JSON, as the API takes and shows them, and as they are stored. Errors: invalid_definition
// with a JSON pointer.
Result<Definition> parse_definition(std::string_view name, std::string_view json);
// What the journal holds: the older form too.
Result<Definition> parse_stored_definition(std::string_view name, std::string_view json);
std::string definition_json(const Definition& definition);

}  // namespace settle
