// What operators do: each act says who and why, and the journal keeps both (I25).

#include <algorithm>

#include "api_context.hpp"
#include "api_fields.hpp"
#include "api_json.hpp"
#include "api_view.hpp"
#include "json_writer.hpp"
#include "settle/participants/protocol.hpp"

namespace settle {
namespace {

constexpr std::size_t act_bytes_max = 200;
constexpr std::size_t step_bytes_max = 64;

struct ActBody {
  Act act;
  std::string step, resolution, to, text;
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
    const bool says_why = std::find(known.begin(), known.end(), "why") != known.end();
    fields.text("why", says_why ? Presence::required : Presence::optional, act_bytes_max, into.act.why);
    fields.text("step", step, step_bytes_max, into.step);
    fields.text("resolution", Presence::optional, step_bytes_max, into.resolution);
    fields.text("evidence", Presence::optional, evidence_bytes_max, into.act.evidence);
    fields.object("result", Presence::optional, result_bytes_max, into.act.result);
    fields.text("to", Presence::optional, act_bytes_max, into.to);
    fields.text("text", says_why ? Presence::optional : Presence::required, note_bytes_max, into.text);
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

// A proposal has moved nothing yet: 202, and what another person must say.
Then<PurchaseView> answer_resolved(ApiContext& api, const std::string& name, const Responder& responder) {
  return [&api, name, responder](const Result<PurchaseView>& view) {
    if (!view) return responder.send(problem_response(view.error()));
    const Definition& definition = *view->definition;
    for (std::size_t i = 0; i < definition.steps.size(); ++i) {
      const Step& step = view->purchase.steps[i];
      if (definition.steps[i].name != name || step.proposed_by.empty()) continue;
      ServerResponse response = json_response(202, {});
      JsonWriter json(response.body);
      json.open_object();
      json.field("state", "proposed");
      json.field("purchase", view->purchase.id.text());
      json.field("step", name);
      json.key("proposal");
      append_proposal(json, step);
      json.close_object();
      return responder.send(std::move(response));
    }
    answer_purchase(api, responder)(view);
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
  auto body = read_act(call, {"who", "why", "step", "resolution", "evidence", "result"}, Presence::required,
                       responder);
  if (!body) return;
  const bool done = body->resolution == "done";
  if (!done && body->resolution != "abandoned") {
    const char* const code = body->resolution.empty() ? "missing_field" : "invalid_field";
    return responder.send(problem_response(Problem{code, "must be done or abandoned", "/resolution"}));
  }
  const std::string step = body->step;
  api.engine.resolve(*id, std::move(body->act), step, done ? Resolution::done : Resolution::abandoned,
                     answer_resolved(api, step, responder));
}

void assign_purchase(ApiContext& api, const ApiCall& call, const Responder& responder) {
  const auto id = purchase_of(call, responder);
  if (!id) return;
  auto body = read_act(call, {"who", "why", "to"}, Presence::optional, responder);
  if (body)
    api.engine.assign(*id, std::move(body->act), std::move(body->to), answer_purchase(api, responder));
}

void note_purchase(ApiContext& api, const ApiCall& call, const Responder& responder) {
  const auto id = purchase_of(call, responder);
  if (!id) return;
  auto body = read_act(call, {"who", "text"}, Presence::optional, responder);
  if (body)
    api.engine.note(*id, std::move(body->act.who), std::move(body->text), answer_purchase(api, responder));
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
