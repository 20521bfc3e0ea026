#pragma once
// The durable aggregates: buckets and gauges, and up to where the journal is folded into them. Documents of
// kind `stats` in shard 0; the engine decides when they are written, in one append. One thread.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "age_book.hpp"
#include "settle/wal/journal.hpp"
#include "stats_bucket.hpp"

namespace settle {

inline constexpr const char* stats_kind = "stats";

class StatsStore {
 public:
  struct Gauges {
    std::int64_t open = 0;  // purchases that are not finished
    AgeBook doubts, letters;
  };

  // Reads how far everything is folded. Errors: damaged, io.
  Status load(const Journal& journal);

  std::uint64_t folded(ShardId shard) const { return folded_[shard.number]; }
  // A durable record: counts it, in the order of its shard. Errors: damaged, io (a bucket cannot be read).
  Status fold(const Position& position, const RecordFacts& facts, const Journal& journal);
  // A record that is of no purchase, or whatever else counts nothing.
  void pass(const Position& position);

  const Gauges& gauges() const { return gauges_; }
  // Something was folded that is not written yet; and so much that it should be written now.
  bool dirty() const { return dirty_; }
  bool full() const { return dirty_cells_ > dirty_cells_max; }

  // What is to be written; it counts as written by `ticket` once that is told.
  std::vector<DocumentChange> changes(TimeMs now);
  void written(Ticket ticket);
  // Forgets buckets that are on disk and of no use for folding `now`.
  void durable(Ticket ticket, TimeMs now);

  // Adds the bucket of `point.at` to the answer; how many cells that took. Errors: damaged, io.
  Result<std::size_t> read(const StatsQuery& query, StatsAnswer::Point& point, StatsAnswer& answer,
                           const Journal& journal) const;

 private:
  using Key = std::pair<StatsStep, std::int64_t>;  // the bucket's beginning
  struct Held {
    StatsBucket bucket;
    bool dirty = false;
    Ticket written;  // 0: not since it was read
  };
  static constexpr std::size_t dirty_cells_max = 3'000;

  static std::string document_of(const Key& key);
  Result<Held*> bucket(const Key& key, const Journal& journal);
  std::string encode_state() const;
  Status decode_state(std::string_view in);
  void prune(TimeMs now, std::vector<DocumentChange>& changes);

  std::vector<std::uint64_t> folded_;  // LSN, by shard
  Gauges gauges_;
  std::map<StatsStep, std::int64_t> pruned_;  // buckets that begin before this are gone
  std::map<Key, Held> held_;
  bool dirty_ = false;
  std::size_t dirty_cells_ = 0;  // about
};

}  // namespace settle
