#pragma once
// What the durable log alone says of every purchase: read record by record as they become durable, by the
// oracle, and never from the engine. Also checks the log while it reads: the chain, the order, the replay
// (I21, I24, I27).

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "gate_log.hpp"
#include "settle/statemachine/advance.hpp"
#include "settle/wal/journal.hpp"

namespace settle::sim {

struct Shadow {
  Purchase purchase;
  const Definition* definition = nullptr;
  std::uint64_t records = 0;
  std::uint64_t acts = 0;                        // of people
  std::uint64_t inquiries = 0;                   // of those who looked
  std::map<std::size_t, std::uint64_t> delays;   // by step: how often it was held or released
  std::map<std::size_t, std::uint64_t> held_in;  // by step: the epoch of its last Held
  bool stretched = false;                        // by load, at any time
  std::set<std::string> actors;                  // who did them
};

class ShadowLog {
 public:
  explicit ShadowLog(std::uint16_t shards) : next_(shards, 1), heads_(shards) {}
  // Reads what became durable since. Returns what is wrong; empty: nothing.
  std::string read(const Journal& journal);
  // Whether the newest record of each shard that was read is still there.
  std::string check_heads(const Journal& journal) const;
  // The LSN behind the last one that was read.
  std::uint64_t next(ShardId shard) const { return next_[shard.number]; }
  const Shadow* find(const PurchaseId& id) const;
  const std::unordered_map<PurchaseId, Shadow, PurchaseIdHash>& all() const { return purchases_; }
  // (table, from, to, trigger): each row of the two tables that fired, with how often.
  using Row = std::array<int, 4>;
  static const std::map<Row, std::uint64_t>& rows();
  const GateLog& gates() const { return gates_; }
  std::uint64_t records() const { return records_; }
  const std::vector<PurchaseId>& fresh() const { return fresh_; }  // touched by the last read

 private:
  std::string take(const Record& record);
  std::string take_policies(const nlohmann::json& event);
  const Definition* named(const std::string& name, std::uint32_t version, std::uint32_t policies);
  std::string take_registry(const Record& record);
  std::string take_purchase(const Record& record);

  std::vector<std::uint64_t> next_;
  std::vector<ChainHash> heads_;
  std::map<std::pair<std::string, std::uint32_t>, Definition> definitions_;            // as they were put
  std::map<std::uint32_t, PolicySet> policies_;                                        // by revision
  std::map<std::tuple<std::string, std::uint32_t, std::uint32_t>, Definition> named_;  // with their policies
  std::unordered_map<PurchaseId, Shadow, PurchaseIdHash> purchases_;
  std::vector<PurchaseId> fresh_;
  std::set<PurchaseId> reopened_;
  GateLog gates_;
  std::uint64_t records_ = 0;
};

}  // namespace settle::sim
