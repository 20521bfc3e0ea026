// Retry policies by name (docs/retry.md).

#include "api_context.hpp"
#include "api_fields.hpp"
#include "api_json.hpp"
#include "policy_json.hpp"

namespace settle {
namespace {

constexpr std::size_t act_bytes_max = 200;

ServerResponse shown(const Engine& engine, const std::string& name, int status) {
  return json_response(status, shown_policy(engine.policies(), name).dump());
}

// What the body says of the change, and not of the policy. Who says who says why.
std::optional<Problem> read_change(const nlohmann::json& body, Engine::PolicyChange& into) {
  if (!body.is_object()) return std::nullopt;
  nlohmann::json said = nlohmann::json::object();
  for (const char* name : {"who", "why", "confirm_shorter_window"}) {
    if (!body.contains(name)) continue;
    said[name] = body[name];
  }
  const bool act = said.contains("who") || said.contains("why");
  const Presence presence = act ? Presence::required : Presence::optional;
  BodyFields fields(said, {"who", "why", "confirm_shorter_window"});
  fields.text("who", presence, act_bytes_max, into.act.who);
  fields.text("why", presence, act_bytes_max, into.act.why);
  fields.boolean("confirm_shorter_window", Presence::optional, into.shorter_window_ok);
  return fields.problem();
}

}  // namespace

void list_policies(ApiContext& api, const ApiCall& /*call*/, const Responder& responder) {
  const PolicySet& set = api.engine.policies();
  strict::Json body{{"revision", set.revision}, {"policies", strict::Json::array()}};
  for (const auto& [name, policy] : set.named) body["policies"].push_back(shown_policy(set, name));
  responder.send(json_response(200, body.dump()));
}

void show_policy(ApiContext& api, const ApiCall& call, const Responder& responder) {
  if (api.engine.policies().named.count(call.parameter) != 0)
    return responder.send(shown(api.engine, call.parameter, 200));
  responder.send(problem_response(Problem{"not_found", "there is no policy " + call.parameter, ""}));
}

void put_policy(ApiContext& api, const ApiCall& call, const Responder& responder) {
  nlohmann::json tree;
  if (const auto problem = read_json(call.request.body, tree))
    return responder.send(problem_response(*problem));
  Engine::PolicyChange change;
  if (const auto problem = read_change(tree, change)) return responder.send(problem_response(*problem));
  auto policy = parse_policy(call.parameter, call.request.body);
  if (!policy) return responder.send(problem_response(policy.error()));
  const std::string name = call.parameter;
  api.engine.put_policy(name, *std::move(policy), std::move(change),
                        [&api, name, responder](const Result<Engine::PutOutcome>& put) {
                          if (!put) return responder.send(problem_response(put.error()));
                          ServerResponse response = shown(api.engine, name, put->created ? 201 : 200);
                          if (put->created) response.headers = "Location: /v1/policies/" + name + "\r\n";
                          responder.send(std::move(response));
                        });
}

}  // namespace settle
