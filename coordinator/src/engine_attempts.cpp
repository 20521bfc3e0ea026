// The attempts of a purchase, read from its log: a share of it at a time, so that a long story keeps nobody
// waiting (I19).

#include <charconv>

#include "attempt_log.hpp"
#include "engine_impl.hpp"
#include "settle/crypto/crypto.hpp"

namespace settle {
namespace {

constexpr std::size_t records_at_once = 100;
constexpr std::size_t attempts_max = 1'000'000'000;  // more than any log of a purchase has
constexpr std::string_view cursor_prefix = "attempts:";

std::string cursor_of(std::size_t next) {
  return base64url(std::string(cursor_prefix) + std::to_string(next));
}

std::optional<std::size_t> parse_cursor(std::string_view cursor) {
  if (cursor.empty()) return 0;
  const std::optional<std::string> text = unbase64url(cursor);
  if (!text || text->compare(0, cursor_prefix.size(), cursor_prefix) != 0) return std::nullopt;
  std::size_t next = 0;
  const char* const end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data() + cursor_prefix.size(), end, next);
  const bool fits = error == std::errc() && at == end && next <= attempts_max;
  return fits ? std::make_optional(next) : std::nullopt;
}

}  // namespace

struct EngineImpl::AttemptsReading {
  PurchaseId purchase;
  AttemptLog log;
  std::size_t from, limit;
  std::uint64_t next, last;  // LSNs; what is appended after the request is for the next one
  Then<AttemptsPage> then;
};

void EngineImpl::attempts(const PurchaseId& id, AttemptsQuery query, Then<AttemptsPage> then) {
  const auto from = parse_cursor(query.cursor);
  if (!from) return then(Error{"invalid_cursor", "this cursor was not given out by this journal"});
  Result<Live*> found = find(id);
  if (!found) return then(found.error());
  if (*found == nullptr) return then(Error{"not_found", "there is no such purchase"});
  const Live& live = **found;
  const bool durable = live.durable;
  const Ticket ticket = live.ticket;
  if (failed_ && !durable) return then(*failed_);
  auto reading = std::make_shared<AttemptsReading>(
      AttemptsReading{id, AttemptLog(book_, registry_, *keys_, *from, query.limit), *from, query.limit, 1,
                      shards_[live.shard.number].last_lsn, std::move(then)});
  let_go(id);
  if (durable) return read_attempts(reading);
  after(ticket, [this, reading](const Status& status) {
    if (!status.ok()) return reading->then(status.error());
    read_attempts(reading);
  });
}

void EngineImpl::read_attempts(const std::shared_ptr<AttemptsReading>& reading) {
  const auto records = journal_.scan_purchase(reading->purchase, reading->next, records_at_once);
  if (!records) return reading->then(records.error());
  bool more = records->size() == records_at_once;
  for (const Record& record : *records) {
    if (record.position.lsn > reading->last) {
      more = false;
      break;
    }
    if (const Status taken = reading->log.take(record); !taken) return reading->then(taken.error());
    reading->next = record.position.lsn + 1;
  }
  if (more)
    return loop_.post([this, alive = std::weak_ptr<bool>(alive_), reading] {
      if (alive.lock()) read_attempts(reading);
    });
  AttemptsPage page;
  const std::size_t behind = reading->from + reading->limit;
  if (reading->log.count() > behind) page.next_cursor = cursor_of(behind);
  page.attempts = std::move(reading->log).attempts();
  reading->then(std::move(page));
}

}  // namespace settle
