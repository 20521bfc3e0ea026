#include "changes.hpp"

#include "record.hpp"
#include "settle/statemachine/bug.hpp"

namespace settle {
namespace {

constexpr std::size_t document_kind_bytes_max = 32, index_name_bytes_max = 16, key_bytes_max = 512;

bool is_name(std::string_view text, std::size_t bytes_max) {
  return !text.empty() && text.size() <= bytes_max &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
}

Error invalid(const char* what) {
  return {"invalid_append", what};
}

}  // namespace

std::size_t bytes_of(const Append& append) {
  std::size_t bytes = append.event.size() + append.transitions.size();
  if (append.snapshot) bytes += append.snapshot->size();
  for (const auto& document : append.documents) {
    bytes += document.kind.size() + document.key.size() + (document.value ? document.value->size() : 0);
  }
  for (const auto& index : append.indexes) bytes += index.name.size() + index.value.size() + 24;
  return bytes;
}

Status check_append(const Append& append, std::uint16_t shard_count) {
  if (append.shard.number >= shard_count) return invalid("there is no such shard");
  if (bytes_of(append) > record_bytes_max) {
    return Error{"too_large", "an append may carry " + std::to_string(record_bytes_max) + " bytes"};
  }
  const bool own = !append.purchase.is_zero() && shard_of(append.purchase, shard_count) == append.shard;
  if ((append.snapshot || append.due_put || append.due_remove) && !own) {
    return invalid("a snapshot or a due time belongs to a purchase, and to its own shard");
  }
  for (const auto& document : append.documents) {
    if (!is_name(document.kind, document_kind_bytes_max)) return invalid("a document's kind is [a-z_]{1,32}");
    if (document.key.empty()) return invalid("a document's key is empty");
    if (document.key.size() > key_bytes_max)
      return Error{"too_large", "a document's key has at most 512 bytes"};
  }
  for (const auto& index : append.indexes) {
    if (!is_name(index.name, index_name_bytes_max)) return invalid("an index's name is [a-z_]{1,16}");
    if (index.value.size() > key_bytes_max)
      return Error{"too_large", "an index's value has at most 512 bytes"};
  }
  return ok();
}

ChainHash emit_changes(const Append& append, Position position, const ChainHash& previous,
                       std::uint16_t shard_count, ChangeSink& sink) {
  thread_local std::string bytes;
  bytes.clear();
  const ChainHash hash =
      write_record(bytes, append, position, SETTLE_BUG(chain_not_linked) ? ChainHash{} : previous);
  sink.put(Table::log, key::log(position), bytes);
  if (!append.purchase.is_zero() && shard_of(append.purchase, shard_count) == append.shard) {
    sink.put(Table::purchase_log, key::purchase_log(append.purchase, position.lsn), {});
  }
  if (append.snapshot) {
    bytes.clear();
    put_big_endian(bytes, position.lsn + (SETTLE_BUG(snapshot_claims_too_much) ? 1 : 0));
    bytes.append(*append.snapshot);
    sink.put(Table::snapshots, key::purchase(append.purchase), bytes);
  }
  if (append.due_remove) sink.remove(Table::due, key::due(append.shard, append.due_remove, append.purchase));
  if (append.due_put && !SETTLE_BUG(due_entry_lost))
    sink.put(Table::due, key::due(append.shard, append.due_put, append.purchase), {});
  for (const auto& document : append.documents) {
    const auto where = key::document(append.shard, document.kind, document.key);
    document.value ? sink.put(Table::documents, where, *document.value)
                   : sink.remove(Table::documents, where);
  }
  for (const auto& index : append.indexes) {
    const auto where = key::index(index.name, index.value, index.at, index.purchase);
    index.put ? sink.put(Table::index, where, {}) : sink.remove(Table::index, where);
  }
  if (append.recovery_floor != 0) {
    bytes.clear();
    put_big_endian(bytes, append.recovery_floor);
    sink.put(Table::meta, key::floor(append.shard), bytes);
  }
  return hash;
}

}  // namespace settle
