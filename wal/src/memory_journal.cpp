#include "settle/wal/memory_journal.hpp"

#include <array>
#include <deque>
#include <map>

#include "changes.hpp"
#include "reads.hpp"
#include "settle/statemachine/bug.hpp"

namespace settle {
namespace {

struct Change {
  Table table;
  std::string key;
  std::optional<std::string> value;
};

// What survives a crash.
class Disk : public Store {
 public:
  void apply(const Change& change) {
    auto& table = tables_[static_cast<std::size_t>(change.table)];
    if (change.value) {
      table[change.key] = *change.value;
    } else {
      table.erase(change.key);
    }
  }
  std::string* find(Table table, const std::string& key) {
    auto& entries = tables_[static_cast<std::size_t>(table)];
    const auto found = entries.find(key);
    return found == entries.end() ? nullptr : &found->second;
  }

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    const auto& entries = of(table);
    const auto found = entries.find(key);
    return found == entries.end() ? std::nullopt : std::optional(found->second);
  }
  Status visit(Table table, const std::string& from, const std::string& until, bool upwards,
               const Visitor& visitor) const override {
    const auto& entries = of(table);
    const auto first = entries.lower_bound(from);
    const auto last = until.empty() ? entries.end() : entries.lower_bound(until);
    if (upwards) {
      for (auto at = first; at != last && visitor(at->first, at->second);) ++at;
      return ok();
    }
    for (auto at = last; at != first;) {
      --at;
      if (!visitor(at->first, at->second)) break;
    }
    return ok();
  }

 private:
  using Entries = std::map<std::string, std::string, std::less<>>;
  const Entries& of(Table table) const { return tables_[static_cast<std::size_t>(table)]; }
  std::array<Entries, table_count> tables_;
};

class ChangeList final : public ChangeSink {
 public:
  void put(Table table, std::string_view key, std::string_view value) override {
    changes.push_back({table, std::string(key), std::string(value)});
  }
  void remove(Table table, std::string_view key) override {
    changes.push_back({table, std::string(key), std::nullopt});
  }
  std::vector<Change> changes;
};

struct Shard {
  bool open = false;
  Epoch epoch;
  LogEnd end;
};

class MemoryJournalImpl final : public MemoryJournal {
 public:
  MemoryJournalImpl(std::uint16_t shard_count, Disk disk)
      : disk_(std::move(disk)), reads_(disk_, shard_count), shards_(shard_count) {}

  std::uint16_t shard_count() const override { return static_cast<std::uint16_t>(shards_.size()); }

  Result<OpenedShard> open_shard(ShardId id) override {
    if (id.number >= shards_.size()) return Error{"invalid_shard", "there is no such shard"};
    // What the owner before appended was accepted: it is part of the log that is taken over.
    if (const auto synced = sync(); !synced.ok()) return synced.error();
    Shard& shard = shards_[id.number];
    shard.open = false;
    const auto end = reads_.inspect(id);
    if (!end.ok()) return end.error();
    const auto epoch = reads_.epoch(id);
    if (!epoch.ok()) return epoch.error();
    shard = {true, Epoch{epoch->number + (SETTLE_BUG(epoch_not_raised) ? 0 : 1)}, *end};
    std::string bytes;
    put_big_endian(bytes, shard.epoch.number);
    disk_.apply({Table::meta, key::epoch(id), bytes});
    return OpenedShard{shard.epoch, end->head, end->last_at};
  }

  Result<Appended> append(Append append) override {
    if (probe_) probe_("append");
    if (failure_) return *failure_;
    if (const auto checked = check_append(append, shard_count()); !checked.ok()) return checked.error();
    Shard& shard = shards_[append.shard.number];
    if (!shard.open || !(shard.epoch == append.epoch)) return fenced(append.shard);
    const Position position{append.shard, shard.end.head + 1};
    ChangeList list;
    shard.end = {position.lsn, append.at,
                 emit_changes(append, position, shard.end.hash, shard_count(), list)};
    figures_.appends += 1;
    figures_.bytes += bytes_of(append);
    unsynced_.push_back(std::move(list.changes));
    if (SETTLE_BUG(told_before_sync)) tell_too_early();
    return Appended{position, Ticket{++last_ticket_}};
  }

  int listen(Listener listener) override {
    listeners_[++last_handle_] = std::move(listener);
    return last_handle_;
  }
  void unlisten(int handle) override { listeners_.erase(handle); }

  Status sync() override {
    if (failure_) return *failure_;
    if (unsynced_.empty() && !fails_next_) return ok();
    if (probe_) probe_("sync");
    if (fails_next_) {
      write_oldest(*fails_next_);
      unsynced_.clear();
      if (SETTLE_BUG(sync_error_swallowed)) return fails_next_.reset(), tell(ok()), ok();
      failure_ = Error{"failed", "the journal stopped: a sync failed"};
      tell(*failure_);
      return *failure_;
    }
    figures_.synced(unsynced_.size(), 0);
    write_oldest(unsynced_.size());
    tell(ok());
    return ok();
  }
  Status flush() override { return sync(); }
  Status health() const override { return failure_ ? Status(*failure_) : ok(); }
  std::size_t unsynced() const override { return unsynced_.size(); }

  void fail_next_sync(std::size_t survives) override { fails_next_ = survives; }
  std::unique_ptr<MemoryJournal> crash(std::size_t survives) override {
    write_oldest(survives);
    unsynced_.clear();
    failure_ = Error{"failed", "the journal crashed"};
    return std::make_unique<MemoryJournalImpl>(shard_count(), std::move(disk_));
  }
  void set_probe(std::function<void(const char*)> probe) override { probe_ = std::move(probe); }
  void damage(Position position) override {
    std::string* const bytes = disk_.find(Table::log, key::log(position));
    SETTLE_CHECK(bytes != nullptr);
    char& middle = (*bytes)[bytes->size() / 2];
    middle = static_cast<char>(middle ^ 1);
  }

  Result<std::optional<Snapshot>> snapshot(const PurchaseId& purchase) const override {
    return reads_.snapshot(purchase);
  }
  Result<std::vector<Record>> scan(Position from, std::size_t limit) const override {
    return reads_.scan(from, limit, 0);
  }
  Result<std::vector<Record>> scan_purchase(const PurchaseId& purchase, std::uint64_t from,
                                            std::size_t limit) const override {
    return reads_.scan_purchase(purchase, from, limit);
  }
  Result<std::uint64_t> recovery_floor(ShardId shard) const override { return reads_.recovery_floor(shard); }
  Result<std::vector<DueEntry>> due(ShardId shard, TimeMs until, std::size_t limit) const override {
    return reads_.due(shard, until, limit);
  }
  Result<TimeMs> next_due(ShardId shard) const override { return reads_.next_due(shard); }
  Result<bool> has_due(ShardId shard, TimeMs at, const PurchaseId& purchase) const override {
    return reads_.has_due(shard, at, purchase);
  }
  Result<std::vector<DueEntry>> due_after(ShardId shard, const DueEntry& last,
                                          std::size_t limit) const override {
    return reads_.due_after(shard, last, limit);
  }
  Result<std::optional<std::string>> document(ShardId shard, std::string_view kind,
                                              std::string_view key) const override {
    return reads_.document(shard, kind, key);
  }
  Result<std::vector<Document>> documents(ShardId shard, std::string_view kind) const override {
    return reads_.documents(shard, kind);
  }
  Result<std::vector<IndexEntry>> index(std::string_view name, std::string_view value,
                                        const std::optional<IndexEntry>& before,
                                        std::size_t limit) const override {
    return reads_.index(name, value, before, limit);
  }
  JournalFigures figures() const override { return figures_; }

 private:
  static Error fenced(ShardId shard) {
    return {"fenced", "shard " + std::to_string(shard.number) + " is not this writer's"};
  }
  void write_oldest(std::size_t count) {
    for (; count > 0 && !unsynced_.empty(); --count) {
      for (const Change& change : unsynced_.front()) disk_.apply(change);
      unsynced_.pop_front();
    }
  }
  void tell_too_early() {
    const auto listeners = listeners_;
    for (const auto& [handle, listener] : listeners) listener(Ticket{last_ticket_}, ok());
  }
  // A listener may append, but is not called again from within.
  void tell(const Status& status) {
    const Ticket durable{last_ticket_ - unsynced_.size()};
    const auto listeners = listeners_;
    if (status.ok()) last_durable_ = durable;
    for (const auto& [handle, listener] : listeners) {
      if (listeners_.count(handle) != 0) listener(last_durable_, status);
    }
  }

  Disk disk_;
  Reads reads_;
  std::vector<Shard> shards_;
  std::deque<std::vector<Change>> unsynced_;
  std::map<int, Listener> listeners_;
  int last_handle_ = 0;
  std::uint64_t last_ticket_ = 0;
  Ticket last_durable_;
  std::optional<std::size_t> fails_next_;
  std::optional<Error> failure_;
  std::function<void(const char*)> probe_;
  JournalFigures figures_;
};

}  // namespace

std::unique_ptr<MemoryJournal> MemoryJournal::create(std::uint16_t shard_count) {
  SETTLE_CHECK(shard_count > 0);
  return std::make_unique<MemoryJournalImpl>(shard_count, Disk());
}

}  // namespace settle
