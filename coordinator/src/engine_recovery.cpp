// Recovery: documents, then snapshots and the tail of each shard through the same `advance`, then `Resumed`
// to every purchase whose calls were out. Beside that, only what a crash cut in two is taken back: a cart's
// claim without its purchase, a link to a successor that was never born.

#include <nlohmann/json.hpp>

#include "engine_impl.hpp"
#include "settle/coordinator/log.hpp"
#include "settle/statemachine/bug.hpp"
#include "settle/wal/codec.hpp"

namespace settle {

Status EngineImpl::recover() {
  if (Status loaded = load_documents(); !loaded) return loaded;
  for (std::uint16_t n = 0; n < journal_.shard_count(); ++n)
    if (Status shard = recover_shard(ShardId{n}); !shard) return shard;
  log_info("recovered", {{"in_motion", live_.size()},
                         {"participants", registry_.participants().size()},
                         {"merchants", registry_.merchants().size()},
                         {"paused", paused_}});
  // Not from within here: the loop learns the last journalled time first, so that time does not go back.
  loop_.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.lock()) resume_all();
  });
  return ok();
}

Status EngineImpl::load_documents() {
  const ShardId home{0};
  const auto each = [&](const char* kind, const auto& load) -> Status {
    Result<std::vector<Document>> documents = journal_.documents(home, kind);
    if (!documents) return documents.error();
    for (const Document& document : *documents)
      if (Status loaded = load(document); !loaded)
        return Error{loaded.error().code, std::string(kind) + " \"" + document.key +
                                              "\" in the journal: " + loaded.error().detail};
    return ok();
  };
  Status status = each("participant", [&](const Document& document) -> Status {
    Result<Participant> participant = load_participant(document.value, *keys_);
    if (!participant) return participant.error();
    return registry_.put(std::move(*participant)), ok();
  });
  if (!status) return status;
  status = each("merchant", [&](const Document& document) -> Status {
    Result<Merchant> merchant = load_merchant(document.value, *keys_);
    if (!merchant) return merchant.error();
    return registry_.put(std::move(*merchant)), ok();
  });
  if (!status) return status;
  if (status = book_.load(journal_); !status) return status;
  status =
      each("gate", [&](const Document& document) { return gates_.restore(document.key, document.value); });
  if (!status) return status;
  status = each("moved", [&](const Document& document) { return load_moved(document); });
  if (!status) return status;
  if (status = load_bulk_acts(); !status) return status;
  if (status = load_stats(); !status) return status;
  return each("setting", [&](const Document& document) -> Status {
    if (document.key == "paused") paused_ = document.value == "true";
    return ok();
  });
}

Status EngineImpl::recover_shard(ShardId id) {
  Result<OpenedShard> opened = journal_.open_shard(id);
  if (!opened) return opened.error();
  Shard& shard = shards_[id.number];
  shard.epoch = opened->epoch;
  shard.last_lsn = opened->head;
  shard.stats_told = opened->head;
  shard.stats_live = stats_.folded(id) >= opened->head;
  if (stats_.folded(id) > opened->head && !stats_stopped_)
    stop_stats({"damaged", "they know more of shard " + std::to_string(id.number) + " than its log has"});
  if (last_at_ < opened->last_at) last_at_ = opened->last_at;
  Result<std::uint64_t> floor = journal_.recovery_floor(id);
  if (!floor) return floor.error();

  std::unordered_map<PurchaseId, std::uint64_t, PurchaseIdHash> saved;
  for (std::uint64_t next = *floor; next <= opened->head;) {
    Result<std::vector<Record>> records = journal_.scan(Position{id, next}, config_.recovery_scan);
    if (!records) return records.error();
    if (records->empty())
      return Error{"damaged", "the log of shard " + std::to_string(id.number) + " ends at LSN " +
                                  std::to_string(next) + ", before its head"};
    for (const Record& record : *records)
      if (Status replayed = replay(record, saved); !replayed) return replayed;
    next = records->back().position.lsn + 1;
  }
  Result<TimeMs> due = journal_.next_due(id);
  if (!due) return due.error();
  shard.next_due = SETTLE_BUG(timers_lost_at_restart) ? TimeMs{} : *due;
  return ok();
}

Result<std::unique_ptr<Live>> EngineImpl::thaw_saved(const PurchaseId& id) const {
  Result<std::optional<Snapshot>> snapshot = journal_.snapshot(id);
  if (!snapshot) return snapshot.error();
  Error error{"damaged", "its snapshot is gone"};
  std::unique_ptr<Live> live = snapshot->has_value() ? thaw(id, **snapshot, error) : nullptr;
  if (!live) return error;
  return live;
}

// What a purchase is before its first event, which must be a submission.
Result<std::unique_ptr<Live>> EngineImpl::first_of(const Event& event, ShardId shard) const {
  const auto* submitted = std::get_if<Submitted>(&event.what);
  if (submitted == nullptr)
    return Error{"damaged", "its purchase begins without a submission, and has no snapshot"};
  auto definition = book_.find(submitted->definition, submitted->definition_version, event.policies);
  if (!definition) return definition.error();
  auto live = std::make_unique<Live>();
  live->definition = *definition;
  live->shard = shard;
  return live;
}

// With the policies that were in force when the event happened.
Status EngineImpl::as_of(Live& live, const Event& event) const {
  if (live.definition->policies == event.policies) return ok();
  auto then = book_.find(live.definition->name, live.definition->version, event.policies);
  if (!then) return then.error();
  live.definition = std::move(*then);
  return ok();
}

// One record of the tail. `saved` remembers up to where each purchase's snapshot reaches, 0 for none.
Status EngineImpl::replay(const Record& record,
                          std::unordered_map<PurchaseId, std::uint64_t, PurchaseIdHash>& saved) {
  note_writer_went_on(record);
  if (record.kind == RecordKind::claim) return note_claim(record);
  if (record.kind != RecordKind::purchase) return ok();
  const auto damaged = [&](const std::string& what) {
    return Error{"damaged", "record " + record.position.text() + ": " + what};
  };
  auto known = saved.find(record.purchase);
  if (known == saved.end()) {
    Result<std::optional<Snapshot>> snapshot = journal_.snapshot(record.purchase);
    if (!snapshot) return snapshot.error();
    known = saved.emplace(record.purchase, snapshot->has_value() ? (*snapshot)->lsn : 0).first;
  }
  if (record.position.lsn < known->second) return ok();  // the snapshot includes it

  Result<Event> event = decode_event(record.event);
  if (event && std::holds_alternative<Reopened>(event->what))
    last_links_.push_back({record.position.shard, record.epoch, record.purchase});
  if (record.position.lsn == known->second) return ok();  // the snapshot was written with it
  if (!event) return damaged(event.error().detail);
  Result<std::vector<Transition>> transitions = decode_transitions(record.transitions);
  if (!transitions) return damaged(transitions.error().detail);
  auto found = live_.find(record.purchase);
  if (found == live_.end()) {
    Result<std::unique_ptr<Live>> live =
        known->second > 0 ? thaw_saved(record.purchase) : first_of(*event, record.position.shard);
    // A read that failed is not damage: the next start may find everything.
    if (!live)
      return Error{live.error().code, "record " + record.position.text() + ": " + live.error().detail};
    found = live_.emplace(record.purchase, std::move(*live)).first;
  }
  Live& live = *found->second;
  if (Status then = as_of(live, *event); !then) return damaged(then.error().detail);
  Advanced advanced = advance(*live.definition, std::move(live.purchase), *event);
  live.purchase = std::move(advanced.purchase);
  if (advanced.transitions != *transitions)
    return Error{"replay_mismatch",
                 "record " + record.position.text() +
                     ": replaying its event does not give the transitions that were recorded"};
  if (live.unsaved_from == 0)
    shards_[live.shard.number].unsaved.emplace(live.unsaved_from = record.position.lsn, record.purchase);
  if (SETTLE_BUG(wake_lost_at_restart)) return ok();
  live.due_on_disk = TimeMs{};  // went with this record
  schedule(live);
  return ok();
}

// What was unfinished when its writer left a shard is finished if the writer left more: appends are durable
// in order. Only the claim of a cart may come between a purchase's link to its successor and the successor.
void EngineImpl::note_writer_went_on(const Record& record) {
  const auto same_writer = [&](const auto& last) {
    return last.shard == record.position.shard && last.epoch == record.epoch;
  };
  if (!last_claims_.empty() && same_writer(last_claims_.back())) last_claims_.pop_back();
  if (record.kind != RecordKind::claim && !last_links_.empty() && same_writer(last_links_.back()))
    last_links_.pop_back();
}

Status EngineImpl::note_claim(const Record& record) {
  const nlohmann::json event = nlohmann::json::parse(record.event, nullptr, false);
  if (!event.is_object() || event.value("event", "") != "cart_claimed") return ok();
  const std::optional<PurchaseId> holder = PurchaseId::parse(event.value("purchase", ""));
  if (!holder) return Error{"damaged", "record " + record.position.text() + ": a claim that names nobody"};
  last_claims_.push_back({record.position.shard, record.epoch, event.value("cart", ""), *holder});
  return ok();
}

void EngineImpl::resume_all() {
  bring_shipped_policies();
  if (book_.newest("purchase") == nullptr) add_definition(purchase_definition(), [](const Status&) {});
  std::vector<PurchaseId> ids;
  ids.reserve(live_.size());
  for (const auto& [id, live] : live_) ids.push_back(id);
  for (const PurchaseId& id : ids) {
    const auto found = live_.find(id);
    if (found == live_.end()) continue;
    Live& live = *found->second;
    if (pending_effects(*live.definition, live.purchase).empty()) {
      let_go(id);
    } else if (!apply(live, Resumed{}, false)) {
      return;
    }
  }
  take_back_orphaned_links();
  release_orphaned_carts();
  resume_gates();
  resume_moved();
  resume_bulk();
  if (config_.sweep_every.count != 0) sweep_at_ = now() + config_.sweep_every;
  follow_stats();
  set_alarm();
}

}  // namespace settle
