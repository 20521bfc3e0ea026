// What leaves: one request of a receiver at a time, and the next message when the one before has arrived.
// Tried for ever, ever more seldom: a cursor that does not move loses nothing. Only what its receiver refuses
// again and again for what it is, while it answers, is passed over: told, counted, and no wall for what
// follows.

#include <algorithm>

#include "outlet_impl.hpp"
#include "settle/coordinator/log.hpp"

namespace settle {
namespace {

constexpr std::int64_t hour_ms = 3'600'000;

// Seconds that a Retry-After asks for; 0: it does not say.
DurationMs asked_wait(const std::string& text, DurationMs longest) {
  DurationMs wait{0};
  for (const char c : text) {
    if (c < '0' || c > '9') return DurationMs{0};
    wait.count = std::min(longest.count, wait.count * 10 + (c - '0') * std::int64_t{1'000});
  }
  return wait;
}

}  // namespace

// Before a message is closed: what must wait for the next hour goes on gathering.
bool OutletImpl::may_send(Line& line) {
  const TimeMs now = loop_.now();
  if (stopped_ || line.in_flight || now < line.retry_at) return false;
  if (changing_.count(line.receiver.name) != 0) return false;  // another takes its place
  const std::int64_t hour = now.count / hour_ms;
  if (hour != line.hour) {
    line.hour = hour;
    line.sent_in_hour = 0;
  }
  return line.receiver.per_hour_max == 0 || line.sent_in_hour < line.receiver.per_hour_max;
}

void OutletImpl::send_next(const LinePtr& line) {
  if (!may_send(*line)) return;
  const OutletMessage* message = line->gatherer.front(line->read_upto);
  if (message == nullptr) return;
  if (!line->rendered) line->rendered = render(line->receiver, *message);
  line->in_flight = true;
  client_.send(
      request_of(line->receiver, *line->rendered, line->phone, loop_.wall()),
      [this, alive = std::weak_ptr<bool>(alive_), at = std::weak_ptr<Line>(line)](const HttpAnswer& answer) {
        const LinePtr line = at.lock();
        if (!line || !alive.lock()) return;
        answered(*line, answer);
        send_next(line);
      });
}

void OutletImpl::answered(Line& line, const HttpAnswer& answer) {
  line.in_flight = false;
  std::string error = judge(line.receiver, answer);
  if (error.empty()) {
    line.shy_phones.erase(line.phone);
    ++line.arrived;
    line.last_sent_at = loop_.now();
    ++line.sent_in_hour;
    return arrived(line);
  }
  missed(line, std::move(error), answer);
}

void OutletImpl::arrived(Line& line) {
  line.failing_since = line.alerted_at = TimeMs{};
  line.last_error.clear();
  next_request(line);
}

void OutletImpl::next_request(Line& line) {
  line.attempts = line.refused = 0;
  line.retry_at = TimeMs{};
  if (++line.phone < requests_of(line.receiver)) return;
  line.phone = 0;
  if (line.arrived > 0) return end_message(line);
  // No phone took it: all of them once more, later.
  line.retry_at = loop_.now() + config_.retry_longest;
}

void OutletImpl::end_message(Line& line) {
  const std::size_t count = line.gatherer.front(line.read_upto)->count;
  if (line.arrived > 0) {
    ++line.sent;
    line.events += count;
  }
  line.lost += requests_of(line.receiver) - line.arrived;
  line.phone = line.arrived = 0;
  line.message_refused = 0;
  line.rendered.reset();
  line.moved = true;
  line.gatherer.delivered();
}

// After so many definite refusals: on with the next phone, or the next message.
void OutletImpl::pass_over(Line& line, Refusal refusal) {
  if (refusal == Refusal::none) return;
  ++line.refused;
  if (refusal == Refusal::message) ++line.message_refused;
  const std::size_t requests = requests_of(line.receiver);
  const bool whole = line.arrived == 0 && line.message_refused >= config_.refusals_max * requests;
  const bool gateway = line.receiver.kind == ReceiverKind::sms;
  const bool shy = line.shy_phones.count(line.phone) != 0;
  if (whole) {
    note_loss(line, *line.gatherer.front(line.read_upto), true);
    end_message(line);
    line.attempts = line.refused = 0;
    line.retry_at = TimeMs{};  // it goes on failing until something arrives
    return;
  }
  if (!gateway || (line.refused < config_.phone_refusals_max && !shy)) return;
  if (line.shy_phones.insert(line.phone).second) note_loss(line, *line.gatherer.front(line.read_upto), false);
  next_request(line);
}

// In the journal, so that the other receivers hear of it; but not of one that tells of nothing else, or two
// that refuse everything would go on telling of each other.
void OutletImpl::note_loss(Line& line, const OutletMessage& message, bool whole) {
  const std::size_t requests = requests_of(line.receiver);
  log_alert(whole ? "a receiver refuses a message again and again: it was passed over"
                  : "a gateway refuses a phone: the next ones are told without it",
            {{"receiver", line.receiver.name},
             {"first", message.id()},
             {"events", message.count},
             {"phone", whole ? 0 : line.phone + 1},
             {"error", line.last_error}});
  const auto own = message.by_type.find(EventType::message_lost);
  if (own != message.by_type.end() && own->second == message.count) return;
  nlohmann::json event{{"event", "message_lost"},
                       {"receiver", line.receiver.name},
                       {"first", message.id()},
                       {"events", message.count},
                       {"error", line.last_error}};
  if (line.receiver.kind == ReceiverKind::sms) {
    event["phones"] = whole ? requests : 1;
    event["of"] = requests;
  }
  engine_.note(RecordKind::engine, event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), {},
               [](const auto&) {});
}

void OutletImpl::missed(Line& line, std::string error, const HttpAnswer& answer) {
  const TimeMs now = loop_.now();
  ++line.failed;
  line.attempts = std::min(line.attempts + 1, 1'000U);
  std::int64_t wait = config_.retry_first.count;
  for (std::uint32_t n = 1; n < line.attempts && wait < config_.retry_longest.count; ++n) wait *= 2;
  wait = std::max(std::min(wait, config_.retry_longest.count),
                  asked_wait(answer.retry_after, config_.retry_longest).count);
  line.retry_at = now + DurationMs{wait};
  line.last_error = std::move(error);
  if (!line.failing_since) {
    line.failing_since = now;
    log_warn("a receiver of events fails", {{"receiver", line.receiver.name}, {"error", line.last_error}});
  }
  alert_if_long(line);
  pass_over(line, refusal_of(line.receiver, answer));
}

void OutletImpl::alert_if_long(Line& line) const {
  const TimeMs now = loop_.now();
  const TimeMs last_told = line.alerted_at ? line.alerted_at : line.failing_since;
  if (now < last_told + config_.alert_after) return;
  line.alerted_at = now;
  log_alert("a receiver of events has failed for long", {{"receiver", line.receiver.name},
                                                         {"error", line.last_error},
                                                         {"failing_ms", now - line.failing_since},
                                                         {"waiting", line.gatherer.waiting()}});
}

}  // namespace settle
