#include "settle/coordinator/verify.hpp"

#include "definition_book.hpp"
#include "settle/coordinator/engine.hpp"
#include "settle/statemachine/advance.hpp"
#include "settle/wal/codec.hpp"

namespace settle {
namespace {

class Verifier {
 public:
  explicit Verifier(const Journal& journal) : journal_(journal) {}

  Result<VerifyReport> run() {
    if (Status loaded = book_.load(journal_); !loaded) return loaded.error();
    for (std::uint16_t n = 0; n < journal_.shard_count(); ++n)
      if (Status shard = replay_shard(ShardId{n}); !shard) return shard.error();
    if (Status same = compare_snapshots(); !same) return same.error();
    return std::move(report_);
  }

 private:
  Status replay_shard(ShardId shard) {
    for (std::uint64_t next = 1;;) {
      Result<std::vector<Record>> records = journal_.scan(Position{shard, next}, 1'000);
      if (!records) return records.error();
      if (records->empty()) return ok();
      for (const Record& record : *records) {
        ++report_.records;
        if (record.kind != RecordKind::purchase) continue;
        if (Status replayed = replay(record); !replayed)
          return Error{replayed.error().code,
                       "record " + record.position.text() + ": " + replayed.error().detail};
      }
      next = records->back().position.lsn + 1;
    }
  }

  Status replay(const Record& record) {
    Result<Event> event = decode_event(record.event);
    if (!event) return event.error();
    Result<std::vector<Transition>> recorded = decode_transitions(record.transitions);
    if (!recorded) return recorded.error();
    Purchase& purchase = report_.purchases[record.purchase];
    if (const auto* submitted = std::get_if<Submitted>(&event->what)) {
      purchase.definition = submitted->definition;
      purchase.definition_version = submitted->definition_version;
    } else if (purchase.revision == 0) {
      return Error{"damaged", "its purchase begins without a submission"};
    }
    const auto definition = book_.find(purchase.definition, purchase.definition_version, event->policies);
    if (!definition) return definition.error();
    Advanced advanced = advance(**definition, std::move(purchase), *event);
    purchase = std::move(advanced.purchase);
    if (advanced.transitions != *recorded)
      return Error{"replay_mismatch", "replaying the event does not give the transitions that were recorded"};
    last_lsn_[record.purchase] = record.position.lsn;
    ++report_.events;
    return ok();
  }

  Status compare_snapshots() {
    for (const auto& [id, purchase] : report_.purchases) {
      Result<std::optional<Snapshot>> snapshot = journal_.snapshot(id);
      if (!snapshot) return snapshot.error();
      if (!snapshot->has_value() || (*snapshot)->lsn != last_lsn_[id]) continue;
      ++report_.snapshots;
      if ((*snapshot)->state != encode(purchase))
        return Error{"replay_mismatch",
                     "purchase " + id.text() + ": its snapshot is not what its records lead to"};
    }
    return ok();
  }

  const Journal& journal_;
  VerifyReport report_;
  DefinitionBook book_;
  std::map<PurchaseId, std::uint64_t> last_lsn_;
};

}  // namespace

Result<VerifyReport> verify_journal(const Journal& journal) {
  return Verifier(journal).run();
}

}  // namespace settle
