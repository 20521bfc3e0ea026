#pragma once
// What the handlers share: the engine, who waits, who follows; and the small steps that most of them take.

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api_problem.hpp"
#include "language.hpp"
#include "settle/coordinator/api.hpp"

namespace settle {

struct ApiContext {
  Engine& engine;
  boost::asio::io_context& io;
  std::shared_ptr<const KeyRing> keys;
  ApiConfig config;
  const HttpServer* server = nullptr;
  Outlet* outlet = nullptr;
  std::int64_t started_s = 0;  // steady clock
  bool stopping = false;
  // Who asked for an outcome with Prefer; swept when it grows.
  struct Waiter {
    PurchaseId purchase;
    Then<PurchaseView> answer;
    Responder responder;
  };
  std::vector<Waiter> waiters;
};

// A request that has found its route.
struct ApiCall {
  const ServerRequest& request;
  std::string parameter;  // the one in braces, percent-decoded
  Language language = Language::english;
};

using ApiHandler = void (*)(ApiContext& api, const ApiCall& call, const Responder& responder);

struct RouteEntry {
  ApiRoute route;
  ApiHandler handler;
  bool json_body = false;   // Content-Type must say so
  bool parameters = false;  // the handler reads the query string; else there may be none
};
std::span<const RouteEntry> route_entries();

// api_submit.cpp, api_purchases.cpp, api_dead_letters.cpp, api_attempts.cpp
void submit_purchase(ApiContext& api, const ApiCall& call, const Responder& responder);
void list_purchases(ApiContext& api, const ApiCall& call, const Responder& responder);
void list_dead_letters(ApiContext& api, const ApiCall& call, const Responder& responder);
void show_purchase(ApiContext& api, const ApiCall& call, const Responder& responder);
void list_attempts(ApiContext& api, const ApiCall& call, const Responder& responder);
void take_callback(ApiContext& api, const ApiCall& call, const Responder& responder);
// api_acts.cpp
void cancel_purchase(ApiContext& api, const ApiCall& call, const Responder& responder);
void retry_purchase(ApiContext& api, const ApiCall& call, const Responder& responder);
void reopen_purchase(ApiContext& api, const ApiCall& call, const Responder& responder);
void resolve_purchase(ApiContext& api, const ApiCall& call, const Responder& responder);
void assign_purchase(ApiContext& api, const ApiCall& call, const Responder& responder);
void note_purchase(ApiContext& api, const ApiCall& call, const Responder& responder);
void pause_daemon(ApiContext& api, const ApiCall& call, const Responder& responder);
void resume_daemon(ApiContext& api, const ApiCall& call, const Responder& responder);
// api_bulk.cpp
void act_on_dead_letters(ApiContext& api, const ApiCall& call, const Responder& responder);
void list_bulk_acts(ApiContext& api, const ApiCall& call, const Responder& responder);
void show_bulk_act(ApiContext& api, const ApiCall& call, const Responder& responder);
void stop_bulk_act(ApiContext& api, const ApiCall& call, const Responder& responder);
// api_registry.cpp
void list_participants(ApiContext& api, const ApiCall& call, const Responder& responder);
void show_participant(ApiContext& api, const ApiCall& call, const Responder& responder);
void put_participant(ApiContext& api, const ApiCall& call, const Responder& responder);
void delete_participant(ApiContext& api, const ApiCall& call, const Responder& responder);
void list_merchants(ApiContext& api, const ApiCall& call, const Responder& responder);
void show_merchant(ApiContext& api, const ApiCall& call, const Responder& responder);
void put_merchant(ApiContext& api, const ApiCall& call, const Responder& responder);
void delete_merchant(ApiContext& api, const ApiCall& call, const Responder& responder);
// api_definitions.cpp
void list_definitions(ApiContext& api, const ApiCall& call, const Responder& responder);
void show_definition(ApiContext& api, const ApiCall& call, const Responder& responder);
void put_definition(ApiContext& api, const ApiCall& call, const Responder& responder);
// api_policies.cpp
void list_policies(ApiContext& api, const ApiCall& call, const Responder& responder);
void show_policy(ApiContext& api, const ApiCall& call, const Responder& responder);
void put_policy(ApiContext& api, const ApiCall& call, const Responder& responder);
// api_endpoints.cpp
void list_endpoints(ApiContext& api, const ApiCall& call, const Responder& responder);
void act_on_endpoint(ApiContext& api, const ApiCall& call, const Responder& responder);
// api_receivers.cpp
void list_receivers(ApiContext& api, const ApiCall& call, const Responder& responder);
void show_receiver(ApiContext& api, const ApiCall& call, const Responder& responder);
void put_receiver(ApiContext& api, const ApiCall& call, const Responder& responder);
void delete_receiver(ApiContext& api, const ApiCall& call, const Responder& responder);
void test_receiver(ApiContext& api, const ApiCall& call, const Responder& responder);
// api_journal.cpp
void read_journal(ApiContext& api, const ApiCall& call, const Responder& responder);
// api_metrics.cpp, api_stats.cpp
void show_metrics(ApiContext& api, const ApiCall& call, const Responder& responder);
void show_stats(ApiContext& api, const ApiCall& call, const Responder& responder);
// api_daemon.cpp
void show_status(ApiContext& api, const ApiCall& call, const Responder& responder);
void sweep_daemon(ApiContext& api, const ApiCall& call, const Responder& responder);
void show_health(ApiContext& api, const ApiCall& call, const Responder& responder);
void show_readiness(ApiContext& api, const ApiCall& call, const Responder& responder);
void show_version(ApiContext& api, const ApiCall& call, const Responder& responder);

ServerResponse json_response(int status, std::string body);
// The id in the path, or nullopt when the request was answered 404.
std::optional<PurchaseId> purchase_of(const ApiCall& call, const Responder& responder);
// Seconds that `Prefer: wait=` asks for, at most 60; 0: none.
int preferred_wait_s(const ServerRequest& request);
// Waits for the outcome and answers: 200 with it, or `open_status` with what stands.
void answer_outcome(ApiContext& api, const PurchaseId& purchase, int wait_s, int open_status,
                    const std::string& headers, Language language, const Responder& responder);

}  // namespace settle
