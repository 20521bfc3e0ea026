#include "registry_json.hpp"

namespace settle {
namespace {

void write_calls(const EndpointLimits& calls, nlohmann::json& into) {
  if (calls.calls_per_second != 0) into["calls_per_second"] = calls.calls_per_second;
  if (calls.calls_at_once != 0) into["calls_at_once"] = calls.calls_at_once;
}

nlohmann::json limits_json(const Limits& limits, const EndpointLimits& calls,
                           const std::map<Operation, EndpointLimits>& endpoint_calls) {
  nlohmann::json object = {{"connect_timeout_ms", limits.connect_timeout.count},
                           {"connections_max", limits.connections_max},
                           {"queue_max", limits.queue_max},
                           {"queue_wait_max_ms", limits.queue_wait_max.count}};
  write_calls(calls, object);
  for (const auto& [operation, one] : endpoint_calls)
    write_calls(one, object["endpoints"][name_of(operation)] = nlohmann::json::object());
  return object;
}

}  // namespace

nlohmann::json write_participant(const Participant& participant) {
  nlohmann::json endpoints = nlohmann::json::object();
  for (const auto& [operation, path] : participant.endpoints) endpoints[name_of(operation)] = path;
  return {{"name", participant.name},
          {"base_urls", participant.base_urls},
          {"endpoints", std::move(endpoints)},
          {"require_digest", participant.require_digest},
          {"limits", limits_json(participant.limits, participant.calls, participant.endpoint_calls)}};
}

nlohmann::json write_merchant(const Merchant& merchant) {
  nlohmann::json success = {{"statuses", merchant.success.statuses}};
  if (merchant.success.exact_body) success["exact_body"] = *merchant.success.exact_body;
  return {{"id", merchant.id},
          {"url", merchant.url},
          {"success", std::move(success)},
          {"contact", merchant.contact},
          {"limits", limits_json(merchant.limits, merchant.calls, {})}};
}

}  // namespace settle
