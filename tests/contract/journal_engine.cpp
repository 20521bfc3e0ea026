#include "journal_engine.hpp"

#include <random>
#include <sstream>

namespace settle {

PurchaseId purchase_in(ShardId shard, std::uint32_t number) {
  std::mt19937_64 random((std::uint64_t{shard.number} << 32) + number);
  for (;;) {
    PurchaseId id;
    for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(random());
    if (shard_of(id, contract_shards) == shard) return id;
  }
}

Append purchase_append(const PurchaseId& purchase, Epoch epoch, TimeMs at, std::string event) {
  Append append;
  append.shard = shard_of(purchase, contract_shards);
  append.epoch = epoch;
  append.at = at;
  append.purchase = purchase;
  append.event = std::move(event);
  append.transitions = "t";
  return append;
}

std::string dump(const Journal& journal) {
  std::ostringstream out;
  for (std::uint16_t number = 0; number < journal.shard_count(); ++number) {
    const ShardId shard{number};
    const auto records = journal.scan({shard, 1}, 100'000);
    if (!records.ok()) return records.error().detail;
    for (const auto& record : *records) {
      out << record.position.text() << " e" << record.epoch.number << " k" << static_cast<int>(record.kind)
          << " @" << record.at.count << " " << record.purchase.text() << " " << record.event << "|"
          << record.transitions << " #" << static_cast<int>(record.hash[0]) << "."
          << static_cast<int>(record.hash[31]) << "\n";
      const auto snapshot = journal.snapshot(record.purchase);
      if (!snapshot.ok()) return snapshot.error().detail;
      if (*snapshot) out << "  snapshot " << (*snapshot)->lsn << " " << (*snapshot)->state << "\n";
    }
    const auto due = journal.due(shard, TimeMs{INT64_MAX}, 100'000);
    for (const auto& entry : *due) {
      out << "  due " << entry.at.count << " " << entry.purchase.text() << "\n";
    }
    for (const char* kind : {"a", "b"}) {
      const auto documents = journal.documents(shard, kind);
      for (const auto& document : *documents) {
        out << "  document " << kind << " " << document.key << "=" << document.value << "\n";
      }
    }
    out << "  floor " << *journal.recovery_floor(shard) << "\n";
  }
  for (const char* value : {"x", "y"}) {
    const auto entries = journal.index("state", value, std::nullopt, 100'000);
    for (const auto& entry : *entries) {
      out << "index " << value << " " << entry.at.count << " " << entry.purchase.text() << "\n";
    }
  }
  return out.str();
}

}  // namespace settle
