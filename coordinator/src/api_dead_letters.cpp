// The dead-letter list: every step that is with a person, and every decision, with its cause, its age and
// what happens next (A6); and how many there are.

#include <algorithm>

#include "api_context.hpp"
#include "api_letters.hpp"
#include "api_query.hpp"
#include "api_view.hpp"
#include "json_writer.hpp"

namespace settle {
namespace {

// Nobody's, or this person's.
std::optional<std::string> assignee_of(std::optional<std::string> assignee, bool unassigned) {
  if (unassigned) return std::string();
  return assignee;
}

std::optional<Problem> read_query(std::string_view text, ListQuery& query, bool& count) {
  QueryParameters in(text, {"cause", "target", "merchant", "step", "operation", "code", "assignee",
                            "unassigned", "older_than_seconds", "count", "limit", "cursor"});
  query.needs_person = true;
  query.parked = true;
  if (const auto cause = in.text("cause", letter_text_bytes_max)) {
    query.cause = parse_cause(*cause);
    if (!query.cause) in.fail("cause", "there is no such cause");
  }
  if (const auto operation = in.text("operation", letter_text_bytes_max)) {
    query.operation = parse_operation(*operation);
    if (!query.operation) in.fail("operation", "must be try, confirm, cancel or deliver");
  }
  query.target = in.text("target", letter_text_bytes_max);
  query.merchant = in.text("merchant", letter_text_bytes_max);
  query.step = in.text("step", letter_text_bytes_max);
  query.code = in.text("code", letter_text_bytes_max);
  const bool unassigned = in.flag("unassigned");
  query.assignee = in.text("assignee", letter_text_bytes_max);
  if (unassigned && query.assignee) in.fail("unassigned", "says the opposite of assignee");
  query.assignee = assignee_of(std::move(query.assignee), unassigned);
  const auto age_s = static_cast<std::int64_t>(in.number("older_than_seconds", 0, letter_age_s_max, 0));
  query.parked_for = DurationMs{age_s * 1'000};
  count = in.flag("count");
  query.limit = in.number("limit", 1, 200, 50);
  query.cursor = in.text("cursor", 1024).value_or("");
  if (count && !query.cursor.empty()) in.fail("count", "counts from the beginning, without a cursor");
  return in.problem();
}

// When a delivery is given up; nothing where its policy has no end. Whatever holds money, stock or cards
// stays for as long as it takes.
TimeMs window_end(const StepDefinition& defined, const Step& step) {
  if (step.operation != Operation::deliver) return {};
  const RetryPolicy& policy = defined.spec(step.operation).retry;
  const TimeMs first = step.first_attempt_at[static_cast<std::size_t>(step.operation) - 1];
  const TimeMs begin = first ? first : step.held_since;
  return policy.window.count == 0 || !begin ? TimeMs{} : begin + policy.window;
}

void append_history(JsonWriter& json, const StepDefinition& defined, const Step& step, TimeMs now) {
  json.field("attempts", step.attempts_of(step.operation));
  json.field_if("first_attempt_at", step.first_attempt_at[static_cast<std::size_t>(step.operation) - 1]);
  json.field_if("last_attempt_at", step.last_attempt_at);
  json.field("cause", name_of(step.last_cause));
  if (step.last_status != 0) json.field("status", step.last_status);
  json.field_if("code", step.error_code);
  json.field_if("detail", step.error_detail);
  json.field("parked_at", step.parked_at);
  json.field("age_seconds", std::max<std::int64_t>(0, (now - step.parked_at).count / 1'000));
  json.field("probing", step.probing);
  if (step.probing && !step.in_flight) json.field_if("next_attempt_at", step.wake_at);
  const TimeMs end = window_end(defined, step);
  if (!end) return;
  json.field("window_ends_at", end);
  json.field("window_left_seconds", std::max<std::int64_t>(0, (end - now).count / 1'000));
  json.field("abandoned_at", end);
}

void append_step_letter(JsonWriter& json, const StepDefinition& defined, const Step& step, TimeMs now) {
  json.field("step", defined.name);
  json.field("target", defined.target);
  json.field("operation", name_of(step.operation));
  append_history(json, defined, step, now);
  if (!step.proposed_by.empty()) json.key("proposal"), append_proposal(json, step);
}

void append_decision_letter(JsonWriter& json, const Purchase& purchase, TimeMs now) {
  const TimeMs since = overdue_since(purchase);
  json.field("operation", name_of(Operation::try_));
  json.field("cause", name_of(Cause::none));
  json.field("code", overdue_code);
  json.field("detail", "it was not decided in time, and nothing goes on by itself: retry or cancel it");
  json.field("parked_at", since);
  json.field("age_seconds", std::max<std::int64_t>(0, (now - since).count / 1'000));
  json.field("probing", false);
}

void append_letter(JsonWriter& json, const PurchaseView& view, int letter, TimeMs now) {
  const Purchase& purchase = view.purchase;
  json.open_object();
  json.field("purchase", purchase.id.text());
  json.field("shop", purchase.order.shop);
  json.field("order_id", purchase.order.order_id);
  json.field("merchant", purchase.order.merchant);
  json.field("state", name_of(purchase.state));
  if (letter == of_decision) {
    append_decision_letter(json, purchase, now);
  } else {
    const auto index = static_cast<std::size_t>(letter);
    append_step_letter(json, view.definition->steps[index], purchase.steps[index], now);
  }
  json.field_if("assignee", purchase.assignee);
  if (!purchase.note.empty()) {
    json.key("note");
    json.open_object();
    json.field("at", purchase.note_at);
    json.field("who", purchase.note_by);
    json.field("text", purchase.note);
    json.close_object();
  }
  json.close_object();
}

void answer_count(ApiContext& api, ListQuery query, const Responder& responder) {
  api.engine.count_letters(std::move(query), [responder](const Result<LetterCount>& count) {
    if (!count) return responder.send(problem_response(count.error()));
    std::string body;
    JsonWriter json(body);
    json.open_object();
    json.field("total", std::to_string(count->letters) + (count->exact ? "" : "+"));
    json.field("counted", count->letters);
    json.field("exact", count->exact);
    json.field("unreadable", count->unreadable);
    json.key("by_cause");
    json.open_object();
    for (const auto& [cause, letters] : count->by_cause) json.field(name_of(cause), letters);
    json.close_object();
    json.close_object();
    responder.send(json_response(200, std::move(body)));
  });
}

}  // namespace

void list_dead_letters(ApiContext& api, const ApiCall& call, const Responder& responder) {
  ListQuery query;
  bool count = false;
  if (const auto problem = read_query(call.request.query, query, count))
    return responder.send(problem_response(*problem));
  if (count) return answer_count(api, std::move(query), responder);
  api.engine.list(query, [query, responder](const Result<ListPage>& page) {
    if (!page) return responder.send(problem_response(page.error()));
    std::string body;
    JsonWriter json(body);
    json.open_object();
    json.key("letters");
    json.open_array();
    for (const PurchaseView& view : page->purchases) {
      const std::vector<int> letters = dead_letters(query, *view.definition, view.purchase, page->at);
      for (const int letter : letters) append_letter(json, view, letter, page->at);
    }
    json.close_array();
    json.field("unreadable", page->unreadable);
    json.field_if("next", page->next_cursor);
    json.close_object();
    responder.send(json_response(200, std::move(body)));
  });
}

std::optional<Cause> parse_cause(std::string_view text) {
  for (int i = 1; i < cause_count; ++i) {
    if (text == name_of(static_cast<Cause>(i))) return static_cast<Cause>(i);
  }
  return std::nullopt;
}

std::optional<Operation> parse_operation(std::string_view text) {
  for (int i = 1; i < static_cast<int>(Operation::query); ++i) {
    if (text == name_of(static_cast<Operation>(i))) return static_cast<Operation>(i);
  }
  return std::nullopt;
}

namespace {

std::optional<std::string> optional_text(BodyFields& fields, const char* name) {
  std::string value;
  fields.text(name, Presence::optional, letter_text_bytes_max, value);
  if (value.empty()) return std::nullopt;
  return value;
}

TimeMs optional_time(BodyFields& fields, const char* name) {
  const auto text = optional_text(fields, name);
  const auto time = text ? parse_time_parameter(*text) : std::nullopt;
  if (text && !time) fields.fail("invalid_field", name, "must be a time like 2026-01-31T12:00:00Z");
  return time.value_or(TimeMs{});
}

}  // namespace

ListQuery read_cancelled(BodyFields& fields) {
  ListQuery query;
  query.state = PurchaseState::cancelled;
  query.never_reopened = true;
  query.reason.emplace();
  fields.text("code", Presence::required, letter_text_bytes_max, *query.reason);
  query.merchant = optional_text(fields, "merchant");
  query.definition = optional_text(fields, "definition");
  query.since = optional_time(fields, "since");
  query.until = optional_time(fields, "until");
  return query;
}

ListQuery read_letters(BodyFields& fields) {
  ListQuery query;
  query.needs_person = query.parked = true;
  const auto text = [&fields](const char* name) { return optional_text(fields, name); };
  if (const auto cause = text("cause")) {
    query.cause = parse_cause(*cause);
    if (!query.cause) fields.fail("invalid_field", "cause", "there is no such cause");
  }
  if (const auto operation = text("operation")) {
    query.operation = parse_operation(*operation);
    if (!query.operation)
      fields.fail("invalid_field", "operation", "must be try, confirm, cancel or deliver");
  }
  query.target = text("target");
  query.merchant = text("merchant");
  query.step = text("step");
  query.code = text("code");
  query.assignee = text("assignee");
  bool unassigned = false;
  fields.boolean("unassigned", Presence::optional, unassigned);
  if (unassigned && query.assignee)
    fields.fail("invalid_field", "unassigned", "says the opposite of assignee");
  query.assignee = assignee_of(std::move(query.assignee), unassigned);
  std::int64_t age_s = 0;
  fields.integer("older_than_seconds", Presence::optional, 0, letter_age_s_max, age_s);
  query.parked_for = DurationMs{age_s * 1'000};
  return query;
}

}  // namespace settle
