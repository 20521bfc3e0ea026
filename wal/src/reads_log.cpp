// Reading the log: every hash is checked, and a missing record is an error, never a pause.

#include <algorithm>

#include "reads.hpp"
#include "record.hpp"

namespace settle {

Result<std::uint64_t> Reads::number(const std::string& key) const {
  const auto found = store_.get(Table::meta, key);
  if (!found.ok()) return found.error();
  if (!*found) return std::uint64_t{0};
  if ((*found)->size() != 8) return Error{"damaged", "the journal's own notes are damaged"};
  return get_big_endian<std::uint64_t>(**found);
}

Result<Epoch> Reads::epoch(ShardId shard) const {
  const auto found = number(key::epoch(shard));
  if (!found.ok()) return found.error();
  return Epoch{*found};
}

Result<std::uint64_t> Reads::recovery_floor(ShardId shard) const {
  const auto found = number(key::floor(shard));
  if (!found.ok()) return found.error();
  return std::max<std::uint64_t>(1, *found);
}

Result<ChainHash> Reads::hash_before(Position position) const {
  if (position.lsn <= 1) return ChainHash{};
  const Position before{position.shard, position.lsn - 1};
  const auto found = store_.get(Table::log, key::log(before));
  if (!found.ok()) return found.error();
  if (!*found) return damaged_at(before, "the record is missing");
  return hash_of_record(**found, before);
}

Status Reads::visit_records(Position from, const RecordVisitor& visitor) const {
  std::optional<Error> error;
  std::optional<ChainHash> previous;  // of the record before `next`, once there is one to check
  Position next = from;
  auto visited =
      store_.visit(Table::log, key::log(from), key::after(key::shard(from.shard)), true,
                   [&](std::string_view key, std::string_view bytes) {
                     if (key.size() != 10 || get_big_endian<std::uint64_t>(key.substr(2)) != next.lsn) {
                       error = damaged_at(next, "the record is missing");
                       return false;
                     }
                     if (!previous) {
                       const auto before = hash_before(next);
                       if (!before.ok()) return error = before.error(), false;
                       previous = *before;
                     }
                     auto record = read_record(bytes, next, *previous);
                     if (!record.ok()) return error = record.error(), false;
                     previous = record->hash;
                     ++next.lsn;
                     return visitor(*std::move(record));
                   });
  if (error) return *error;
  if (!visited.ok() && visited.error().code == "damaged") return damaged_at(next, visited.error().detail);
  return visited;
}

Result<LogEnd> Reads::inspect(ShardId shard) const {
  LogEnd end;
  const auto found = store_.visit(Table::log, key::shard(shard), key::after(key::shard(shard)), false,
                                  [&](std::string_view key, std::string_view) {
                                    if (key.size() == 10)
                                      end.head = get_big_endian<std::uint64_t>(key.substr(2));
                                    return false;
                                  });
  if (!found.ok()) return found.error();
  const auto floor = recovery_floor(shard);
  if (!floor.ok()) return floor.error();
  if (*floor > end.head + 1)
    return damaged_at({shard, end.head + 1}, "the log ends before its recovery floor");
  const Position start{shard, std::max<std::uint64_t>(1, std::min(*floor, end.head))};
  const auto checked = visit_records(start, [&](Record&& record) {
    end.last_at = record.at;
    end.hash = record.hash;
    return record.position.lsn < end.head;
  });
  if (!checked.ok()) return checked.error();
  return end;
}

Result<std::vector<Record>> Reads::scan(Position from, std::size_t limit, std::uint64_t head) const {
  std::vector<Record> records;
  from.lsn = std::max<std::uint64_t>(1, from.lsn);
  if (limit == 0) return records;
  const auto visited = visit_records(from, [&](Record&& record) {
    records.push_back(std::move(record));
    return records.size() < limit;
  });
  if (!visited.ok()) return visited.error();
  if (records.size() < limit && from.lsn + records.size() <= head) {
    return damaged_at({from.shard, from.lsn + records.size()}, "the log ends before its last record");
  }
  return records;
}

Result<std::vector<Record>> Reads::scan_purchase(const PurchaseId& purchase, std::uint64_t from,
                                                 std::size_t limit) const {
  std::vector<std::uint64_t> lsns;
  auto visited =
      store_.visit(Table::purchase_log, key::purchase_log(purchase, from),
                   key::after(key::purchase(purchase)), true, [&](std::string_view key, std::string_view) {
                     if (lsns.size() == limit) return false;
                     if (key.size() == 24) lsns.push_back(get_big_endian<std::uint64_t>(key.substr(16)));
                     return true;
                   });
  if (!visited.ok()) return visited.error();
  std::vector<Record> records;
  for (const auto lsn : lsns) {
    const Position position{shard_of(purchase, shard_count_), lsn};
    const auto bytes = store_.get(Table::log, key::log(position));
    if (!bytes.ok()) return bytes.error();
    if (!*bytes) return damaged_at(position, "the record is missing");
    const auto previous = hash_before(position);
    if (!previous.ok()) return previous.error();
    auto record = read_record(**bytes, position, *previous);
    if (!record.ok()) return record.error();
    if (record->purchase != purchase) return damaged_at(position, "the record is of another purchase");
    records.push_back(*std::move(record));
  }
  return records;
}

}  // namespace settle
