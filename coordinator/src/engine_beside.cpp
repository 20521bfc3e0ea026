// What the engine does for those who live beside it on its thread: their notes and documents, and how far the
// journal may be believed.

#include "engine_impl.hpp"

namespace settle {

void EngineImpl::note(RecordKind kind, std::string event, std::vector<DocumentChange> documents,
                      Then<Done> then) {
  SETTLE_CHECK(kind == RecordKind::registry || kind == RecordKind::engine);
  if (failed_) return then(*failed_);
  Append record;
  record.shard = ShardId{0};
  record.kind = kind;
  record.at = now();
  record.event = std::move(event);
  record.documents = std::move(documents);
  record.sync = kind == RecordKind::registry;  // somebody waits for it
  Result<Appended> appended = append(std::move(record));
  if (!appended) return then(Error{"journal_failed", appended.error().detail});
  after(appended->ticket, [then = std::move(then)](const Status& status) { then(status); });
}

std::vector<std::uint64_t> EngineImpl::heads() const {
  std::vector<std::uint64_t> heads;
  heads.reserve(shards_.size());
  for (const Shard& shard : shards_) heads.push_back(shard.last_lsn);
  return heads;
}

void EngineImpl::when_durable(Then<Done> then) {
  if (failed_) return then(*failed_);
  if (!(durable_ < appended_)) return then(Done{});
  after(appended_, [then = std::move(then)](const Status& status) { then(status); });
}

}  // namespace settle
