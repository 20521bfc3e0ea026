// The one table of what is served. docs/openapi.yaml lists the same, and a test compares both ways.

#include <array>
#include <vector>

#include "api_context.hpp"

namespace settle {
namespace {

constexpr bool json = true, parameters = true;

constexpr std::array entries = {
    RouteEntry{{"POST", "/v1/purchases"}, submit_purchase, json},
    RouteEntry{{"GET", "/v1/purchases"}, list_purchases, !json, parameters},
    RouteEntry{{"GET", "/v1/purchases/{id}"}, show_purchase, !json, parameters},
    RouteEntry{{"GET", "/v1/purchases/{id}/attempts"}, list_attempts, !json, parameters},
    RouteEntry{{"POST", "/v1/purchases/{id}/cancel"}, cancel_purchase, json},
    RouteEntry{{"POST", "/v1/purchases/{id}/retry"}, retry_purchase, json},
    RouteEntry{{"POST", "/v1/purchases/{id}/reopen"}, reopen_purchase, json},
    RouteEntry{{"POST", "/v1/purchases/{id}/resolve"}, resolve_purchase, json},
    RouteEntry{{"POST", "/v1/purchases/{id}/assign"}, assign_purchase, json},
    RouteEntry{{"POST", "/v1/purchases/{id}/note"}, note_purchase, json},
    RouteEntry{{"POST", "/v1/callbacks/{token}"}, take_callback},
    RouteEntry{{"GET", "/v1/participants"}, list_participants},
    RouteEntry{{"GET", "/v1/participants/{name}"}, show_participant},
    RouteEntry{{"PUT", "/v1/participants/{name}"}, put_participant, json},
    RouteEntry{{"DELETE", "/v1/participants/{name}"}, delete_participant},
    RouteEntry{{"GET", "/v1/merchants"}, list_merchants},
    RouteEntry{{"GET", "/v1/merchants/{id}"}, show_merchant},
    RouteEntry{{"PUT", "/v1/merchants/{id}"}, put_merchant, json},
    RouteEntry{{"DELETE", "/v1/merchants/{id}"}, delete_merchant},
    RouteEntry{{"GET", "/v1/definitions"}, list_definitions},
    RouteEntry{{"GET", "/v1/definitions/{name}"}, show_definition},
    RouteEntry{{"PUT", "/v1/definitions/{name}"}, put_definition, json},
    RouteEntry{{"GET", "/v1/dead-letters"}, list_dead_letters, !json, parameters},
    RouteEntry{{"POST", "/v1/dead-letters/acts"}, act_on_dead_letters, json},
    RouteEntry{{"GET", "/v1/dead-letters/acts"}, list_bulk_acts, !json, parameters},
    RouteEntry{{"GET", "/v1/dead-letters/acts/{id}"}, show_bulk_act},
    RouteEntry{{"POST", "/v1/dead-letters/acts/{id}/stop"}, stop_bulk_act, json},
    RouteEntry{{"GET", "/v1/policies"}, list_policies},
    RouteEntry{{"GET", "/v1/policies/{name}"}, show_policy},
    RouteEntry{{"PUT", "/v1/policies/{name}"}, put_policy, json},
    RouteEntry{{"GET", "/v1/endpoints"}, list_endpoints},
    RouteEntry{{"POST", "/v1/endpoints/acts"}, act_on_endpoint, json},
    RouteEntry{{"GET", "/v1/receivers"}, list_receivers},
    RouteEntry{{"GET", "/v1/receivers/{name}"}, show_receiver},
    RouteEntry{{"PUT", "/v1/receivers/{name}"}, put_receiver, json},
    RouteEntry{{"DELETE", "/v1/receivers/{name}"}, delete_receiver},
    RouteEntry{{"POST", "/v1/receivers/{name}/test"}, test_receiver},
    RouteEntry{{"GET", "/v1/journal"}, read_journal, !json, parameters},
    RouteEntry{{"POST", "/v1/pause"}, pause_daemon, json},
    RouteEntry{{"POST", "/v1/resume"}, resume_daemon, json},
    RouteEntry{{"POST", "/v1/sweep"}, sweep_daemon},
    RouteEntry{{"GET", "/v1/status"}, show_status},
    RouteEntry{{"GET", "/v1/stats"}, show_stats, !json, parameters},
    RouteEntry{{"GET", "/metrics"}, show_metrics},
    RouteEntry{{"GET", "/healthz"}, show_health},
    RouteEntry{{"GET", "/readyz"}, show_readiness},
    RouteEntry{{"GET", "/version"}, show_version},
};

}  // namespace

std::span<const RouteEntry> route_entries() {
  return entries;
}

std::span<const ApiRoute> api_routes() {
  static const std::vector<ApiRoute> routes = [] {
    std::vector<ApiRoute> all;
    all.reserve(std::size(entries));
    for (const RouteEntry& entry : entries) all.push_back(entry.route);
    return all;
  }();
  return routes;
}

}  // namespace settle
