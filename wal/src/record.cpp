#include "record.hpp"

#include <algorithm>

#include "bytes.hpp"
#include "settle/crypto/crypto.hpp"
#include "settle/statemachine/bug.hpp"

namespace settle {
namespace {

constexpr std::uint8_t layout = 1;
constexpr std::size_t header_bytes = 42;  // layout, kind, epoch, at, purchase, two lengths
constexpr std::size_t hash_bytes = 32;

// The hash covers the position and the hash before, so that a record cannot be moved unseen.
ChainHash chain(std::string_view record_without_hash, Position position, const ChainHash& previous) {
  thread_local std::string text;
  text.clear();
  text.append(reinterpret_cast<const char*>(previous.data()), previous.size());
  put_big_endian(text, position.shard.number);
  put_big_endian(text, position.lsn);
  text.append(record_without_hash);
  return sha256(text);
}

bool known(std::uint8_t kind) {
  return kind >= static_cast<std::uint8_t>(RecordKind::purchase) &&
         kind <= static_cast<std::uint8_t>(RecordKind::engine);
}

}  // namespace

std::string Position::text() const {
  return std::to_string(shard.number) + ":" + std::to_string(lsn);
}

namespace {

template <class Bounds>
std::size_t bin_of(const Bounds& bounds, std::uint64_t value) {
  return static_cast<std::size_t>(std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin());
}

}  // namespace

void JournalFigures::synced(std::uint64_t records, std::uint64_t us) {
  syncs += 1;
  ++sync_us[bin_of(sync_us_bounds, us)];
  ++sync_records[bin_of(sync_records_bounds, records)];
  sync_us_sum += us;
  sync_records_sum += records;
}

Error damaged_at(Position position, const std::string& what) {
  return {"damaged", "the journal is damaged at " + position.text() + ": " + what};
}

ChainHash write_record(std::string& out, const Append& append, Position position, const ChainHash& previous) {
  const std::size_t start = out.size();
  out.reserve(start + header_bytes + append.event.size() + append.transitions.size() + hash_bytes);
  out += static_cast<char>(layout);
  out += static_cast<char>(append.kind);
  put_big_endian(out, append.epoch.number);
  put_big_endian(out, static_cast<std::uint64_t>(append.at.count));
  put_id(out, append.purchase);
  put_big_endian(out, static_cast<std::uint32_t>(append.event.size()));
  put_big_endian(out, static_cast<std::uint32_t>(append.transitions.size()));
  out.append(append.event).append(append.transitions);
  const ChainHash hash = chain(std::string_view(out).substr(start), position, previous);
  out.append(reinterpret_cast<const char*>(hash.data()), hash.size());
  return hash;
}

Result<ChainHash> hash_of_record(std::string_view bytes, Position position) {
  if (bytes.size() < header_bytes + hash_bytes) return damaged_at(position, "the record is too short");
  ChainHash hash{};
  bytes.substr(bytes.size() - hash_bytes).copy(reinterpret_cast<char*>(hash.data()), hash.size());
  return hash;
}

Result<Record> read_record(std::string_view bytes, Position position, const ChainHash& previous) {
  const auto hash = hash_of_record(bytes, position);
  if (!hash.ok()) return hash.error();
  const auto body = bytes.substr(0, bytes.size() - hash_bytes);
  if (chain(body, position, previous) != *hash && !SETTLE_BUG(chain_not_checked))
    return damaged_at(position, "the chain is broken");
  // The hash is right, so what follows was written like this.
  if (static_cast<std::uint8_t>(body[0]) != layout || !known(static_cast<std::uint8_t>(body[1]))) {
    return damaged_at(position, "the record has a layout or kind that this version does not know");
  }
  const std::uint64_t event_bytes = get_big_endian<std::uint32_t>(body.substr(34));
  const std::uint64_t transition_bytes = get_big_endian<std::uint32_t>(body.substr(38));
  if (header_bytes + event_bytes + transition_bytes != body.size()) {
    return damaged_at(position, "the record's lengths do not fit");
  }
  Record record;
  record.position = position;
  record.kind = static_cast<RecordKind>(body[1]);
  record.epoch.number = get_big_endian<std::uint64_t>(body.substr(2));
  record.at.count = static_cast<std::int64_t>(get_big_endian<std::uint64_t>(body.substr(10)));
  record.purchase = get_id(body.substr(18));
  record.event.assign(body.substr(header_bytes, event_bytes));
  record.transitions.assign(body.substr(header_bytes + event_bytes));
  record.previous = previous;
  record.hash = *hash;
  return record;
}

}  // namespace settle
