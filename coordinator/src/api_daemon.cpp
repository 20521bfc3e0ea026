// What the daemon says of itself.

#include <chrono>

#include "api_context.hpp"
#include "json_writer.hpp"

#ifndef SETTLE_VERSION
#define SETTLE_VERSION "0.1.0"
#endif

namespace settle {
namespace {

TimeMs wall_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return TimeMs{std::chrono::duration_cast<std::chrono::milliseconds>(now).count()};
}

void append_figures(JsonWriter& json, const EngineFigures& figures) {
  json.field("in_motion", figures.in_motion);
  json.field("submitted", figures.submitted);
  json.field("completed", figures.completed);
  json.field("cancelled", figures.cancelled);
  json.field("parked", figures.parked);
  json.field("alerts", figures.alerts);
  json.field("calls", figures.calls);
  json.field("sweeps", figures.sweeps);
  json.field("wakeups_repaired", figures.wakeups_repaired);
  json.key("journal");
  json.open_object();
  json.field("appends", figures.journal.appends);
  json.field("syncs", figures.journal.syncs);
  json.field("bytes", figures.journal.bytes);
  json.close_object();
}

}  // namespace

const char* settle_version() {
  return SETTLE_VERSION;
}

void show_status(ApiContext& api, const ApiCall& /*call*/, const Responder& responder) {
  const auto steady = std::chrono::steady_clock::now().time_since_epoch();
  const std::int64_t steady_s = std::chrono::duration_cast<std::chrono::seconds>(steady).count();
  std::string body;
  JsonWriter json(body);
  json.open_object();
  json.field("ready", api.engine.ready().ok());
  json.field("paused", api.engine.paused());
  append_figures(json, api.engine.figures());
  json.field("connections", api.server != nullptr ? api.server->connections() : 0);
  json.field("requests", api.server != nullptr ? api.server->requests() : 0);
  json.field("time", wall_now());
  json.field("uptime_s", steady_s - api.started_s);
  json.close_object();
  responder.send(json_response(200, std::move(body)));
}

// Answered when the sweep is over.
void sweep_daemon(ApiContext& api, const ApiCall& /*call*/, const Responder& responder) {
  api.engine.sweep([responder](const Result<SweepReport>& report) {
    if (!report) return responder.send(problem_response(report.error()));
    std::string body;
    JsonWriter json(body);
    json.open_object();
    json.field("started_at", report->started_at);
    json.field("finished_at", report->finished_at);
    json.field("purchases", report->purchases);
    json.field("entries", report->entries);
    json.field("missing", report->missing);
    json.field("stale", report->stale);
    json.field("repaired", report->repaired);
    json.field("unreadable", report->unreadable);
    json.field("forgotten", report->forgotten);
    json.close_object();
    responder.send(json_response(200, std::move(body)));
  });
}

void show_health(ApiContext& /*api*/, const ApiCall& /*call*/, const Responder& responder) {
  responder.send(json_response(200, R"({"status":"ok"})"));
}

void show_readiness(ApiContext& api, const ApiCall& /*call*/, const Responder& responder) {
  const Status ready = api.engine.ready();
  responder.send(ready ? json_response(200, R"({"status":"ready"})") : problem_response(ready.error()));
}

void show_version(ApiContext& /*api*/, const ApiCall& /*call*/, const Responder& responder) {
  const std::string version = settle_version();
  responder.send(json_response(200, R"({"name":"settled","version":")" + version + R"(","api":"v1"})"));
}

}  // namespace settle
