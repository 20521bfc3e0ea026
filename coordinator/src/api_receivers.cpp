// Receivers of events (docs/events.md). What they are and how they are served is the outlet's.

#include "api_context.hpp"
#include "api_json.hpp"

namespace settle {
namespace {

// The outlet, or nullptr when the request was answered.
Outlet* outlet_of(ApiContext& api, const Responder& responder) {
  if (api.outlet == nullptr)
    responder.send(problem_response(Problem{"not_found", "this daemon sends no events", ""}));
  return api.outlet;
}

}  // namespace

void list_receivers(ApiContext& api, const ApiCall& /*call*/, const Responder& responder) {
  if (const Outlet* outlet = outlet_of(api, responder)) responder.send(json_response(200, outlet->list()));
}

void show_receiver(ApiContext& api, const ApiCall& call, const Responder& responder) {
  const Outlet* outlet = outlet_of(api, responder);
  if (outlet == nullptr) return;
  auto shown = outlet->show(call.parameter);
  responder.send(shown ? json_response(200, *std::move(shown)) : problem_response(shown.error()));
}

void put_receiver(ApiContext& api, const ApiCall& call, const Responder& responder) {
  Outlet* outlet = outlet_of(api, responder);
  if (outlet == nullptr) return;
  nlohmann::json tree;  // for the rules of JSON alone
  if (const auto problem = read_json(call.request.body, tree))
    return responder.send(problem_response(*problem));
  outlet->put(call.parameter, call.request.body,
              [name = call.parameter, responder](const Result<Outlet::Put>& put) {
                if (!put) return responder.send(problem_response(put.error()));
                ServerResponse response = json_response(put->created ? 201 : 200, put->shown);
                if (put->created) response.headers = "Location: /v1/receivers/" + name + "\r\n";
                responder.send(std::move(response));
              });
}

void delete_receiver(ApiContext& api, const ApiCall& call, const Responder& responder) {
  Outlet* outlet = outlet_of(api, responder);
  if (outlet == nullptr) return;
  outlet->erase(call.parameter, [responder](const Result<Done>& done) {
    responder.send(done ? json_response(204, "") : problem_response(done.error()));
  });
}

void test_receiver(ApiContext& api, const ApiCall& call, const Responder& responder) {
  Outlet* outlet = outlet_of(api, responder);
  if (outlet == nullptr) return;
  outlet->test(call.parameter, [responder](const Result<std::string>& came_back) {
    responder.send(came_back ? json_response(200, *came_back) : problem_response(came_back.error()));
  });
}

}  // namespace settle
