// The dead-letter list: every step that is with a person, with its cause, its age and what happens next (A6).

#include <algorithm>

#include "api_context.hpp"
#include "api_query.hpp"
#include "json_writer.hpp"

namespace settle {
namespace {

constexpr std::size_t text_bytes_max = 128;

std::optional<Cause> parse_cause(std::string_view text) {
  for (int i = 1; i < cause_count; ++i) {
    if (text == name_of(static_cast<Cause>(i))) return static_cast<Cause>(i);
  }
  return std::nullopt;
}

std::optional<Problem> read_query(std::string_view text, ListQuery& query) {
  QueryParameters in(text, {"cause", "target", "merchant", "older_than_seconds", "limit", "cursor"});
  query.needs_person = true;
  query.parked = true;
  if (const auto cause = in.text("cause", text_bytes_max)) {
    query.cause = parse_cause(*cause);
    if (!query.cause) in.fail("cause", "there is no such cause");
  }
  query.target = in.text("target", text_bytes_max);
  query.merchant = in.text("merchant", text_bytes_max);
  const auto age_s = static_cast<std::int64_t>(in.number("older_than_seconds", 0, 10'000'000, 0));
  query.parked_for = DurationMs{age_s * 1'000};
  query.limit = in.number("limit", 1, 200, 50);
  query.cursor = in.text("cursor", 1024).value_or("");
  return in.problem();
}

// Only a delivery has an end; whatever holds money, stock or cards stays for as long as it takes.
TimeMs given_up_at(const StepDefinition& defined, const Step& step) {
  const RetryPolicy& policy = defined.spec(Operation::deliver).retry;
  const TimeMs first = step.first_attempt_at[static_cast<std::size_t>(Operation::deliver) - 1];
  if (step.operation != Operation::deliver || policy.window.count == 0 || !first) return TimeMs{};
  return first + policy.window;
}

void append_letter(JsonWriter& json, const PurchaseView& view, std::size_t index, TimeMs now) {
  const Purchase& purchase = view.purchase;
  const StepDefinition& defined = view.definition->steps[index];
  const Step& step = purchase.steps[index];
  json.open_object();
  json.field("purchase", purchase.id.text());
  json.field("shop", purchase.order.shop);
  json.field("order_id", purchase.order.order_id);
  json.field("merchant", purchase.order.merchant);
  json.field("state", name_of(purchase.state));
  json.field("step", defined.name);
  json.field("target", defined.target);
  json.field("operation", name_of(step.operation));
  json.field("attempts", step.attempts_of(step.operation));
  json.field("cause", name_of(step.last_cause));
  if (step.last_status != 0) json.field("status", step.last_status);
  json.field_if("code", step.error_code);
  json.field_if("detail", step.error_detail);
  json.field("parked_at", step.parked_at);
  json.field("age_seconds", std::max<std::int64_t>(0, (now - step.parked_at).count / 1'000));
  json.field("probing", step.probing);
  if (step.probing && !step.in_flight) json.field_if("next_attempt_at", step.wake_at);
  json.field_if("abandoned_at", given_up_at(defined, step));
  json.close_object();
}

}  // namespace

void list_dead_letters(ApiContext& api, const ApiCall& call, const Responder& responder) {
  ListQuery query;
  if (const auto problem = read_query(call.request.query, query))
    return responder.send(problem_response(*problem));
  api.engine.list(query, [query, responder](const Result<ListPage>& page) {
    if (!page) return responder.send(problem_response(page.error()));
    std::string body;
    JsonWriter json(body);
    json.open_object();
    json.key("letters");
    json.open_array();
    for (const PurchaseView& view : page->purchases)
      for (std::size_t i = 0; i < view.purchase.steps.size(); ++i)
        if (is_dead_letter(query, view.definition->steps[i], view.purchase.steps[i], page->at))
          append_letter(json, view, i, page->at);
    json.close_array();
    json.field_if("next", page->next_cursor);
    json.close_object();
    responder.send(json_response(200, std::move(body)));
  });
}

}  // namespace settle
