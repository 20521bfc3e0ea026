// Events: advance, journal, and let effects leave once they are durable (the law).

#include "engine_impl.hpp"
#include "settle/coordinator/log.hpp"
#include "settle/statemachine/bug.hpp"
#include "settle/wal/codec.hpp"

namespace settle {

std::unique_ptr<Engine> Engine::create(EngineConfig config, Loop& loop, Journal& journal, HttpClient& client,
                                       std::shared_ptr<const KeyRing> keys) {
  return std::make_unique<EngineImpl>(std::move(config), loop, journal, client, std::move(keys));
}

EngineImpl::EngineImpl(EngineConfig config, Loop& loop, Journal& journal, HttpClient& client,
                       std::shared_ptr<const KeyRing> keys)
    : config_(std::move(config)),
      loop_(loop),
      journal_(journal),
      client_(client),
      keys_(std::move(keys)),
      buyer_rate_(config_.guards),
      gates_(config_.gates) {
  shards_.resize(journal_.shard_count());
  // One hop a sync, not one a record: the listener names the last durable ticket.
  listener_ =
      journal_.listen([this, alive = std::weak_ptr<bool>(alive_)](Ticket durable, const Status& status) {
        loop_.post([this, alive, durable, status] {
          if (alive.lock()) on_durable(durable, status);
        });
      });
}

EngineImpl::~EngineImpl() {
  alive_.reset();
  journal_.unlisten(listener_);
}

// Never back, whatever the loop says: recorded times order a purchase's events.
TimeMs EngineImpl::now() const {
  const TimeMs now = loop_.now();
  if (last_at_ < now) last_at_ = now;
  return last_at_;
}

Result<Appended> EngineImpl::append(Append append) {
  Shard& shard = shards_[append.shard.number];
  append.epoch = shard.epoch;
  // Now and then recovery is told from where it must read: the oldest record that no snapshot covers.
  if (++shard.appends_since_floor >= 256) {
    shard.appends_since_floor = 0;
    append.recovery_floor = shard.unsaved.empty() || SETTLE_BUG(recovery_floor_too_high)
                                ? shard.last_lsn + 1
                                : shard.unsaved.begin()->first;
  }
  Result<Appended> appended = journal_.append(std::move(append));
  if (!appended) {
    fail(appended.error());
    return appended;
  }
  shard.last_lsn = appended->position.lsn;
  appended_ = appended->ticket;
  return appended;
}

namespace {

// How a purchase is found by other things than its id; written once, with its first record.
void index_order(const Purchase& p, Append& append) {
  const auto put = [&](const char* name, const std::string& value) {
    append.indexes.push_back({true, name, value, p.submitted_at, p.id});
  };
  put("all", "");
  put("shop", p.order.shop);
  put("order", p.order.order_id);
  put("buyer", p.order.buyer);
}

// Bit i: step i is parked, or tried again slowly.
std::uint32_t steps_with_a_person(const Purchase& purchase) {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < purchase.steps.size(); ++i)
    if (purchase.steps[i].state == StepState::parked || purchase.steps[i].probing)
      bits |= std::uint32_t{1} << i;
  return bits;
}

// Event::notices: the alerts, and the steps that went on after having been with a person. While the decision
// is overdue nothing goes on.
std::string notices_of(const std::vector<Effect>& effects, std::uint32_t went_on, const Purchase& purchase) {
  std::string notices;
  const auto add = [&notices](std::string_view code, std::size_t step, Operation operation) {
    if (!notices.empty()) notices += ',';
    notices.append(code).append(1, ':').append(std::to_string(step)).append(1, ':');
    notices += std::to_string(static_cast<int>(operation));
  };
  for (const Effect& effect : effects)
    if (effect.kind == Effect::Kind::alert) add(effect.code, effect.step, effect.operation);
  for (std::size_t i = 0; i < purchase.steps.size() && went_on != 0; ++i)
    if ((went_on >> i & 1U) != 0) add("unparked", i, purchase.steps[i].operation);
  return notices;
}

}  // namespace

Append EngineImpl::record_of(Live& live, const Event& event, const Advanced& advanced,
                             const std::set<Lane>& lanes_before) {
  Append append;
  append.shard = live.shard;
  append.at = event.at;
  append.purchase = live.purchase.id;
  append.event = encode(event);
  append.transitions = encode(advanced.transitions);
  if (live.purchase.revision == 1) {
    index_order(live.purchase, append);
    index_fingerprint(live.purchase, append);
  }
  if (live.due_on_disk) {
    index_due(live, false, append);
    append.due_remove = std::exchange(live.due_on_disk, TimeMs{});
    live.first_on_disk = false;
  }
  if (at_rest(live)) rest(live, append);
  index_lanes(lanes_before, live, append);
  return append;
}

Result<EngineImpl::Applied> EngineImpl::apply(Live& live, Body what, bool someone_waits) {
  if (failed_) return *failed_;
  if (live.definition->policies != book_.policies().revision) {
    // A changed policy holds from the next event on (docs/retry.md).
    auto current = book_.find(live.definition->name, live.definition->version);
    if (!current) return current.error();
    live.definition = std::move(*current);
  }
  Event event{now(),           registry_.queryable(*live.definition),
              std::move(what), live.definition->policies,
              stretch(),       {}};
  const PurchaseState before = live.purchase.state;
  const std::uint32_t helped = steps_with_a_person(live.purchase);
  const auto lanes_before = lanes_of_held(live);
  const PurchaseBefore was(live.purchase);
  Advanced advanced = advance(*live.definition, std::move(live.purchase), event);
  RecordFacts facts;
  if (advanced.verdict != Verdict::refused) facts = facts_of(live.definition, was, event, advanced);
  live.purchase = std::move(advanced.purchase);
  if (advanced.verdict == Verdict::refused) return Applied{advanced.verdict, std::move(advanced.refusal)};

  const bool decides = live.purchase.overdue && live.purchase.state == PurchaseState::trying;
  const std::uint32_t went_on = decides ? 0 : helped & ~steps_with_a_person(live.purchase);
  event.notices = notices_of(advanced.effects, went_on, live.purchase);
  const bool was_saved = live.unsaved_from == 0;
  Append record = record_of(live, event, advanced, lanes_before);
  const bool saved = record.snapshot.has_value();
  const bool settled = live.purchase.state != PurchaseState::trying &&
                       live.purchase.state != PurchaseState::confirming &&
                       live.purchase.state != PurchaseState::cancelling;
  record.sync = someone_waits || !advanced.effects.empty() || (settled && !live.waiters.empty());
  Result<Appended> appended = append(std::move(record));
  if (!appended) return appended.error();

  Shard& shard = shards_[live.shard.number];
  if (!was_saved && saved) shard.unsaved.erase({std::exchange(live.unsaved_from, 0), live.purchase.id});
  if (was_saved && !saved)
    shard.unsaved.emplace(live.unsaved_from = appended->position.lsn, live.purchase.id);
  live.ticket = appended->ticket;
  live.durable = false;
  count_states(before, live.purchase);
  schedule(live);
  after(live.ticket, [this, id = live.purchase.id, ticket = live.ticket, position = appended->position,
                      facts = std::move(facts), effects = std::move(advanced.effects)](const Status& status) {
    if (!status.ok()) return;
    count(position, facts);
    release(id, ticket, effects);
  });
  return Applied{advanced.verdict, {}};
}

// Durable: the effects leave, waiters hear of it, and a purchase at rest leaves memory.
void EngineImpl::release(const PurchaseId& id, Ticket ticket, const std::vector<Effect>& effects) {
  const auto found = live_.find(id);
  if (found == live_.end()) return;
  Live& live = *found->second;
  if (live.ticket == ticket) live.durable = true;
  for (const Effect& effect : effects) {
    if (effect.kind == Effect::Kind::alert) {
      alert(live, effect);
    } else {
      dispatch(id, effect, live.forced == ticket);
    }
  }
  if (live.ticket == ticket) {
    wake_if_open(live);
    return_unused(live);
  }
  tell_waiters(live);
  let_go(id);
}

void EngineImpl::after(Ticket ticket, OnDurable run) {
  deferred_.push_back({ticket, std::move(run)});
}

void EngineImpl::on_durable(Ticket ticket, const Status& status) {
  if (!status.ok()) return fail(status.error());
  durable_ = ticket;
  while (!deferred_.empty() && !(ticket < deferred_.front().ticket)) {
    const OnDurable run = std::move(deferred_.front().run);
    deferred_.pop_front();
    run(status);
  }
  if (stopped_ && deferred_.empty()) return on_wake();
  set_alarm();
}

// I23: nothing is acknowledged and nothing leaves any more. What was in memory only is told to nobody.
void EngineImpl::fail(const Error& error) {
  if (failed_ || SETTLE_BUG(journal_failure_ignored)) return;
  failed_ = Error{"journal_failed", error.detail};
  log_alert("the journal failed: no purchase is accepted until a restart",
            {{"code", error.code}, {"detail", error.detail}});
  std::deque<Deferred> deferred = std::move(deferred_);
  deferred_.clear();
  const Status status = *failed_;
  for (Deferred& waiting : deferred) waiting.run(status);
  waits_.clear();
  std::vector<Waiter> waiters;  // taken out first: who is told may call the engine
  for (auto& [id, live] : live_)
    for (Waiter& waiter : std::exchange(live->waiters, {})) waiters.push_back(std::move(waiter));
  for (Waiter& waiter : waiters) waiter.then(*failed_);
  if (sweep_) end_sweep(*failed_);
}

void EngineImpl::count_states(PurchaseState before, const Purchase& after) {
  if (after.revision == 1) ++figures_.submitted;
  if (before == after.state) return;
  if (after.state == PurchaseState::completed) ++figures_.completed;
  if (after.state == PurchaseState::cancelled) ++figures_.cancelled;
}

Status EngineImpl::ready() const {
  if (failed_) return *failed_;
  if (Status health = journal_.health(); !health.ok()) return Error{"journal_failed", health.error().detail};
  if (stopping_) return Error{"stopping", "settled is stopping"};
  if (paused_) return Error{"paused", "an operator has paused new purchases"};
  return ok();
}

EngineFigures EngineImpl::figures() const {
  EngineFigures figures = figures_;
  figures.in_motion = live_.size();
  figures.journal = journal_.figures();
  return figures;
}

void EngineImpl::stop(DurationMs patience, std::function<void()> then) {
  stopping_ = true;
  stopped_ = std::move(then);
  stop_by_ = now() + patience;
  if (sweep_) end_sweep(Error{"stopping", "settled is stopping"});
  set_alarm();
  loop_.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.lock()) on_wake();
  });
}

}  // namespace settle
