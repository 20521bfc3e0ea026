// Participants and merchants. What they are and which rules hold is settle/participants/registry.hpp's; here
// they come and go.

#include "api_context.hpp"
#include "api_fields.hpp"
#include "api_json.hpp"

namespace settle {
namespace {

// A secret that was made, not given, must be told once: else nobody could check a signature.
std::string with_new_secret(std::string object, const std::vector<std::string>& secrets) {
  if (secrets.empty() || object.empty() || object.back() != '}') return object;
  object.pop_back();
  if (object.size() > 1) object += ',';
  return object + "\"new_secret\":" + nlohmann::json(secrets.front()).dump() + "}";
}

void answer_not_found(const Responder& responder, const char* what, const std::string& name) {
  responder.send(problem_response(Problem{"not_found", std::string("there is no ") + what + " " + name, ""}));
}

// The body as a tree, for rules of JSON alone; false when the request was answered.
bool read_body(const ApiCall& call, nlohmann::json& tree, const Responder& responder) {
  const auto problem = read_json(call.request.body, tree);
  if (problem) responder.send(problem_response(*problem));
  return !problem;
}

Then<Engine::PutOutcome> answer_put(std::string body, std::string location, const Responder& responder) {
  return [body = std::move(body), location = std::move(location),
          responder](const Result<Engine::PutOutcome>& put) {
    if (!put) return responder.send(problem_response(put.error()));
    ServerResponse response = json_response(put->created ? 201 : 200, body);
    if (put->created) response.headers = "Location: " + location + "\r\n";
    responder.send(std::move(response));
  };
}

Then<Done> answer_erased(const Responder& responder) {
  return [responder](const Result<Done>& done) {
    responder.send(done ? json_response(204, "") : problem_response(done.error()));
  };
}

template <class Registered>
std::string public_list(const char* name, const Registered& registered) {
  std::string body = std::string("{\"") + name + "\":[";
  for (const auto& [key, value] : registered) {
    if (body.back() == '}') body += ',';
    body += public_json(value);
  }
  return body + "]}";
}

}  // namespace

void list_participants(ApiContext& api, const ApiCall& /*call*/, const Responder& responder) {
  responder.send(json_response(200, public_list("participants", api.engine.registry().participants())));
}

void show_participant(ApiContext& api, const ApiCall& call, const Responder& responder) {
  const Participant* const found = api.engine.registry().participant(call.parameter);
  if (found == nullptr) return answer_not_found(responder, "participant", call.parameter);
  responder.send(json_response(200, public_json(*found)));
}

void put_participant(ApiContext& api, const ApiCall& call, const Responder& responder) {
  nlohmann::json tree;
  if (!read_body(call, tree, responder)) return;
  const Participant* const existing = api.engine.registry().participant(call.parameter);
  auto parsed = parse_participant(call.parameter, call.request.body, existing);
  if (!parsed) return responder.send(problem_response(parsed.error()));
  const bool made = existing == nullptr && !tree.contains("secrets");
  std::string body =
      with_new_secret(public_json(*parsed), made ? parsed->secrets : std::vector<std::string>());
  api.engine.put_participant(*std::move(parsed),
                             answer_put(std::move(body), "/v1/participants/" + call.parameter, responder));
}

void delete_participant(ApiContext& api, const ApiCall& call, const Responder& responder) {
  api.engine.erase_participant(call.parameter, answer_erased(responder));
}

void list_merchants(ApiContext& api, const ApiCall& /*call*/, const Responder& responder) {
  responder.send(json_response(200, public_list("merchants", api.engine.registry().merchants())));
}

void show_merchant(ApiContext& api, const ApiCall& call, const Responder& responder) {
  const Merchant* const found = api.engine.registry().merchant(call.parameter);
  if (found == nullptr) return answer_not_found(responder, "merchant", call.parameter);
  responder.send(json_response(200, public_json(*found)));
}

void put_merchant(ApiContext& api, const ApiCall& call, const Responder& responder) {
  nlohmann::json tree;
  if (!read_body(call, tree, responder)) return;
  const Merchant* const existing = api.engine.registry().merchant(call.parameter);
  auto parsed = parse_merchant(call.parameter, call.request.body, existing);
  if (!parsed) return responder.send(problem_response(parsed.error()));
  const bool made = existing == nullptr && !tree.contains("secrets");
  std::string body =
      with_new_secret(public_json(*parsed), made ? parsed->secrets : std::vector<std::string>());
  api.engine.put_merchant(*std::move(parsed),
                          answer_put(std::move(body), "/v1/merchants/" + call.parameter, responder));
}

void delete_merchant(ApiContext& api, const ApiCall& call, const Responder& responder) {
  api.engine.erase_merchant(call.parameter, answer_erased(responder));
}

}  // namespace settle
