// Definitions: sagas as configuration.

#include <algorithm>

#include "api_context.hpp"
#include "api_json.hpp"

namespace settle {
namespace {

std::shared_ptr<const Definition> newest(const Engine& engine, std::string_view name) {
  for (auto& definition : engine.definitions()) {
    if (definition->name == name) return definition;
  }
  return nullptr;
}

}  // namespace

void list_definitions(ApiContext& api, const ApiCall& /*call*/, const Responder& responder) {
  std::string body = "{\"definitions\":[";
  for (const auto& definition : api.engine.definitions()) {
    if (body.back() == '}') body += ',';
    body += definition_json(*definition);
  }
  responder.send(json_response(200, body + "]}"));
}

void show_definition(ApiContext& api, const ApiCall& call, const Responder& responder) {
  const auto definition = newest(api.engine, call.parameter);
  if (definition) return responder.send(json_response(200, definition_json(*definition)));
  responder.send(problem_response(Problem{"not_found", "there is no definition " + call.parameter, ""}));
}

void put_definition(ApiContext& api, const ApiCall& call, const Responder& responder) {
  nlohmann::json tree;
  if (const auto problem = read_json(call.request.body, tree))
    return responder.send(problem_response(*problem));
  auto parsed = parse_definition(call.parameter, call.request.body);
  if (!parsed) return responder.send(problem_response(parsed.error()));
  const std::string name = call.parameter;
  api.engine.put_definition(
      *std::move(parsed), [&api, name, responder](const Result<Engine::PutOutcome>& put) {
        if (!put) return responder.send(problem_response(put.error()));
        const auto stored = newest(api.engine, name);
        ServerResponse response =
            json_response(put->created ? 201 : 200, stored ? definition_json(*stored) : "{}");
        if (put->created) response.headers = "Location: /v1/definitions/" + name + "\r\n";
        responder.send(std::move(response));
      });
}

}  // namespace settle
