// Numbers: what is durable is counted; what a crash took of the counts is folded again from the log
// (docs/numbers.md).

#include "engine_impl.hpp"
#include "settle/coordinator/log.hpp"
#include "settle/wal/codec.hpp"

namespace settle {
namespace {

constexpr std::size_t replayed_max = 4'096;
constexpr std::size_t history_page = 500;
constexpr std::size_t cells_per_slice = 800;  // that an answer reads at a turn, or one bucket: about 1 ms

}  // namespace

// Called for each record of a purchase once it is durable, in the order of its shard.
void EngineImpl::count(const Position& position, const RecordFacts& facts) {
  add(counters_, facts);
  Shard& shard = shards_[position.shard.number];
  shard.stats_told = position.lsn;
  // Not its turn yet, or read from the log before we were told of it.
  if (stats_stopped_ || !shard.stats_live || position.lsn <= stats_.folded(position.shard)) return;
  if (Status folded = stats_.fold(position, facts, journal_); !folded) return stop_stats(folded.error());
  note_fold();
}

void EngineImpl::note_fold() {
  if (stats_.full()) return write_stats();
  if (!stats_due_) stats_due_ = now() + config_.stats_every;
}

// Buckets, gauges and how far they go: in one append, so that nothing is counted twice. Nobody waits for it.
void EngineImpl::write_stats() {
  stats_due_ = TimeMs{};
  if (!stats_.dirty()) return;
  Append record;
  record.shard = ShardId{0};
  record.kind = RecordKind::engine;
  record.at = now();
  record.event = R"({"event":"stats_written"})";
  record.sync = false;
  record.documents = stats_.changes(now());
  Result<Appended> appended = append(std::move(record));
  if (!appended) return;
  stats_.written(appended->ticket);
  after(appended->ticket, [this, ticket = appended->ticket](const Status& status) {
    if (status.ok()) stats_.durable(ticket, now());
  });
}

// Errors: io. What cannot be read of the statistics keeps no purchase waiting.
Status EngineImpl::load_stats() {
  const Status loaded = stats_.load(journal_);
  if (loaded || loaded.error().code != "damaged") return loaded;
  stop_stats(loaded.error());
  return ok();
}

// Statistics are worth no purchase: everything else goes on, and a restart tries again.
void EngineImpl::stop_stats(const Error& error) {
  stats_stopped_ = true;
  replayed_.clear();
  log_error("the statistics stand still", {{"code", error.code}, {"detail", error.detail}});
}

// What was appended before the last stop or crash and is not folded: a slice at a time, shard by shard.
void EngineImpl::follow_stats() {
  const auto count = static_cast<std::uint16_t>(shards_.size());
  while (stats_turn_ < count && shards_[stats_turn_].stats_live) ++stats_turn_;
  if (failed_ || stats_stopped_ || stats_turn_ == count) return replayed_.clear();
  const ShardId id{stats_turn_};
  Result<std::vector<Record>> records =
      journal_.scan(Position{id, stats_.folded(id) + 1}, config_.stats_slice);
  if (!records) return stop_stats(records.error());
  for (const Record& record : *records) {
    if (Status folded = fold_again(record); !folded)
      return stop_stats(
          {folded.error().code, "record " + record.position.text() + ": " + folded.error().detail});
    note_fold();
  }
  if (records->empty() && stats_.folded(id) < shards_[id.number].stats_told)
    return stop_stats({"damaged", "the log of shard " + std::to_string(id.number) + " ends too early"});
  shards_[id.number].stats_live = stats_.folded(id) >= shards_[id.number].stats_told;
  set_alarm();
  loop_.post([this, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.lock()) follow_stats();
  });
}

Status EngineImpl::fold_again(const Record& record) {
  if (record.kind != RecordKind::purchase) return stats_.pass(record.position), ok();
  Result<Event> event = decode_event(record.event);
  if (!event) return event.error();
  Result<Live*> live = replayed_before(record, *event);
  if (!live) return live.error();
  if (Status then = as_of(**live, *event); !then) return then;
  const PurchaseBefore was((*live)->purchase);
  Advanced advanced = advance(*(*live)->definition, std::move((*live)->purchase), *event);
  const RecordFacts facts = facts_of((*live)->definition, was, *event, advanced);
  (*live)->purchase = std::move(advanced.purchase);
  if (is_terminal((*live)->purchase.state)) replayed_.erase(record.purchase);
  return stats_.fold(record.position, facts, journal_);
}

// The purchase as it was before this record: from the records before it, unless one of them was just folded.
Result<Live*> EngineImpl::replayed_before(const Record& record, const Event& event) {
  if (const auto found = replayed_.find(record.purchase); found != replayed_.end())
    return found->second.get();
  if (replayed_.size() >= replayed_max) replayed_.clear();
  std::unique_ptr<Live> live;
  if (std::holds_alternative<Submitted>(event.what)) {
    auto first = first_of(event, record.position.shard);
    if (!first) return first.error();
    live = std::move(*first);
  } else {
    live = std::make_unique<Live>();
    if (Status replayed = replay_before(*live, record); !replayed) return replayed.error();
  }
  return (replayed_[record.purchase] = std::move(live)).get();
}

Status EngineImpl::replay_before(Live& live, const Record& record) const {
  for (std::uint64_t next = 1; next < record.position.lsn;) {
    auto records = journal_.scan_purchase(record.purchase, next, history_page);
    if (!records) return records.error();
    for (const Record& earlier : *records) {
      if (earlier.position.lsn >= record.position.lsn) return ok();
      next = earlier.position.lsn + 1;
      if (earlier.kind != RecordKind::purchase) continue;  // a repair of the sweep's
      Result<Event> event = decode_event(earlier.event);
      if (!event) return event.error();
      if (!live.definition) {
        auto first = first_of(*event, record.position.shard);
        if (!first) return first.error();
        live = std::move(**first);
      }
      if (Status then = as_of(live, *event); !then) return then;
      live.purchase = advance(*live.definition, std::move(live.purchase), *event).purchase;
    }
    if (records->empty()) break;
  }
  return Error{"damaged", "the purchase's earlier records are gone"};
}

EngineGauges EngineImpl::gauges() const {
  const TimeMs time = now();
  EngineGauges gauges;
  gauges.at = time;
  gauges.stats_stopped = stats_stopped_;
  const StatsStore::Gauges& folded = stats_.gauges();
  gauges.open = static_cast<std::uint64_t>(std::max<std::int64_t>(0, folded.open));
  gauges.in_motion = live_.size();
  gauges.waiting = gauges.open - std::min(gauges.open, gauges.in_motion);
  gauges.in_doubt = folded.doubts.count();
  if (const TimeMs oldest = folded.doubts.oldest()) gauges.oldest_doubt = time - oldest;
  std::uint64_t older = folded.letters.count();
  for (std::size_t i = 0; i < letter_age_hours.size(); ++i) {
    const std::uint64_t left = folded.letters.since(time - DurationMs{letter_age_hours[i] * 3'600'000});
    gauges.dead_letters[i] = older - left;
    older = left;
  }
  gauges.dead_letters.back() = older;
  TimeMs due = wakes_.empty() ? TimeMs{} : wakes_.begin()->first;
  for (const Shard& shard : shards_) {
    due = earlier(due, due_since(shard));
    const std::uint64_t folded_to =
        stats_.folded(ShardId{static_cast<std::uint16_t>(&shard - shards_.data())});
    gauges.stats_behind += shard.stats_told - std::min(shard.stats_told, folded_to);
  }
  if (due && due < time) gauges.due_lag = time - due;
  gauges.stretch_percent = std::max<std::uint32_t>(100, stretch());
  gauges.calls_out = calls_out_;
  gauges.waiters = waits_.size();
  gauges.engine_minus_wall = time - loop_.wall();
  gauges.client = client_.load();
  return gauges;
}

// One answer in the making.
struct EngineImpl::StatsScan {
  StatsQuery query;
  StatsAnswer answer;
  Then<StatsAnswer> then;
  std::size_t next = 0;  // the point that is read next
};

void EngineImpl::stats(StatsQuery query, Then<StatsAnswer> then) {
  const std::int64_t length = length_of(query.step).count, span = (query.to - query.from).count;
  if (span <= 0 || static_cast<std::uint64_t>(span / length) > points_max(query.step))
    return then(Error{"invalid_parameter",
                      "from and to must enclose 1 to " + std::to_string(points_max(query.step)) + " steps"});
  auto scan = std::make_shared<StatsScan>();
  for (TimeMs at = query.from; at < query.to; at = at + DurationMs{length})
    scan->answer.points.push_back({.at = at});
  scan->query = std::move(query);
  scan->then = std::move(then);
  read_stats(scan);
}

void EngineImpl::read_stats(const std::shared_ptr<StatsScan>& scan) {
  std::vector<StatsAnswer::Point>& points = scan->answer.points;
  const std::size_t stop = std::min<std::size_t>(points.size(), scan->next + config_.stats_slice);
  for (std::size_t cells = 0; scan->next < stop && cells < cells_per_slice; ++scan->next) {
    const Result<std::size_t> read = stats_.read(scan->query, points[scan->next], scan->answer, journal_);
    if (!read) return scan->then(read.error());
    cells += *read;
  }
  if (scan->next == points.size()) {
    scan->answer.behind = gauges().stats_behind;
    scan->answer.stopped = stats_stopped_;
    keep_worst(scan->answer.merchants, merchants_told_max);
    return scan->then(std::move(scan->answer));
  }
  loop_.post([this, alive = std::weak_ptr<bool>(alive_), scan] {
    if (alive.lock()) read_stats(scan);
  });
}

}  // namespace settle
