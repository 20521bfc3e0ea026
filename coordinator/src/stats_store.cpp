#include "stats_store.hpp"

#include <algorithm>
#include <array>

namespace settle {
namespace {

constexpr std::int64_t minute = 60'000, hour = 60 * minute, day = 24 * hour;
constexpr std::array steps = {StatsStep::minute, StatsStep::hour, StatsStep::day};
constexpr std::size_t prune_max = 2'000;  // documents of one kind deleted by one append
constexpr const char* state_key = "state";

bool may_hide(const CellKey& cell, const StatsQuery& query) {
  return cell.target == other_target || (query.merchant && cell.merchant == other_merchant);
}

// What one append may carry: the cells that make a write due, one record's more, and the cells of the buckets
// that it belongs to; each with two names and up to 128 counters, of which a real one has a dozen.
static_assert((3'000 + 3 * bucket_cells_max) * 700 <= record_bytes_max);

}  // namespace

const char* name_of(StatsStep step) {
  static constexpr const char* names[] = {"", "minute", "hour", "day"};
  return names[static_cast<std::size_t>(step)];
}

DurationMs length_of(StatsStep step) {
  return DurationMs{step == StatsStep::minute ? minute : step == StatsStep::hour ? hour : day};
}

DurationMs kept_for(StatsStep step) {
  return DurationMs{step == StatsStep::minute ? 48 * hour : step == StatsStep::hour ? 90 * day : 0};
}

std::size_t points_max(StatsStep step) {
  return step == StatsStep::minute ? 1'440 : step == StatsStep::hour ? 2'160 : 3'660;
}

TimeMs start_of(StatsStep step, TimeMs at) {
  return TimeMs{at.count - at.count % length_of(step).count};
}

std::string StatsStore::document_of(const Key& key) {
  return std::string(name_of(key.first)) + ":" + std::to_string(key.second / 1'000);
}

Status StatsStore::load(const Journal& journal) {
  folded_.assign(journal.shard_count(), 0);
  Result<std::optional<std::string>> state = journal.document(ShardId{0}, stats_kind, state_key);
  if (!state) return state.error();
  if (!state->has_value()) return ok();
  const Status decoded = decode_state(**state);
  if (!decoded) {  // nothing of it
    folded_.assign(journal.shard_count(), 0);
    gauges_ = Gauges{};
    pruned_.clear();
  }
  return decoded;
}

Result<StatsStore::Held*> StatsStore::bucket(const Key& key, const Journal& journal) {
  if (const auto found = held_.find(key); found != held_.end()) return &found->second;
  Result<std::optional<std::string>> stored = journal.document(ShardId{0}, stats_kind, document_of(key));
  if (!stored) return stored.error();
  Held held;
  if (stored->has_value()) {
    Result<StatsBucket> decoded = decode_bucket(**stored);
    if (!decoded) return decoded.error();
    held.bucket = std::move(*decoded);
  }
  return &(held_[key] = std::move(held));
}

Status StatsStore::fold(const Position& position, const RecordFacts& facts, const Journal& journal) {
  std::array<Held*, steps.size()> into{};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::int64_t start = start_of(steps[i], facts.at).count;
    if (const auto gone = pruned_.find(steps[i]); gone != pruned_.end() && start < gone->second) continue;
    Result<Held*> held = bucket({steps[i], start}, journal);
    if (!held) return held.error();  // before anything is counted
    into[i] = *held;
  }
  for (Held* held : into) {
    if (held == nullptr) continue;
    const std::size_t before = held->dirty ? held->bucket.cells.size() : 0;
    add(held->bucket, facts);
    held->dirty = true;
    dirty_cells_ += held->bucket.cells.size() - before + (before == 0 ? 1 : 0);
  }
  gauges_.open += (facts.submitted ? 1 : 0) - (facts.completed || facts.cancelled ? 1 : 0);
  for (const AgeFact& fact : facts.ages) {
    AgeBook& book = fact.book == AgeFact::Book::doubt ? gauges_.doubts : gauges_.letters;
    fact.change > 0 ? book.add(fact.since) : book.remove(fact.since);
  }
  pass(position);
  dirty_ = true;
  return ok();
}

void StatsStore::pass(const Position& position) {
  folded_[position.shard.number] = position.lsn;
}

// Keys are known without reading: whatever a mark moves over is deleted, there or not.
void StatsStore::prune(TimeMs now, std::vector<DocumentChange>& changes) {
  for (const StatsStep step : steps) {
    if (kept_for(step).count == 0) continue;
    std::size_t room = prune_max;
    const std::int64_t keep = start_of(step, now - kept_for(step)).count;
    // The first write of all: nothing is on disk yet.
    const auto [mark, first] = pruned_.emplace(step, keep);
    if (first)
      std::erase_if(held_,
                    [&](const auto& held) { return held.first.first == step && held.first.second < keep; });
    for (; mark->second < keep && room > 0; --room, mark->second += length_of(step).count) {
      changes.push_back({stats_kind, document_of({step, mark->second}), std::nullopt});
      held_.erase({step, mark->second});
    }
  }
}

std::vector<DocumentChange> StatsStore::changes(TimeMs now) {
  std::vector<DocumentChange> changes;
  prune(now, changes);
  for (const auto& [key, held] : held_)
    if (held.dirty) changes.push_back({stats_kind, document_of(key), encode(held.bucket)});
  gauges_.doubts.coarsen(now);
  gauges_.letters.coarsen(now);
  changes.push_back({stats_kind, state_key, encode_state()});
  return changes;
}

void StatsStore::written(Ticket ticket) {
  for (auto& [key, held] : held_) {
    if (!held.dirty) continue;
    held.dirty = false;
    held.written = ticket;
  }
  dirty_ = false;
  dirty_cells_ = 0;
}

void StatsStore::durable(Ticket ticket, TimeMs now) {
  for (auto at = held_.begin(); at != held_.end();) {
    const bool current = at->first.second == start_of(at->first.first, now).count;
    at = !current && !at->second.dirty && !(ticket < at->second.written) ? held_.erase(at) : ++at;
  }
}

Result<std::size_t> StatsStore::read(const StatsQuery& query, StatsAnswer::Point& point, StatsAnswer& answer,
                                     const Journal& journal) const {
  const Key key{query.step, point.at.count};
  const StatsBucket* bucket = nullptr;
  StatsBucket read;
  if (const auto found = held_.find(key); found != held_.end()) {
    bucket = &found->second.bucket;
  } else {
    Result<std::optional<std::string>> stored = journal.document(ShardId{0}, stats_kind, document_of(key));
    if (!stored) return stored.error();
    if (!stored->has_value()) return std::size_t{0};
    Result<StatsBucket> decoded = decode_bucket(**stored);
    if (!decoded) return decoded.error();
    read = std::move(*decoded);
    bucket = &read;
  }
  point.totals = bucket->totals;
  add_to(answer.totals, bucket->totals);
  for (const auto& [of, cell] : bucket->cells) {
    const bool asked =
        (!query.target || of.target == *query.target) && (!query.merchant || of.merchant == *query.merchant);
    // What a full bucket had no room for may be what is asked for.
    if (!asked && may_hide(of, query)) answer.incomplete = true;
    if (!asked) continue;
    if (of.operation != Operation::query) add_to(point.operations, cell);
    // Who asks for one merchant sees it by name; else all merchants are one target.
    CellKey shown = of;
    if (!query.merchant && !of.merchant.empty()) {
      add_to(answer.merchants[of], cell);
      shown.merchant.clear();
    }
    add_to(answer.cells[std::move(shown)], cell);
  }
  if (answer.merchants.size() > 2 * merchants_told_max) keep_worst(answer.merchants, merchants_told_max);
  add_to(answer.operations, point.operations);
  return bucket->cells.size();
}

std::string StatsStore::encode_state() const {
  std::string out;
  put_number(out, 1);
  put_number(out, folded_.size());
  for (const std::uint64_t lsn : folded_) put_number(out, lsn);
  put_number(out, static_cast<std::uint64_t>(std::max<std::int64_t>(0, gauges_.open)));
  for (const StatsStep step : {StatsStep::minute, StatsStep::hour}) {
    const auto mark = pruned_.find(step);
    put_number(out, mark == pruned_.end() ? 0 : static_cast<std::uint64_t>(mark->second));
  }
  gauges_.doubts.encode(out);
  gauges_.letters.encode(out);
  return out;
}

Status StatsStore::decode_state(std::string_view in) {
  const Error damaged{"damaged", "the state of the statistics cannot be read"};
  std::uint64_t version = 0, shards = 0, open = 0, mark = 0;
  if (!take_number(in, version) || version != 1 || !take_number(in, shards) || shards != folded_.size())
    return damaged;
  for (std::uint64_t& lsn : folded_)
    if (!take_number(in, lsn)) return damaged;
  if (!take_number(in, open)) return damaged;
  gauges_.open = static_cast<std::int64_t>(open);
  for (const StatsStep step : {StatsStep::minute, StatsStep::hour}) {
    if (!take_number(in, mark)) return damaged;
    if (mark != 0) pruned_[step] = static_cast<std::int64_t>(mark);
  }
  if (!AgeBook::take(in, gauges_.doubts) || !AgeBook::take(in, gauges_.letters))
    return damaged;  // what follows is a newer writer's
  return ok();
}

}  // namespace settle
