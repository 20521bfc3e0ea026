// Reading what the log leads to: snapshots, due times, documents, indexes.

#include "reads.hpp"

namespace settle {

Result<std::optional<Snapshot>> Reads::snapshot(const PurchaseId& purchase) const {
  const auto found = store_.get(Table::snapshots, key::purchase(purchase));
  if (!found.ok()) return found.error();
  if (!*found) return std::optional<Snapshot>();
  if ((*found)->size() < 8)
    return Error{"damaged", "the snapshot of purchase " + purchase.text() + " is damaged"};
  return std::optional<Snapshot>(Snapshot{(*found)->substr(8), get_big_endian<std::uint64_t>(**found)});
}

Result<std::vector<DueEntry>> Reads::due(ShardId shard, TimeMs until, std::size_t limit) const {
  return due_within(shard, key::shard(shard), until, limit);
}

Result<bool> Reads::has_due(ShardId shard, TimeMs at, const PurchaseId& purchase) const {
  const auto found = store_.get(Table::due, key::due(shard, at, purchase));
  if (!found.ok()) return found.error();
  return found->has_value();
}

Result<std::vector<DueEntry>> Reads::due_after(ShardId shard, const DueEntry& last, std::size_t limit) const {
  // The least key behind an entry's is that key and one byte more.
  const auto from = key::due(shard, last.at, last.purchase) + '\0';
  return due_within(shard, from, TimeMs{INT64_MAX}, limit);
}

Result<std::vector<DueEntry>> Reads::due_within(ShardId shard, const std::string& from, TimeMs until,
                                                std::size_t limit) const {
  std::vector<DueEntry> entries;
  if (limit == 0) return entries;
  const auto visited = store_.visit(Table::due, from, key::after(key::shard(shard)), true,
                                    [&](std::string_view key, std::string_view) {
                                      if (key.size() != 26) return true;
                                      const DueEntry entry{get_time(key.substr(2)), get_id(key.substr(10))};
                                      if (entry.at > until) return false;
                                      entries.push_back(entry);
                                      return entries.size() < limit;
                                    });
  if (!visited.ok()) return visited.error();
  return entries;
}

Result<TimeMs> Reads::next_due(ShardId shard) const {
  const auto first = due(shard, TimeMs{INT64_MAX}, 1);
  if (!first.ok()) return first.error();
  return first->empty() ? TimeMs{} : first->front().at;
}

Result<std::optional<std::string>> Reads::document(ShardId shard, std::string_view kind,
                                                   std::string_view name) const {
  return store_.get(Table::documents, key::document(shard, kind, name));
}

Result<std::vector<Document>> Reads::documents(ShardId shard, std::string_view kind) const {
  const auto prefix = key::documents(shard, kind);
  std::vector<Document> found;
  const auto visited = store_.visit(
      Table::documents, prefix, key::after(prefix), true, [&](std::string_view key, std::string_view value) {
        found.push_back({std::string(kind), std::string(key.substr(prefix.size())), std::string(value)});
        return true;
      });
  if (!visited.ok()) return visited.error();
  return found;
}

Result<std::vector<Journal::IndexEntry>> Reads::index(std::string_view name, std::string_view value,
                                                      const std::optional<Journal::IndexEntry>& before,
                                                      std::size_t limit) const {
  std::vector<Journal::IndexEntry> entries;
  if (limit == 0 || value.size() > UINT16_MAX) return entries;
  const auto prefix = key::index(name, value);
  const auto end = before ? key::index(name, value, before->at, before->purchase) : key::after(prefix);
  const auto visited =
      store_.visit(Table::index, prefix, end, false, [&](std::string_view key, std::string_view) {
        if (key.size() != prefix.size() + 24) return true;
        entries.push_back({get_time(key.substr(prefix.size())), get_id(key.substr(prefix.size() + 8))});
        return entries.size() < limit;
      });
  if (!visited.ok()) return visited.error();
  return entries;
}

}  // namespace settle
