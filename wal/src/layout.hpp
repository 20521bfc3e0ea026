#pragma once
// Where things lie in an engine that is an ordered map of bytes: the tables and their keys.
// docs/wal-format.md, "Tables and keys".

#include <string>
#include <string_view>

#include "bytes.hpp"
#include "settle/wal/journal.hpp"

namespace settle {

enum class Table : std::uint8_t { log, purchase_log, snapshots, due, documents, index, meta };
inline constexpr std::size_t table_count = 7;
inline constexpr const char* table_names[table_count] = {"log",       "purchase_log", "snapshots", "due",
                                                         "documents", "index",        "meta"};

namespace key {

inline std::string shard(ShardId id) {
  std::string key;
  put_big_endian(key, id.number);
  return key;
}
// The least key that is greater than every key that begins with `prefix`.
inline std::string after(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;  // empty: there is none
}
inline std::string log(Position position) {
  auto key = shard(position.shard);
  put_big_endian(key, position.lsn);
  return key;
}
inline std::string purchase(const PurchaseId& id) {
  std::string key;
  put_id(key, id);
  return key;
}
inline std::string purchase_log(const PurchaseId& id, std::uint64_t lsn) {
  std::string key;
  key.reserve(24);
  put_id(key, id);
  put_big_endian(key, lsn);
  return key;
}
inline std::string due(ShardId id, TimeMs at, const PurchaseId& purchase) {
  std::string key;
  key.reserve(26);
  put_big_endian(key, id.number);
  put_time(key, at);
  put_id(key, purchase);
  return key;
}
// A kind has no zero byte, so the one behind it ends it.
inline std::string documents(ShardId id, std::string_view kind) {
  auto key = shard(id);
  key.append(kind);
  key += '\0';
  return key;
}
inline std::string document(ShardId id, std::string_view kind, std::string_view name) {
  return documents(id, kind).append(name);
}
inline std::string index(std::string_view name, std::string_view value) {
  std::string key;
  key.reserve(name.size() + value.size() + 27);
  key.append(name);
  key += '\0';
  put_big_endian(key, static_cast<std::uint16_t>(value.size()));
  key.append(value);
  return key;
}
inline std::string index(std::string_view name, std::string_view value, TimeMs at,
                         const PurchaseId& purchase) {
  auto key = index(name, value);
  put_time(key, at);
  put_id(key, purchase);
  return key;
}
inline std::string epoch(ShardId id) {
  return "epoch" + shard(id);
}
inline std::string floor(ShardId id) {
  return "floor" + shard(id);
}
inline constexpr const char* manifest = "manifest";

}  // namespace key
}  // namespace settle
