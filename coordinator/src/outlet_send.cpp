// What leaves: one request of a receiver at a time, and the next message when the one before has arrived.
// Tried for ever, ever more seldom: a cursor that does not move loses nothing.

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
  error.empty() ? arrived(line) : missed(line, std::move(error), answer);
}

void OutletImpl::arrived(Line& line) {
  line.attempts = 0;
  line.retry_at = line.failing_since = line.alerted_at = TimeMs{};
  line.last_error.clear();
  line.last_sent_at = loop_.now();
  ++line.sent_in_hour;
  if (++line.phone < requests_of(line.receiver)) return;
  line.phone = 0;
  line.rendered.reset();
  line.moved = true;
  ++line.sent;
  line.events += line.gatherer.front(line.read_upto)->count;
  line.gatherer.delivered();
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
  const TimeMs last_told = line.alerted_at ? line.alerted_at : line.failing_since;
  if (now < last_told + config_.alert_after) return;
  line.alerted_at = now;
  log_alert("a receiver of events has failed for long", {{"receiver", line.receiver.name},
                                                         {"error", line.last_error},
                                                         {"failing_ms", now - line.failing_since},
                                                         {"waiting", line.gatherer.waiting()}});
}

}  // namespace settle
