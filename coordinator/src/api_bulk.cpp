// Acts on many dead letters at once: foreseen, begun, and how far they got (docs/retry.md, "A person's
// hands").

#include "api_context.hpp"
#include "api_json.hpp"
#include "api_letters.hpp"
#include "api_query.hpp"
#include "json_writer.hpp"

namespace settle {
namespace {

constexpr std::size_t act_bytes_max = 200;

struct BulkBody {
  BulkOrder order;
  bool dry_run = false;
};

std::optional<Deed> parse_deed(std::string_view text) {
  for (int i = 1; i <= deed_count; ++i) {
    if (text == name_of(static_cast<Deed>(i))) return static_cast<Deed>(i);
  }
  return std::nullopt;
}

// What the one act needs, and the others do not know.
void read_deed(BodyFields& fields, const nlohmann::json& tree, BulkOrder& order) {
  std::string act, resolution;
  fields.text("act", Presence::required, 16, act);
  const auto deed = parse_deed(act);
  if (!deed) fields.fail("invalid_field", "act", "must be retry, resolve, reopen, cancel, assign or note");
  order.deed = deed.value_or(Deed::retry);
  const auto of = [&](Deed wanted, Presence presence) {
    return order.deed == wanted ? presence : Presence::optional;
  };
  fields.text("resolution", of(Deed::resolve, Presence::required), 16, resolution);
  if (resolution == "abandoned") order.resolution = Resolution::abandoned;
  if (!resolution.empty() && resolution != "done" && resolution != "abandoned")
    fields.fail("invalid_field", "resolution", "must be done or abandoned");
  fields.text("evidence", Presence::optional, evidence_bytes_max, order.act.evidence);
  fields.text("to", Presence::optional, act_bytes_max, order.to);
  fields.text("text", of(Deed::note, Presence::required), note_bytes_max, order.text);
  const auto only_for = [&](const char* name, bool given, Deed wanted) {
    if (given && order.deed != wanted)
      fields.fail("invalid_field", name, std::string("is of the act ") + name_of(wanted));
  };
  for (const char* name : {"definition", "since", "until"}) only_for(name, tree.contains(name), Deed::reopen);
  for (const char* name :
       {"cause", "target", "step", "operation", "assignee", "unassigned", "older_than_seconds"})
    if (order.deed == Deed::reopen && tree.contains(name))
      fields.fail("invalid_field", name, "cancelled purchases are reopened: this asks for dead letters");
  only_for("resolution", !resolution.empty(), Deed::resolve);
  only_for("evidence", !order.act.evidence.empty(), Deed::resolve);
  only_for("to", !order.to.empty(), Deed::assign);
  only_for("text", !order.text.empty(), Deed::note);
}

std::optional<Problem> read_body(std::string_view text, BulkBody& body) {
  nlohmann::json tree;
  if (auto problem = read_json(text, tree)) return problem;
  BodyFields fields(tree,
                    {"who",        "why",       "act",   "cause",      "target",     "merchant",
                     "step",       "operation", "code",  "assignee",   "unassigned", "older_than_seconds",
                     "definition", "since",     "until", "resolution", "evidence",   "to",
                     "text",       "dry_run",   "limit"});
  fields.text("who", Presence::required, act_bytes_max, body.order.act.who);
  fields.text("why", Presence::required, act_bytes_max, body.order.act.why);
  read_deed(fields, tree, body.order);
  body.order.letters = body.order.deed == Deed::reopen ? read_cancelled(fields) : read_letters(fields);
  fields.boolean("dry_run", Presence::optional, body.dry_run);
  std::int64_t limit = bulk_targets_max;
  fields.integer("limit", Presence::optional, 1, bulk_targets_max, limit);
  body.order.targets_max = static_cast<std::uint32_t>(limit);
  return fields.problem();
}

const char* state_of(const BulkReport& report) {
  if (!report.finished_at) return "running";
  return report.stopped.who.empty() ? "finished" : "stopped";
}

void append_report(JsonWriter& json, const BulkReport& report) {
  json.field("id", report.id);
  json.field("act", name_of(report.order.deed));
  json.field("who", report.order.act.who);
  json.field("why", report.order.act.why);
  json.field("state", state_of(report));
  json.field("started_at", report.started_at);
  json.field_if("finished_at", report.finished_at);
  json.field("matched", report.matched);
  json.field("done", report.done);
  json.field("proposed", report.proposed);
  json.field("refused", report.refused);
  json.field("failed", report.failed);
  json.field("unreadable", report.unreadable);
  json.field("resumed", report.resumed);
  if (!report.stopped.who.empty()) {
    json.key("stopped");
    json.open_object();
    json.field("who", report.stopped.who);
    json.field("why", report.stopped.why);
    json.close_object();
  }
}

std::string report_json(const BulkReport& report) {
  std::string body;
  JsonWriter json(body);
  json.open_object();
  append_report(json, report);
  json.key("refusals");
  json.open_array();
  for (const BulkRefusal& one : report.refusals) {
    json.open_object();
    if (!one.purchase.is_zero()) json.field("purchase", one.purchase.text());
    json.field_if("step", one.step);
    json.field("code", one.code);
    json.field("detail", one.detail);
    json.close_object();
  }
  json.close_array();
  json.close_object();
  return body;
}

std::string forecast_json(const BulkOrder& order, const BulkForecast& forecast) {
  std::string body;
  JsonWriter json(body);
  json.open_object();
  json.field("dry_run", true);
  json.field("act", name_of(order.deed));
  json.field("matched", forecast.matched);
  json.field("exact", forecast.exact);
  json.field("unreadable", forecast.unreadable);
  json.key("first");
  json.open_array();
  for (const BulkForecast::One& one : forecast.first) {
    json.open_object();
    json.field("purchase", one.purchase.text());
    json.field("order_id", one.order_id);
    json.field_if("step", one.step);
    json.field("refused", one.refused);
    json.field("would", one.would);
    json.close_object();
  }
  json.close_array();
  json.close_object();
  return body;
}

}  // namespace

void act_on_dead_letters(ApiContext& api, const ApiCall& call, const Responder& responder) {
  BulkBody body;
  if (const auto problem = read_body(call.request.body, body))
    return responder.send(problem_response(*problem));
  if (body.dry_run) {
    const BulkOrder order = body.order;
    return api.engine.foresee(std::move(body.order), [order, responder](const Result<BulkForecast>& found) {
      if (!found) return responder.send(problem_response(found.error()));
      responder.send(json_response(200, forecast_json(order, *found)));
    });
  }
  api.engine.begin_bulk(std::move(body.order), [responder](const Result<BulkReport>& report) {
    if (!report) return responder.send(problem_response(report.error()));
    ServerResponse response = json_response(202, report_json(*report));
    response.headers = "Location: /v1/dead-letters/acts/" + report->id + "\r\n";
    responder.send(std::move(response));
  });
}

void list_bulk_acts(ApiContext& api, const ApiCall& call, const Responder& responder) {
  QueryParameters in(call.request.query, {"limit"});
  const std::size_t limit = in.number("limit", 1, Engine::bulk_acts_kept, 20);
  if (in.problem()) return responder.send(problem_response(*in.problem()));
  const Result<std::vector<BulkReport>> reports = api.engine.bulk_reports(limit);
  if (!reports) return responder.send(problem_response(reports.error()));
  std::string body;
  JsonWriter json(body);
  json.open_object();
  json.key("acts");
  json.open_array();
  for (const BulkReport& report : *reports) {
    json.open_object();
    append_report(json, report);
    json.close_object();
  }
  json.close_array();
  json.close_object();
  responder.send(json_response(200, std::move(body)));
}

void stop_bulk_act(ApiContext& api, const ApiCall& call, const Responder& responder) {
  nlohmann::json tree;
  if (const auto problem = read_json(call.request.body, tree))
    return responder.send(problem_response(*problem));
  Act act;
  BodyFields fields(tree, {"who", "why"});
  fields.text("who", Presence::required, act_bytes_max, act.who);
  fields.text("why", Presence::required, act_bytes_max, act.why);
  if (fields.problem()) return responder.send(problem_response(*fields.problem()));
  api.engine.stop_bulk(call.parameter, std::move(act), [responder](const Result<BulkReport>& report) {
    responder.send(report ? json_response(200, report_json(*report)) : problem_response(report.error()));
  });
}

void show_bulk_act(ApiContext& api, const ApiCall& call, const Responder& responder) {
  const Result<BulkReport> report = api.engine.bulk_report(call.parameter);
  responder.send(report ? json_response(200, report_json(*report)) : problem_response(report.error()));
}

}  // namespace settle
