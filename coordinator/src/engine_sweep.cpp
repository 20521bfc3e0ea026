// The sweep: proves that each open purchase has exactly its one wake-up, on disk or in memory, and repairs
// what has not (I17). Nothing should ever be found: every repair is an alert. In slices, with a pause between
// them, so that it costs little however many purchases wait.

#include "engine_impl.hpp"
#include "settle/coordinator/log.hpp"

namespace settle {
namespace {

constexpr std::size_t slice = 200;
constexpr DurationMs between_slices{2};
constexpr PurchaseState open_states[] = {PurchaseState::trying, PurchaseState::confirming,
                                         PurchaseState::delivering, PurchaseState::cancelling};

}  // namespace

void EngineImpl::sweep(Then<SweepReport> then) {
  if (failed_) return then(*failed_);
  if (stopping_) return then(Error{"stopping", "settled is stopping"});
  if (!sweep_) start_sweep();
  sweep_->waiting.push_back(std::move(then));
  set_alarm();
}

void EngineImpl::start_sweep() {
  sweep_ = std::make_unique<Sweep>();
  sweep_->report.started_at = sweep_at_ = now();
  sweep_->in_memory.reserve(live_.size());
  for (const auto& [id, live] : live_) sweep_->in_memory.push_back(id);
}

void EngineImpl::sweep_slice() {
  if (!sweep_) start_sweep();
  sweep_at_ = now() + between_slices;
  Status status = ok();
  if (!sweep_->in_memory.empty()) {
    sweep_memory();
  } else if (sweep_->state < std::size(open_states)) {
    status = sweep_open();
  } else if (sweep_->shard < journal_.shard_count()) {
    status = sweep_due();
  } else {
    return end_sweep(ok());
  }
  if (!status) end_sweep(status);
}

void EngineImpl::sweep_memory() {
  std::vector<PurchaseId>& left = sweep_->in_memory;
  for (std::size_t i = 0; i < slice && !left.empty(); ++i) {
    const auto found = live_.find(left.back());
    left.pop_back();
    if (found == live_.end()) continue;
    Live& live = *found->second;
    ++sweep_->report.purchases;
    const TimeMs wake = next_wake(*live.definition, live.purchase);
    const PurchaseId& id = live.purchase.id;
    if (wake == live.wake_at && (!wake || wakes_.count({wake, id}) != 0)) continue;
    ++sweep_->report.missing;
    wakes_.erase({live.wake_at, id});
    live.wake_at = TimeMs{};
    schedule(live);
    tell_repaired(id, "its wake-up in memory");
  }
}

Status EngineImpl::sweep_open() {
  auto entries = journal_.index("state", name_of(open_states[sweep_->state]), sweep_->before, slice);
  if (!entries) return entries.error();
  for (const Journal::IndexEntry& entry : *entries) {
    sweep_->before = entry;
    if (Status looked = sweep_purchase(entry.purchase); !looked) return looked;
  }
  if (entries->size() < slice) {
    ++sweep_->state;
    sweep_->before.reset();
  }
  return ok();
}

// When the disk must wake a purchase that rests: nothing, where that cannot be said or is not owed now.
Result<std::optional<TimeMs>> EngineImpl::owed_on_disk(const PurchaseId& id) {
  if (const auto found = live_.find(id); found != live_.end()) {
    // What is in memory is woken from there; the record that is on its way says what the disk will hold.
    if (!found->second->durable) return std::optional<TimeMs>();
    return std::optional(found->second->due_on_disk);
  }
  Result<std::optional<Snapshot>> snapshot = journal_.snapshot(id);
  if (!snapshot) return snapshot.error();
  if (!snapshot->has_value()) return std::optional(TimeMs{});
  Error error;
  const std::unique_ptr<Live> live = thaw(id, **snapshot, error);
  if (live) return std::optional(live->due_on_disk);
  if (error.code != "damaged") return error;
  ++sweep_->report.unreadable;
  tell_unreadable(id, error);
  return std::optional<TimeMs>();
}

Status EngineImpl::sweep_purchase(const PurchaseId& id) {
  Result<std::optional<TimeMs>> owed = owed_on_disk(id);
  if (!owed) return owed.error();
  if (live_.count(id) == 0) ++sweep_->report.purchases;
  if (!owed->has_value() || !**owed) return ok();
  Result<bool> there = journal_.has_due(shard_of(id, journal_.shard_count()), **owed, id);
  if (!there) return there.error();
  if (*there) return ok();
  ++sweep_->report.missing;
  Result<Live*> live = find(id);
  if (!live) return live.error();
  if (*live == nullptr) return ok();
  // In memory now, and scheduled there. If its time has come it goes on from there, through its gates; if
  // not, nothing comes of the event but its record, which has the entry.
  if (**owed > now()) {
    Result<Applied> applied = apply(**live, Due{}, false);
    if (!applied) return applied.error();
  }
  tell_repaired(id, "its entry in the due index");
  return ok();
}

Status EngineImpl::sweep_due() {
  const ShardId shard{sweep_->shard};
  Result<std::vector<DueEntry>> entries = journal_.due_after(shard, sweep_->last, slice);
  if (!entries) return entries.error();
  for (const DueEntry& entry : *entries) {
    sweep_->last = entry;
    ++sweep_->report.entries;
    if (Status looked = sweep_entry(shard, entry); !looked) return looked;
  }
  if (entries->size() < slice) {
    ++sweep_->shard;
    sweep_->last = DueEntry{};
  }
  return ok();
}

// Removed by a record of its own: the purchase has another wake-up, or none, and nothing happens to it.
Status EngineImpl::sweep_entry(ShardId shard, const DueEntry& entry) {
  Result<std::optional<TimeMs>> owed = owed_on_disk(entry.purchase);
  if (!owed) return owed.error();
  if (!owed->has_value() || **owed == entry.at) return ok();
  ++sweep_->report.stale;
  Append record;
  record.shard = shard;
  record.kind = RecordKind::engine;
  record.at = now();
  record.purchase = entry.purchase;
  record.event = R"({"event":"due_entry_removed","due_at":)" + std::to_string(entry.at.count) + "}";
  record.due_remove = entry.at;
  record.sync = false;
  if (Result<Appended> appended = append(std::move(record)); !appended) return appended.error();
  tell_repaired(entry.purchase, "an entry of the due index that was not its own");
  return ok();
}

void EngineImpl::tell_repaired(const PurchaseId& id, const char* what) {
  ++sweep_->report.repaired;
  ++figures_.wakeups_repaired;
  ++figures_.alerts;
  log_alert("wakeup_repaired", {{"purchase", id}, {"what", what}});
}

void EngineImpl::end_sweep(const Status& status) {
  if (!sweep_) return;  // the journal failed under it: everybody is told already
  Sweep over = std::move(*sweep_);
  sweep_.reset();
  sweep_at_ = config_.sweep_every.count == 0 ? TimeMs{} : now() + config_.sweep_every;
  over.report.finished_at = now();
  if (!status && !failed_ && !stopping_)
    log_error("a sweep could not be ended", {{"detail", status.error().detail}});
  if (status) ++figures_.sweeps;
  for (const Then<SweepReport>& then : over.waiting)
    status ? then(over.report) : then(Result<SweepReport>(status.error()));
}

}  // namespace settle
