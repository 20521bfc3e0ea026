// GET /v1/purchases/{id}/attempts: what was sent to participants, what came back, and what came of it (A3,
// C4).

#include "api_context.hpp"
#include "api_query.hpp"
#include "json_writer.hpp"

namespace settle {
namespace {

std::optional<Problem> read_query(std::string_view text, AttemptsQuery& query) {
  QueryParameters in(text, {"limit", "cursor"});
  query.limit = in.number("limit", 1, 200, 50);
  query.cursor = in.text("cursor", 1024).value_or("");
  return in.problem();
}

void append_body(JsonWriter& json, const ShownBody& body) {
  if (body.withheld) return json.field("withheld", true);
  json.field("body", body.text);
  if (body.bytes != 0) json.field("bytes", body.bytes);
  if (body.cut) json.field("cut", true);
}

void append_request(JsonWriter& json, const Attempt& attempt) {
  json.key("request");
  json.open_object();
  json.key("headers");
  json.open_object();
  for (const auto& [name, value] : attempt.headers) json.field(name, value);
  json.close_object();
  append_body(json, attempt.request);
  json.close_object();
}

void append_response(JsonWriter& json, const Attempt& attempt) {
  json.key("response");
  json.open_object();
  if (attempt.status != 0) {
    json.field("status", attempt.status);
    json.field_if("content_type", attempt.content_type);
    append_body(json, attempt.response);
  }
  json.field("took_ms", attempt.took_ms);
  if (attempt.late) json.field("late", true);
  json.close_object();
}

void append_report(JsonWriter& json, const Attempt& attempt) {
  json.key("reported");
  json.open_object();
  json.field("at", attempt.reported_at);
  json.field("outcome", attempt.reported_outcome);
  json.field_if("code", attempt.reported_code);
  json.field_if("detail", attempt.reported_detail);
  json.close_object();
}

void append_attempt(JsonWriter& json, const Attempt& attempt) {
  json.open_object();
  json.field("step", attempt.step);
  json.field("operation", name_of(attempt.operation));
  json.field("attempt", attempt.attempt);
  json.field("left_at", attempt.left_at);
  json.field_if("url", attempt.url);
  if (attempt.url_from_registry) json.field("url_from_registry", true);
  append_request(json, attempt);
  json.field("end", name_of(attempt.end));
  json.field_if("ended_at", attempt.ended_at);
  json.field_if("outcome", attempt.outcome);
  if (attempt.cause != Cause::none) json.field("cause", name_of(attempt.cause));
  json.field_if("code", attempt.code);
  json.field_if("detail", attempt.detail);
  if (attempt.responded) append_response(json, attempt);
  if (attempt.reported_at) append_report(json, attempt);
  if (attempt.wait) json.field("wait_ms", attempt.wait->count);
  if (attempt.stretched_percent != 100) json.field("stretched_percent", attempt.stretched_percent);
  json.field_if("policy", attempt.policy);
  json.close_object();
}

}  // namespace

void list_attempts(ApiContext& api, const ApiCall& call, const Responder& responder) {
  const auto id = purchase_of(call, responder);
  if (!id) return;
  AttemptsQuery query;
  if (const auto problem = read_query(call.request.query, query))
    return responder.send(problem_response(*problem));
  api.engine.attempts(*id, query, [id = *id, responder](const Result<AttemptsPage>& page) {
    if (!page) return responder.send(problem_response(page.error()));
    std::string body;
    JsonWriter json(body);
    json.open_object();
    json.field("purchase", id.text());
    json.key("attempts");
    json.open_array();
    for (const Attempt& attempt : page->attempts) append_attempt(json, attempt);
    json.close_array();
    json.field_if("next", page->next_cursor);
    json.close_object();
    responder.send(json_response(200, std::move(body)));
  });
}

}  // namespace settle
