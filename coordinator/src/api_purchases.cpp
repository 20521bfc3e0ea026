// Reading purchases, and the callbacks of participants.

#include <deque>

#include "api_context.hpp"
#include "api_json.hpp"
#include "api_query.hpp"
#include "api_view.hpp"
#include "settle/wal/codec.hpp"

namespace settle {
namespace {

constexpr std::size_t text_bytes_max = 128;

std::optional<PurchaseState> parse_state(std::string_view text) {
  for (int i = 1; i <= purchase_state_count; ++i) {
    if (text == name_of(static_cast<PurchaseState>(i))) return static_cast<PurchaseState>(i);
  }
  return std::nullopt;
}

std::optional<Problem> read_list_query(std::string_view text, ListQuery& query) {
  QueryParameters in(
      text, {"state", "shop", "order_id", "buyer", "needs_person", "notified", "since", "limit", "cursor"});
  if (const auto state = in.text("state", text_bytes_max)) {
    query.state = parse_state(*state);
    if (!query.state) in.fail("state", "there is no such state");
  }
  query.shop = in.text("shop", text_bytes_max);
  query.order_id = in.text("order_id", text_bytes_max);
  query.buyer = in.text("buyer", text_bytes_max);
  query.needs_person = in.flag("needs_person");
  if (in.text("notified", text_bytes_max)) {
    query.notified = in.flag("notified");
    if (query.state.value_or(PurchaseState::completed) != PurchaseState::completed)
      in.fail("notified", "is of completed purchases");
    query.state = PurchaseState::completed;
  }
  if (const auto since = in.text("since", text_bytes_max)) {
    const auto time = parse_time_parameter(*since);
    time ? static_cast<void>(query.since = *time)
         : in.fail("since", "must be a time like 2026-01-31T12:00:00Z");
  }
  query.limit = in.number("limit", 1, 200, 50);
  query.cursor = in.text("cursor", 1024).value_or("");
  return in.problem();
}

// The last of what people wrote, newest first, from the purchase's own journal.
Result<std::vector<PurchaseNote>> notes_of(const Engine& engine, const PurchaseId& id) {
  constexpr std::size_t shown_max = 20, records_max = 500;
  std::deque<PurchaseNote> notes;
  std::string cursor;
  for (;;) {
    Result<JournalPage> page = engine.journal(cursor, id, records_max);
    if (!page) return page.error();
    for (const Record& record : page->records) {
      if (record.kind != RecordKind::purchase) continue;
      const Result<Event> event = decode_event(record.event);
      const Noted* const noted = event ? std::get_if<Noted>(&event->what) : nullptr;
      if (noted == nullptr) continue;
      notes.push_front({record.at, noted->who, noted->text});
      if (notes.size() > shown_max) notes.pop_back();
    }
    if (page->records.size() < records_max) return std::vector<PurchaseNote>(notes.begin(), notes.end());
    cursor = page->next_cursor;
  }
}

void forget_answered(std::vector<ApiContext::Waiter>& waiters) {
  std::erase_if(waiters, [](const ApiContext::Waiter& waiter) { return !waiter.responder.open(); });
}

}  // namespace

void list_purchases(ApiContext& api, const ApiCall& call, const Responder& responder) {
  ListQuery query;
  if (const auto problem = read_list_query(call.request.query, query)) {
    return responder.send(problem_response(*problem));
  }
  const Language language = call.language;
  api.engine.list(std::move(query), [&api, language, responder](const Result<ListPage>& page) {
    if (!page) return responder.send(problem_response(page.error()));
    std::string body = "{\"purchases\":[";
    for (const PurchaseView& view : page->purchases) {
      if (body.back() == '}') body += ',';
      append_purchase(body, view, *api.keys, false, language);
    }
    body += "],\"unreadable\":" + std::to_string(page->unreadable);
    if (!page->next_cursor.empty()) body += ",\"next\":" + nlohmann::json(page->next_cursor).dump();
    responder.send(json_response(200, body + "}"));
  });
}

void show_purchase(ApiContext& api, const ApiCall& call, const Responder& responder) {
  const auto id = purchase_of(call, responder);
  if (!id) return;
  QueryParameters in(call.request.query, {"notes"});
  const bool notes = in.flag("notes");
  if (in.problem()) return responder.send(problem_response(*in.problem()));
  if (const int wait_s = preferred_wait_s(call.request); wait_s > 0) {
    const std::string applied = "Preference-Applied: wait=" + std::to_string(wait_s) + "\r\n";
    return answer_outcome(api, *id, wait_s, 200, applied, call.language, responder);
  }
  api.engine.show(*id, [&api, language = call.language, responder, notes](const Result<PurchaseView>& view) {
    if (!view) return responder.send(problem_response(view.error()));
    std::vector<PurchaseNote> found;
    if (notes) {
      auto read = notes_of(api.engine, view->purchase.id);
      if (!read) return responder.send(problem_response(read.error()));
      found = std::move(*read);
    }
    responder.send(purchase_response(200, *view, *api.keys, "", language, notes ? &found : nullptr));
  });
}

void answer_outcome(ApiContext& api, const PurchaseId& purchase, int wait_s, int open_status,
                    const std::string& headers, Language language, const Responder& responder) {
  const auto answer = [&api, open_status, headers, language, responder](const Result<PurchaseView>& view) {
    if (!view) return responder.send(problem_response(view.error()));
    const int status = settled_for_shop(view->purchase) ? 200 : open_status;
    responder.send(purchase_response(status, *view, *api.keys, headers, language));
  };
  if (api.stopping) return api.engine.show(purchase, answer);
  // Kept so that a stop can answer them early; as many as there are connections, and the answered ones swept
  // now and then.
  if (api.waiters.size() == api.waiters.capacity()) forget_answered(api.waiters);
  api.waiters.push_back({purchase, answer, responder});
  api.engine.await_outcome(purchase, DurationMs{std::int64_t{wait_s} * 1000}, answer);
}

void take_callback(ApiContext& api, const ApiCall& call, const Responder& responder) {
  nlohmann::json body;
  if (const auto problem = read_json(call.request.body, body))
    return responder.send(problem_response(*problem));
  api.engine.callback(call.parameter, call.request.body, [responder](const Result<Done>& result) {
    if (!result) return responder.send(problem_response(result.error()));
    responder.send(json_response(200, R"({"outcome":"noted"})"));
  });
}

}  // namespace settle
