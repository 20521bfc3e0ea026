// Endpoints that are called or left alone, and an operator's hand on them (docs/retry.md, "Gates").

#include "api_context.hpp"
#include "api_fields.hpp"
#include "api_json.hpp"
#include "json_writer.hpp"

namespace settle {
namespace {

constexpr std::string_view merchant_prefix = "$merchant/";

void append_endpoint(JsonWriter& json, const EndpointView& one) {
  json.open_object();
  const bool merchant = one.target.starts_with(merchant_prefix);
  json.field(merchant ? "merchant" : "participant",
             merchant ? one.target.substr(merchant_prefix.size()) : one.target);
  json.field("operation", name_of(one.operation));
  json.field("state", name_of(one.state));
  if (one.disabled_by != DisabledBy::nobody) json.field("cause", name_of(one.disabled_by));
  if (one.since) json.field("since", one.since);
  if (one.probe_at) json.field("probe_at", one.probe_at);
  if (one.failing_since) json.field("failing_since", one.failing_since);
  json.field("openings", one.openings);
  json.field("out", one.out);
  json.field("calls", one.calls);
  json.field("failures", one.failures);
  json.field("held", one.held);
  json.close_object();
}

struct EndpointAct {
  Act act;
  std::string target, operation, what;
};

std::optional<Operation> operation_of(std::string_view name) {
  for (int op = 1; op <= operation_count; ++op)
    if (name == name_of(static_cast<Operation>(op))) return static_cast<Operation>(op);
  return std::nullopt;
}

std::optional<Problem> read_endpoint_act(std::string_view body, EndpointAct& into) {
  nlohmann::json tree;
  if (auto problem = read_json(body, tree)) return problem;
  BodyFields fields(tree, {"who", "why", "act", "participant", "merchant", "operation"});
  std::string participant, merchant;
  fields.text("who", Presence::required, 200, into.act.who);
  fields.text("why", Presence::required, 200, into.act.why);
  fields.text("act", Presence::required, 16, into.what);
  fields.text("participant", Presence::optional, 64, participant);
  fields.text("merchant", Presence::optional, 64, merchant);
  fields.text("operation", Presence::required, 16, into.operation);
  if (auto problem = fields.problem()) return problem;
  if (participant.empty() == merchant.empty())
    return Problem{"missing_field", "either participant or merchant says whose endpoint it is",
                   "/participant"};
  if (into.what != "enable" && into.what != "disable")
    return Problem{"invalid_field", "must be enable or disable", "/act"};
  if (!operation_of(into.operation))
    return Problem{"invalid_field", "must be try, confirm, cancel, query or deliver", "/operation"};
  into.target = participant.empty() ? std::string(merchant_prefix) + merchant : participant;
  return std::nullopt;
}

}  // namespace

void list_endpoints(ApiContext& api, const ApiCall& /*call*/, const Responder& responder) {
  std::string body;
  JsonWriter json(body);
  json.open_object();
  json.key("endpoints");
  json.open_array();
  for (const EndpointView& one : api.engine.endpoints()) append_endpoint(json, one);
  json.close_array();
  json.close_object();
  responder.send(json_response(200, std::move(body)));
}

void act_on_endpoint(ApiContext& api, const ApiCall& call, const Responder& responder) {
  EndpointAct read;
  if (const auto problem = read_endpoint_act(call.request.body, read))
    return responder.send(problem_response(*problem));
  const Operation operation = *operation_of(read.operation);
  const auto then = [&api, responder, target = read.target, operation](const Result<Done>& done) {
    if (!done) return responder.send(problem_response(done.error()));
    EndpointView shown;
    shown.target = target;
    shown.operation = operation;
    for (const EndpointView& one : api.engine.endpoints())
      if (one.target == target && one.operation == operation) shown = one;
    std::string body;
    JsonWriter json(body);
    append_endpoint(json, shown);
    responder.send(json_response(200, std::move(body)));
  };
  if (read.what == "enable")
    return api.engine.enable_endpoint(read.target, operation, std::move(read.act), then);
  api.engine.disable_endpoint(read.target, operation, std::move(read.act), then);
}

}  // namespace settle
