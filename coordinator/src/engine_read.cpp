// Reading: lists of purchases by index, and pages of the journal by cursor.

#include <algorithm>

#include "engine_impl.hpp"
#include "journal_cursor.hpp"
#include "settle/crypto/crypto.hpp"
#include "settle/statemachine/bug.hpp"

namespace settle {
namespace {

constexpr std::size_t index_page = 200;

bool newer(const Journal::IndexEntry& a, const Journal::IndexEntry& b) {
  return a.at != b.at ? a.at > b.at : b.purchase < a.purchase;
}

std::string cursor_of(const Journal::IndexEntry& entry) {
  return base64url(std::to_string(entry.at.count) + ":" + entry.purchase.text());
}

std::optional<Journal::IndexEntry> parse_cursor(std::string_view cursor) {
  const std::optional<std::string> text = unbase64url(cursor);
  if (!text) return std::nullopt;
  const std::size_t colon = text->find(':');
  if (colon == std::string::npos || colon == 0 || colon > 15) return std::nullopt;
  const std::string number = text->substr(0, colon);
  if (!std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  const std::optional<PurchaseId> purchase = PurchaseId::parse(std::string_view(*text).substr(colon + 1));
  if (!purchase) return std::nullopt;
  return Journal::IndexEntry{TimeMs{std::stoll(number)}, *purchase};
}

bool is_asked(const ListQuery& query, const StepDefinition& defined, const Step& step) {
  if (query.cause && step.last_cause != *query.cause) return false;
  if (query.operation && step.operation != *query.operation) return false;
  if (query.target && defined.target != *query.target) return false;
  if (query.step && defined.name != *query.step) return false;
  return !query.code || step.error_code == *query.code;
}

bool asks_for_decisions(const ListQuery& query) {
  if (query.cause || query.target || query.step) return false;
  if (query.operation && *query.operation != Operation::try_) return false;
  return !query.code || *query.code == overdue_code;
}

Error bad_cursor() {
  return Error{"invalid_cursor", "this cursor was not given out by this journal"};
}

}  // namespace

bool matches(const ListQuery& query, const Definition& definition, const Purchase& p, TimeMs now) {
  if (query.parked && dead_letters(query, definition, p, now).empty()) return false;
  if (query.shop && p.order.shop != *query.shop) return false;
  if (query.order_id && p.order.order_id != *query.order_id) return false;
  if (query.buyer && p.order.buyer != *query.buyer) return false;
  if (query.merchant && p.order.merchant != *query.merchant) return false;
  if (query.state && p.state != *query.state) return false;
  if (query.needs_person && !needs_person(p) && !forgotten(definition, p)) return false;
  if (query.reason && p.reason_code != *query.reason) return false;
  if (query.definition && p.definition != *query.definition) return false;
  if (query.never_reopened && !p.successor.is_zero()) return false;
  if (query.notified && notified(definition, p) != query.notified) return false;
  if (query.until && p.submitted_at >= query.until) return false;
  return p.submitted_at >= query.since;
}

TimeMs overdue_since(const Purchase& p) {
  if (!p.overdue || p.state != PurchaseState::trying) return {};
  TimeMs since = p.deadline_at;
  for (const Step& step : p.steps) {
    if (with_person(step)) return {};
    if (step.state == StepState::tried) since = earlier(since, step.expires_at);
  }
  return since;
}

std::vector<int> dead_letters(const ListQuery& query, const Definition& definition, const Purchase& p,
                              TimeMs now) {
  std::vector<int> found;
  if (query.merchant && p.order.merchant != *query.merchant) return found;
  if (query.assignee && p.assignee != *query.assignee) return found;
  const auto long_enough = [&](TimeMs since) {
    return query.parked_for.count == 0 || since + query.parked_for <= now;
  };
  for (std::size_t i = 0; i < p.steps.size(); ++i) {
    const Step& step = p.steps[i];
    if (with_person(step) && is_asked(query, definition.steps[i], step) && long_enough(step.parked_at))
      found.push_back(static_cast<int>(i));
  }
  const TimeMs since = overdue_since(p);
  if (since && asks_for_decisions(query) && long_enough(since)) found.push_back(of_decision);
  return found;
}

std::optional<bool> notified(const Definition& definition, const Purchase& p) {
  std::optional<bool> all;
  for (std::size_t i = 0; i < p.steps.size() && p.state == PurchaseState::completed; ++i)
    if (definition.steps[i].mode == StepMode::deliver)
      all = all.value_or(true) && p.steps[i].state == StepState::delivered;
  return all;
}

// What may match, newest first: a page of the narrowest index, and the purchases in memory, whose entries in
// the state indexes are older than they are.
Result<std::vector<Journal::IndexEntry>> EngineImpl::candidates(
    const ListQuery& query, const std::optional<Journal::IndexEntry>& before) const {
  if (query.order_id) return journal_.index("order", *query.order_id, before, index_page);
  if (query.buyer) return journal_.index("buyer", *query.buyer, before, index_page);
  if (query.shop) return journal_.index("shop", *query.shop, before, index_page);
  if (!query.state && !query.needs_person) return journal_.index("all", "", before, index_page);
  auto entries = query.needs_person ? journal_.index("person", "", before, index_page)
                                    : journal_.index("state", name_of(*query.state), before, index_page);
  if (!entries) return entries;
  const bool more = entries->size() == index_page;
  for (const auto& [id, live] : live_) {
    const Journal::IndexEntry entry{live->purchase.submitted_at, id};
    if (before && !newer(*before, entry)) continue;
    if (more && newer(entries->back(), entry)) continue;  // belongs to a later page
    entries->push_back(entry);
  }
  std::sort(entries->begin(), entries->end(), newer);
  entries->erase(
      std::unique(entries->begin(), entries->end(),
                  [](const auto& a, const auto& b) { return a.at == b.at && a.purchase == b.purchase; }),
      entries->end());
  return entries;
}

void EngineImpl::list(ListQuery query, Then<ListPage> then) {
  std::optional<Journal::IndexEntry> before;
  if (!query.cursor.empty()) {
    before = parse_cursor(query.cursor);
    if (!before) return then(bad_cursor());
  } else if (query.until) {
    before = Journal::IndexEntry{query.until, PurchaseId{}};  // newest first: what is older than that
  }
  auto page = std::make_shared<ListPage>();
  page->at = now();
  Ticket latest;
  std::size_t looked_at = 0;
  for (bool more = true; more && page->next_cursor.empty();) {
    auto entries = candidates(query, before);
    if (!entries) return then(entries.error());
    more = entries->size() >= index_page;
    for (const Journal::IndexEntry& entry : *entries) {
      before = entry;
      if (entry.at < query.since) {
        more = false;
        break;
      }
      Result<Live*> live = find(entry.purchase);
      if (!live && !pass_over(entry.purchase, live.error())) return then(live.error());
      if (!live) {
        ++page->unreadable;
      } else if (*live != nullptr && matches(query, *(*live)->definition, (*live)->purchase, page->at)) {
        page->purchases.push_back(view_of(**live));
        if (!(*live)->durable && latest < (*live)->ticket) latest = (*live)->ticket;
      }
      let_go(entry.purchase);
      if (page->purchases.size() == query.limit || ++looked_at == query.look_at_max) {
        page->next_cursor = cursor_of(entry);
        break;
      }
    }
  }
  set_alarm();
  if (latest == Ticket{}) return then(std::move(*page));
  if (failed_) return then(*failed_);
  after(latest, [page, then = std::move(then)](const Status& status) {
    if (!status.ok()) return then(status.error());
    then(std::move(*page));
  });
}

Result<JournalPage> EngineImpl::journal(std::string_view cursor, const std::optional<PurchaseId>& purchase,
                                        std::size_t limit) const {
  auto next = parse_journal_cursor(cursor, shards_.size());
  if (!next) return bad_cursor();
  JournalPage page;
  if (purchase) {
    const ShardId shard = shard_of(*purchase, journal_.shard_count());
    auto records = journal_.scan_purchase(*purchase, (*next)[shard.number], limit);
    if (!records) return records.error();
    page.records = std::move(*records);
  } else {
    // A share of the page from each shard that has something: a follower's page costs no more than it shows.
    std::size_t talking = 0;
    const std::uint16_t count = journal_.shard_count();
    for (std::uint16_t n = 0; n < count; ++n) talking += shards_[n].last_lsn >= (*next)[n] ? 1 : 0;
    for (std::uint16_t n = 0; n < count; ++n) {
      if (shards_[n].last_lsn < (*next)[n]) continue;
      auto records =
          journal_.scan(Position{ShardId{n}, (*next)[n]}, limit / std::max<std::size_t>(talking, 1) + 1);
      if (!records) return records.error();
      std::move(records->begin(), records->end(), std::back_inserter(page.records));
    }
    // Across shards there is no order but time; within one it must stay. Times of a shard never go back.
    std::stable_sort(page.records.begin(), page.records.end(),
                     [](const Record& a, const Record& b) { return a.at < b.at; });
    if (page.records.size() > limit) page.records.resize(limit);
  }
  for (const Record& record : page.records)
    (*next)[record.position.shard.number] = record.position.lsn + (SETTLE_BUG(cursor_skips) ? 2 : 1);
  page.next_cursor = journal_cursor(*next);
  return page;
}

}  // namespace settle
