// Memory and time: what is in motion lives in memory, what waits rests on disk, and nothing is forgotten
// (I17).

#include <algorithm>

#include "engine_impl.hpp"
#include "lanes.hpp"
#include "settle/coordinator/log.hpp"
#include "settle/statemachine/bug.hpp"
#include "settle/wal/codec.hpp"

namespace settle {
namespace {

constexpr std::size_t due_batch = 500;
constexpr std::size_t due_looked_at = 4 * due_batch;  // of which a batch takes the most important

// Purchases whose wake-up is about money, stock or cards: they have an index of their own beside the due-time
// index, in the same order, and are looked for there first.
bool comes_first(const Purchase& p) {
  return p.state == PurchaseState::trying || p.state == PurchaseState::confirming ||
         p.state == PurchaseState::cancelling;
}

// 0: a try, confirm, cancel or query is due, or a decision; 1: nothing but deliveries; 2: of low priority.
int rank_of_due(const Live& live, TimeMs time) {
  int rank = 3;
  for (std::size_t i = 0; i < live.purchase.steps.size(); ++i) {
    const Step& step = live.purchase.steps[i];
    if (!step.wake_at || step.wake_at > time) continue;
    if (step.operation != Operation::deliver) return 0;
    rank = std::min(rank, live.definition->steps[i].priority == Priority::low ? 2 : 1);
  }
  return rank == 3 ? 0 : rank;
}

// A record that the journal refused for its size would stop everybody (I19). The most that one carries: the
// snapshot with two results a step (what is proposed takes the place of what is not there yet), one more in
// the event, and 8 KiB a step and 64 KiB in all for the rest.
static_assert((2 * steps_max + 1) * stored_result_bytes_max + steps_max * (8 << 10) + (64 << 10) <=
              record_bytes_max);

}  // namespace

PurchaseView EngineImpl::view_of(const Live& live) {
  return PurchaseView{live.definition, live.purchase, false, false};
}

std::unique_ptr<Live> EngineImpl::thaw(const PurchaseId& id, const Snapshot& snapshot, Error& error) const {
  Result<Purchase> purchase = decode_purchase(snapshot.state);
  if (!purchase) return error = purchase.error(), nullptr;
  Result<std::shared_ptr<const Definition>> definition =
      book_.find(purchase->definition, purchase->definition_version);
  if (!definition) return error = definition.error(), nullptr;
  auto live = std::make_unique<Live>();
  live->definition = *definition;
  live->purchase = std::move(*purchase);
  live->shard = shard_of(id, journal_.shard_count());
  live->due_on_disk = next_wake(*live->definition, live->purchase);
  live->first_on_disk = live->due_on_disk && comes_first(live->purchase);
  live->indexed_state = live->purchase.state;
  // The sweep lists what is forgotten; its next record takes that back.
  live->indexed_person = needs_person(live->purchase) || forgotten(*live->definition, live->purchase);
  return live;
}

Live& EngineImpl::adopt(std::unique_ptr<Live> live) {
  const PurchaseId id = live->purchase.id;
  Live& adopted = *(live_[id] = std::move(live));
  return adopted;
}

Result<Live*> EngineImpl::find(const PurchaseId& id) {
  if (const auto found = live_.find(id); found != live_.end()) return found->second.get();
  Result<std::optional<Snapshot>> snapshot = journal_.snapshot(id);
  if (!snapshot) return snapshot.error();
  if (!snapshot->has_value()) return static_cast<Live*>(nullptr);
  Error error;
  std::unique_ptr<Live> live = thaw(id, **snapshot, error);
  if (!live) return error;
  Live& adopted = adopt(std::move(live));
  schedule(adopted);
  return &adopted;
}

bool EngineImpl::at_rest(const Live& live) const {
  if (!pending_effects(*live.definition, live.purchase).empty()) return false;
  const TimeMs wake = next_wake(*live.definition, live.purchase);
  return !wake || wake > now() + config_.rest_after;
}

void EngineImpl::rest(Live& live, Append& append) {
  append.snapshot = encode(live.purchase);
  append.due_put = live.due_on_disk = next_wake(*live.definition, live.purchase);
  if (SETTLE_BUG(due_time_late)) append.due_put = TimeMs{};
  live.first_on_disk = append.due_put && comes_first(live.purchase);
  index_due(live, true, append);
  const auto index = [&](bool put, const char* name, const char* value) {
    append.indexes.push_back({put, name, value, live.purchase.submitted_at, live.purchase.id});
  };
  const bool person = needs_person(live.purchase);
  if (live.indexed_state != live.purchase.state) {
    if (live.indexed_state) index(false, "state", name_of(*live.indexed_state));
    index(true, "state", name_of(live.purchase.state));
    live.indexed_state = live.purchase.state;
  }
  if (live.indexed_person != person && !SETTLE_BUG(person_not_listed)) index(person, "person", "");
  live.indexed_person = person;
}

// Beside the entry in the due-time index, put and removed with it.
void EngineImpl::index_due(const Live& live, bool put, Append& append) {
  if (live.first_on_disk)
    append.indexes.push_back({put, "due_first", "", oldest_first(live.due_on_disk), live.purchase.id});
}

void EngineImpl::schedule(Live& live) {
  const TimeMs wake = next_wake(*live.definition, live.purchase);
  if (live.wake_at == wake) return;
  if (live.wake_at) wakes_.erase({live.wake_at, live.purchase.id});
  live.wake_at = wake;
  if (wake) wakes_.emplace(wake, live.purchase.id);
}

void EngineImpl::let_go(const PurchaseId& id) {
  const auto found = live_.find(id);
  if (found == live_.end()) return;
  Live& live = *found->second;
  // Only what a snapshot holds completely, durably, may be forgotten here.
  const bool durable = live.durable || SETTLE_BUG(forgotten_before_durable);
  if (!durable || live.unsaved_from != 0 || !live.waiters.empty() || !at_rest(live)) return;
  if (live.wake_at) {
    wakes_.erase({live.wake_at, id});
    Shard& shard = shards_[live.shard.number];
    shard.next_due = earlier(shard.next_due, live.wake_at);
  }
  live_.erase(found);
}

void EngineImpl::on_wake() {
  const TimeMs time = now();
  alarm_ = TimeMs{};
  if (!failed_) wake_due_on_disk();
  if (!failed_) wake_due();
  if (!failed_) work_gates();
  if (!failed_ && !stopping_ && sweep_at_ && sweep_at_ <= time) sweep_slice();
  if (!failed_ && !stopping_ && moved_at_ && moved_at_ <= time) moved_slice();
  if (!failed_ && stats_due_ && stats_due_ <= time) write_stats();
  if (!failed_) inquire_later();
  expire_waiters();
  if (stopped_ && ((calls_out_ == 0 && deferred_.empty()) || stop_by_ <= time)) {
    if (!failed_) write_stats();
    const Status flushed = SETTLE_BUG(stopped_before_durable) ? ok() : journal_.flush();
    if (!flushed)
      log_error("the journal could not be flushed at the stop", {{"detail", flushed.error().detail}});
    std::exchange(stopped_, nullptr)();
  }
  set_alarm();
}

// Nobody waits for it, and nothing is made of it: times in the log are engine times, and who reads them
// beside another machine's finds here by how much they differ.
void EngineImpl::clock_diverged(DurationMs engine_minus_wall) {
  if (failed_) return;
  Append record;
  record.shard = ShardId{0};
  record.kind = RecordKind::engine;
  record.at = now();
  record.event = R"({"event":"clock_divergence","engine_minus_wall_ms":)" +
                 std::to_string(engine_minus_wall.count) + "}";
  record.sync = false;
  (void)append(std::move(record));
}

// Each purchase once per wake-up: one whose new wake-up is due at once again waits for the next round. The
// most important first, and of those what has been due longest (A13).
void EngineImpl::wake_due() {
  const TimeMs time = now();
  std::vector<std::pair<int, PurchaseId>> due;
  for (auto it = wakes_.begin(); it != wakes_.end() && it->first <= time && due.size() < due_looked_at;
       ++it) {
    const auto found = live_.find(it->second);
    due.emplace_back(found == live_.end() ? 0 : rank_of_due(*found->second, time), it->second);
  }
  std::stable_sort(due.begin(), due.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  due.resize(std::min(due.size(), due_batch));
  for (const auto& [rank, id] : due) {
    const auto found = live_.find(id);
    if (found == live_.end()) continue;
    Live& live = *found->second;
    if (!hold_due(live)) break;
    if (live.wake_at > time) {  // all that was due is held
      let_go(id);
      continue;
    }
    if (!apply(live, Due{}, false)) break;
  }
}

// One batch a round over all shards, a different shard first each time: new purchases keep their turn (A9),
// and no shard waits for another. What is about money, stock or cards has a batch of its own before that.
void EngineImpl::wake_due_on_disk() {
  const TimeMs time = now();
  const auto due = [&](const Shard& shard) { return shard.next_due && shard.next_due <= time; };
  if (std::any_of(shards_.begin(), shards_.end(), due)) {
    if (Status first = load_first(); !first) return fail(first.error());
  }
  const std::uint16_t count = journal_.shard_count();
  const std::uint16_t begin = due_turn_++ % count;
  std::size_t room = due_batch;
  for (std::uint16_t i = 0; i < count && room > 0; ++i) {
    const ShardId id{static_cast<std::uint16_t>((begin + i) % count)};
    if (!due(shards_[id.number])) continue;
    if (Status loaded = load_shard(id, room); !loaded) return fail(loaded.error());
  }
  due_lag_ = DurationMs{0};
  for (const Shard& shard : shards_)
    if (const TimeMs since = due_since(shard); since && since < time)
      due_lag_ = std::max(due_lag_, time - since);
}

// Since when something of the shard is due and not in memory, or from when on.
TimeMs EngineImpl::due_since(const Shard& shard) {
  return shard.due_from ? shard.due_from : shard.next_due;
}

Status EngineImpl::load_first() {
  const std::size_t past = std::min(unreadable_.size(), due_batch);
  const auto entries = journal_.index("due_first", "", std::nullopt, due_batch / 2 + past);
  if (!entries) return entries.error();
  for (const Journal::IndexEntry& entry : *entries) {
    if (oldest_first(entry.at) > now()) break;
    if (Result<bool> loaded = load_due(entry.purchase); !loaded) return loaded.error();
  }
  return ok();
}

// What cannot be read stays where it is and is read past (I19): it must be nobody's lateness, and where there
// is nothing else the shard has nothing to look for.
Status EngineImpl::load_shard(ShardId id, std::size_t& room) {
  Shard& shard = shards_[id.number];
  const TimeMs time = now();
  const std::size_t limit = room + unreadable_.size();
  Result<std::vector<DueEntry>> entries = journal_.due(id, time, limit);
  if (!entries) return entries.error();
  shard.due_from = TimeMs{};
  for (const DueEntry& entry : *entries) {
    if (room == 0) break;
    Result<bool> loaded = load_due(entry.purchase);
    if (!loaded) return loaded.error();
    if (!*loaded) continue;
    --room;
    if (!shard.due_from) shard.due_from = entry.at;
  }
  // An entry goes with the next record of its purchase. Until that is written it is met here again; what
  // lies behind a full batch of such entries is reached as soon as they are gone.
  shard.next_due = time + DurationMs{entries->size() == limit ? 2 : 50};
  if (entries->size() == limit || shard.due_from) return ok();
  DueEntry now_due{time, {}};
  now_due.purchase.bytes.fill(0xff);
  entries = journal_.due_after(id, now_due, 1);
  if (!entries) return entries.error();
  shard.next_due = entries->empty() ? TimeMs{} : entries->front().at;
  return ok();
}

// Into memory and the schedule, so that wake_due finds it. False: it cannot be read. A person is told of it
// once, and it stays as it is.
Result<bool> EngineImpl::load_due(const PurchaseId& id) {
  if (unreadable_.count(id) != 0) return false;
  Result<Live*> live = find(id);
  if (live) return true;
  if (!pass_over(id, live.error())) return live.error();
  return false;
}

// A purchase that cannot be read must not keep the others (I19): a person is told of it once, and it stays as
// it is. False: it is not that one's trouble.
bool EngineImpl::pass_over(const PurchaseId& id, const Error& error) {
  if (error.code != "damaged") return false;
  tell_unreadable(id, error);
  return true;
}

void EngineImpl::tell_unreadable(const PurchaseId& id, const Error& error) {
  if (!unreadable_.insert(id).second) return;
  ++figures_.alerts;
  counters_.alert("unreadable");
  log_alert("a purchase cannot be read", {{"purchase", id}, {"detail", error.detail}});
}

void EngineImpl::set_alarm() {
  TimeMs next;
  if (!waits_.empty()) next = waits_.begin()->first;
  if (!failed_) {  // what is due then can never be done: it would keep the loop busy for nothing
    if (!wakes_.empty()) next = earlier(next, wakes_.begin()->first);
    for (const Shard& shard : shards_) next = earlier(next, shard.next_due);
    if (lanes_to_work()) next = earlier(next, drain_at_);
    if (!probes_by_time_.empty()) next = earlier(next, probes_by_time_.begin()->first);
    if (!inquiries_.empty()) next = earlier(next, inquiries_.begin()->first);
    if (!stopping_) next = earlier(next, earlier(sweep_at_, moved_at_));
    next = earlier(next, stats_due_);
  }
  if (stopped_) next = earlier(next, stop_by_);
  if (next == alarm_) return;
  alarm_ = next;
  loop_.wake_at(next);
}

}  // namespace settle
