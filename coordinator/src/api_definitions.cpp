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

// The detail of unknown_policy names the operation that would use it; the name may stand in the step or the
// definition around that.
Error where_written(const nlohmann::json& body, const Error& error) {
  const std::size_t colon = error.detail.find(": ");
  if (error.code != "unknown_policy" || colon == std::string::npos) return error;
  std::vector<std::string> parts;  // "", steps, index, operation, then `retry`, or `on` and the kind
  for (std::size_t at = 0; at < colon;) {
    const std::size_t end = std::min(error.detail.find('/', at), colon);
    parts.push_back(error.detail.substr(at, end - at));
    at = end + 1;
  }
  if (parts.size() < 5) return error;
  const std::string step = "/steps/" + parts[2];
  std::vector<std::string> places;
  if (parts.size() == 5)
    places = {step + "/" + parts[3] + "/retry", step + "/retry/" + parts[3], step + "/retry",
              "/retry/" + parts[3], "/retry"};
  else
    places = {step + "/" + parts[3] + "/on/" + parts[5], step + "/on/" + parts[5], "/on/" + parts[5]};
  for (const std::string& place : places)
    if (body.contains(nlohmann::json::json_pointer(place)))
      return Error{error.code, place + error.detail.substr(colon)};
  return error;
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
  api.engine.put_definition(*std::move(parsed), [&api, name, tree = std::move(tree),
                                                 responder](const Result<Engine::PutOutcome>& put) {
    if (!put) return responder.send(problem_response(where_written(tree, put.error())));
    const auto stored = newest(api.engine, name);
    ServerResponse response =
        json_response(put->created ? 201 : 200, stored ? definition_json(*stored) : "{}");
    if (put->created) response.headers = "Location: /v1/definitions/" + name + "\r\n";
    responder.send(std::move(response));
  });
}

}  // namespace settle
