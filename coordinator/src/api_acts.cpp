// What operators do: each act says who and why, and the journal keeps both (I25).

#include "api_context.hpp"
#include "api_fields.hpp"
#include "api_json.hpp"
#include "api_view.hpp"

namespace settle {
namespace {

constexpr std::size_t act_bytes_max = 200;
constexpr std::size_t step_bytes_max = 64;

struct ActBody {
  Act act;
  std::string step, resolution;
};

// Answers the problem itself; nullopt then.
std::optional<ActBody> read_act(const ApiCall& call, std::initializer_list<std::string_view> known,
                                Presence step, const Responder& responder) {
  nlohmann::json tree;
  ActBody into;
  auto problem = read_json(call.request.body, tree);
  if (!problem) {
    BodyFields fields(tree, known);
    fields.text("who", Presence::required, act_bytes_max, into.act.who);
    fields.text("why", Presence::required, act_bytes_max, into.act.why);
    fields.text("step", step, step_bytes_max, into.step);
    fields.text("resolution", Presence::optional, step_bytes_max, into.resolution);
    problem = fields.problem();
  }
  if (!problem) return into;
  responder.send(problem_response(*problem));
  return std::nullopt;
}

Then<PurchaseView> answer_purchase(ApiContext& api, const Responder& responder) {
  return [&api, responder](const Result<PurchaseView>& view) {
    if (!view) return responder.send(problem_response(view.error()));
    ServerResponse response = json_response(view->created ? 201 : 200, {});
    append_purchase(response.body, *view, *api.keys, true);
    response.headers = "Location: /v1/purchases/" + view->purchase.id.text() + "\r\n";
    responder.send(std::move(response));
  };
}

Then<Done> answer_paused(ApiContext& api, const Responder& responder) {
  return [&api, responder](const Result<Done>& done) {
    if (!done) return responder.send(problem_response(done.error()));
    responder.send(json_response(200, api.engine.paused() ? R"({"paused":true})" : R"({"paused":false})"));
  };
}

}  // namespace

void cancel_purchase(ApiContext& api, const ApiCall& call, const Responder& responder) {
  const auto id = purchase_of(call, responder);
  if (!id) return;
  auto body = read_act(call, {"who", "why"}, Presence::optional, responder);
  if (body) api.engine.cancel(*id, std::move(body->act), answer_purchase(api, responder));
}

void retry_purchase(ApiContext& api, const ApiCall& call, const Responder& responder) {
  const auto id = purchase_of(call, responder);
  if (!id) return;
  auto body = read_act(call, {"who", "why", "step"}, Presence::optional, responder);
  if (body)
    api.engine.retry(*id, std::move(body->act), std::move(body->step), answer_purchase(api, responder));
}

void reopen_purchase(ApiContext& api, const ApiCall& call, const Responder& responder) {
  const auto id = purchase_of(call, responder);
  if (!id) return;
  auto body = read_act(call, {"who", "why"}, Presence::optional, responder);
  if (body) api.engine.reopen(*id, std::move(body->act), answer_purchase(api, responder));
}

void resolve_purchase(ApiContext& api, const ApiCall& call, const Responder& responder) {
  const auto id = purchase_of(call, responder);
  if (!id) return;
  auto body = read_act(call, {"who", "why", "step", "resolution"}, Presence::required, responder);
  if (!body) return;
  const bool done = body->resolution == "done";
  if (!done && body->resolution != "abandoned") {
    const char* const code = body->resolution.empty() ? "missing_field" : "invalid_field";
    return responder.send(problem_response(Problem{code, "must be done or abandoned", "/resolution"}));
  }
  api.engine.resolve(*id, std::move(body->act), std::move(body->step),
                     done ? Resolution::done : Resolution::abandoned, answer_purchase(api, responder));
}

void pause_daemon(ApiContext& api, const ApiCall& call, const Responder& responder) {
  auto body = read_act(call, {"who", "why"}, Presence::optional, responder);
  if (body) api.engine.pause(std::move(body->act), answer_paused(api, responder));
}

void resume_daemon(ApiContext& api, const ApiCall& call, const Responder& responder) {
  auto body = read_act(call, {"who", "why"}, Presence::optional, responder);
  if (body) api.engine.resume(std::move(body->act), answer_paused(api, responder));
}

}  // namespace settle
