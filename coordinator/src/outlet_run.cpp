// Reading on: in short slices, so that the engine's thread is never held for long. Receivers that have come
// equally far are read for together; most are at the end.

#include <algorithm>

#include "outlet_derive.hpp"
#include "outlet_impl.hpp"
#include "outlet_reader.hpp"
#include "settle/coordinator/log.hpp"

namespace settle {
namespace {

constexpr std::size_t slice_records = 64;
constexpr DurationMs after_trouble{10'000};

bool is_own_note(const Record& record) {
  return record.kind == RecordKind::engine && record.event == R"({"event":"receivers_moved"})";
}

// Whoever refused a message is not told so: it would refuse that too, for ever.
bool of_its_own_loss(const Line& line, const OutletEvent& event) {
  return event.type == EventType::message_lost && event.data.value("receiver", "") == line.receiver.name;
}

}  // namespace

void OutletImpl::tick_in(DurationMs wait) {
  timer_.expires_after(std::chrono::milliseconds(wait.count));
  timer_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](const boost::system::error_code& error) {
    if (!error && alive.lock()) tick();
  });
}

void OutletImpl::tick() {
  if (stopped_) return;
  tick_in(config_.look_every);
  read_if_needed();
  const auto lines = lines_;
  for (const auto& [name, line] : lines) send_next(line);
  if (saved_at_ + config_.save_every <= loop_.now()) save(false);
}

bool OutletImpl::read_all(const Line& line, const std::vector<std::uint64_t>& heads) const {
  for (std::size_t n = 0; n < heads.size(); ++n)
    if (line.next[n] <= heads[n]) return false;
  return true;
}

// The law: what was appended is read once it is durable. All that is there at this moment is what a slice may
// read: a cut through all shards, so that no later record of one is told before an earlier one of another.
void OutletImpl::read_if_needed() {
  const TimeMs now = loop_.now();
  if (reading_ || now < read_again_at_) return;
  std::vector<std::uint64_t> heads = engine_.heads();
  bool wanted = false;
  for (const auto& [name, line] : lines_) {
    if (!read_all(*line, heads)) {
      wanted = wanted || !line->gatherer.full();
    } else if (line->read_upto < now) {
      line->read_upto = now;
    }
  }
  if (!wanted) return;
  reading_ = true;
  engine_.when_durable([this, alive = std::weak_ptr<bool>(alive_), heads = std::move(heads),
                        now](const Result<Done>& durable) {
    if (!alive.lock()) return;
    reading_ = false;
    if (!durable) return stop();
    if (!stopped_) slice(heads, now);
  });
}

// Those whose turn it is: the next receiver that is behind, and all that are where it is.
std::vector<OutletImpl::LinePtr> OutletImpl::cohort(const std::vector<std::uint64_t>& heads) {
  std::vector<LinePtr> ready;
  for (const auto& [name, line] : lines_)
    if (line->next.size() == heads.size() && !line->gatherer.full() && !read_all(*line, heads))
      ready.push_back(line);
  if (ready.empty()) return ready;
  const auto later = std::find_if(ready.begin(), ready.end(),
                                  [&](const LinePtr& line) { return line->receiver.name > turn_; });
  const LinePtr first = later == ready.end() ? ready.front() : *later;
  turn_ = first->receiver.name;
  std::vector<LinePtr> together;
  for (const LinePtr& line : ready)
    if (line->next == first->next) together.push_back(line);
  return together;
}

void OutletImpl::slice(const std::vector<std::uint64_t>& heads, TimeMs at) {
  const std::vector<LinePtr> lines = cohort(heads);
  if (lines.empty()) return;
  std::vector<std::uint64_t> next = lines.front()->next;
  const auto records = read_on(journal_, next, heads, slice_records);
  const Status handed = records ? hand_out(*records, lines) : Status(records.error());
  if (!handed) {
    log_alert("the journal cannot be read for the receivers of events", {{"detail", handed.error().detail}});
    read_again_at_ = loop_.now() + after_trouble;
    for (const LinePtr& line : lines) line->last_error = handed.error().code + ": " + handed.error().detail;
    return;
  }
  const auto foreign = std::count_if(records->begin(), records->end(),
                                     [](const Record& record) { return !is_own_note(record); });
  for (const LinePtr& line : lines) {
    line->next = next;
    line->passed += static_cast<std::uint64_t>(foreign);
    const TimeMs upto = read_all(*line, heads) ? at : records->back().at;
    if (line->read_upto < upto) line->read_upto = upto;
    send_next(line);
  }
  tick_in(config_.slice_gap);  // there may be more
}

// All of a slice or nothing of it: what could not be looked up is read once more.
Status OutletImpl::hand_out(const std::vector<Record>& records, const std::vector<LinePtr>& to) {
  std::vector<OutletEvent> events;
  for (const Record& record : records) {
    const auto happenings = happenings_of(record);
    if (!happenings) return happenings.error();
    for (std::size_t n = 0; n < happenings->size(); ++n) {
      const Happening& happening = (*happenings)[n];
      if (happening.silent) continue;
      const Severity severity = happening.raised.value_or(severity_of(happening.type));
      const bool wanted = std::any_of(to.begin(), to.end(), [&](const LinePtr& line) {
        return line->gatherer.wants(happening.type, severity);
      });
      if (!wanted) continue;
      auto event = told(record, n, happening, journal_, engine_);
      if (!event) return event.error();
      events.push_back(*std::move(event));
    }
  }
  for (const LinePtr& line : to)
    for (const OutletEvent& event : events)
      if (line->gatherer.wants(event.type, severity_of(event)) && !of_its_own_loss(*line, event))
        line->gatherer.take(event, event.position.lsn < line->done[event.position.shard.number]);
  return ok();
}

}  // namespace settle
