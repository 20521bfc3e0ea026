// From a call to the request that is sent: target, headers, digest, signature.

#include "settle/crypto/crypto.hpp"
#include "settle/participants/json_text.hpp"
#include "settle/participants/protocol.hpp"
#include "settle/participants/redact.hpp"
#include "settle/statemachine/bug.hpp"

namespace settle {
namespace {

struct Target {
  std::string group;
  std::vector<std::string> urls;
  const std::vector<std::string>* secrets = nullptr;
  Limits limits;
  bool merchant = false;
};

Result<Target> merchant_of(const CallContext& call, const Registry& registry) {
  const std::string& id = call.purchase.order.merchant;
  const Merchant* merchant = registry.reachable_merchant(id);
  if (merchant == nullptr) return Error{"unregistered", "merchant '" + id + "' is not registered"};
  if (call.operation != Operation::deliver)
    return Error{"unregistered", "a merchant is only ever delivered to"};
  return Target{"merchant:" + id, {merchant->url}, &merchant->secrets, merchant->limits, true};
}

Result<Target> participant_of(const CallContext& call, const Registry& registry) {
  const std::string& name = call.definition.steps[call.step].target;
  const Participant* participant = registry.reachable_participant(name);
  if (participant == nullptr) return Error{"unregistered", "participant '" + name + "' is not registered"};
  const auto endpoint = participant->endpoints.find(call.operation);
  if (endpoint == participant->endpoints.end()) {
    return Error{"unregistered", "participant '" + name + "' has no endpoint for " + name_of(call.operation)};
  }
  Target target{name, {}, &participant->secrets, participant->limits, false};
  target.urls.reserve(participant->base_urls.size());
  for (const std::string& base : participant->base_urls) target.urls.push_back(base + endpoint->second);
  return target;
}

// What moves money, stock or cards for good comes before what begins it, and that before who is only told.
std::uint8_t importance_of(const StepDefinition& step, Operation operation) {
  if (operation == Operation::confirm || operation == Operation::cancel) return 0;
  if (operation != Operation::deliver) return 1;
  return step.priority == Priority::low ? 3 : 2;
}

Result<Target> target_of(const CallContext& call, const Registry& registry) {
  return call.definition.steps[call.step].target == merchant_target ? merchant_of(call, registry)
                                                                    : participant_of(call, registry);
}

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

// The trace is the purchase, the span is the attempt: a trace can be found from a purchase and back, without
// a store.
std::string traceparent(const CallContext& call, const std::string& purchase) {
  constexpr char digits[] = "0123456789abcdef";
  std::uint64_t span = (std::uint64_t{call.step} + 1) << 32 |
                       std::uint64_t{static_cast<std::uint8_t>(call.operation)} << 16 | call.attempt;
  std::string text = "00-" + purchase + "-0000000000000000-01";
  for (std::size_t at = 3 + purchase.size() + 16; span != 0; --at, span >>= 4) text[at] = digits[span & 15];
  return text;
}

std::string signatures(const std::vector<std::string>& secrets, const std::string& id,
                       std::int64_t timestamp_s, const std::string& body) {
  std::string joined;
  for (const std::string& secret : secrets) {
    const auto key = webhook_key(secret);
    if (!key) continue;  // the registry lets none in
    if (!joined.empty()) joined += ' ';
    joined += webhook_signature(*key, id, timestamp_s, body);
  }
  return joined;
}

std::string callback_url(const CallContext& call, const KeyRing& keys) {
  std::string url(call.callback_base);
  url += "/v1/callbacks/";
  return url += callback_token({call.purchase.id, call.step, call.operation}, call.shard, keys);
}

std::string key_of(const CallContext& call) {
  return call.purchase.id.text() + ":" + call.definition.steps[call.step].name + ":" +
         name_of(call.operation) + (SETTLE_BUG(key_per_attempt) ? ":" + number(call.attempt) : "");
}

// What proves who calls, and where to report: for the one who is called alone.
void add_credentials(HttpRequest& request, const CallContext& call, const Target& target,
                     const KeyRing& keys) {
  const std::string key = key_of(call);
  const std::int64_t timestamp_s = call.now.count / 1000;
  auto& headers = request.headers;
  const bool may_report_later = !target.merchant && call.operation != Operation::query;
  if (may_report_later && !call.callback_base.empty())
    headers.emplace_back("Settle-Callback", callback_url(call, keys));
  headers.emplace_back("webhook-signature", signatures(*target.secrets, key, timestamp_s, request.body));
  headers.emplace_back("webhook-timestamp", std::to_string(timestamp_s));
  headers.emplace_back("webhook-id", key);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> identity_headers(const CallContext& call,
                                                                  const std::string& body) {
  const std::string purchase = call.purchase.id.text();
  std::vector<std::pair<std::string, std::string>> headers;
  headers.reserve(13);
  headers.emplace_back("Content-Type", "application/json");
  headers.emplace_back("Idempotency-Key", key_of(call));
  headers.emplace_back("Settle-Purchase", purchase);
  headers.emplace_back("Settle-Step", call.definition.steps[call.step].name);
  headers.emplace_back("Settle-Operation", name_of(call.operation));
  headers.emplace_back("Settle-Attempt", number(call.attempt));
  headers.emplace_back("Settle-Epoch",
                       number(call.shard.number) + ":" + number(SETTLE_BUG(epoch_not_sent) ? 1 : call.epoch));
  headers.emplace_back("traceparent", traceparent(call, purchase));
  headers.emplace_back("Content-Digest", content_digest(body));
  return headers;
}

std::string registered_url(const CallContext& call, const Registry& registry) {
  SETTLE_CHECK(call.step < call.definition.steps.size());
  const auto target = target_of(call, registry);
  return target ? shown_url(target->urls.front()) : std::string();
}

Result<HttpRequest> build_request(const CallContext& call, const Registry& registry, const KeyRing& keys) {
  SETTLE_CHECK(call.step < call.definition.steps.size());
  const StepDefinition& step = call.definition.steps[call.step];
  auto target = target_of(call, registry);
  if (!target) return target.error();
  auto body = call_body(call, keys);
  if (!body) return body.error();
  HttpRequest request;
  request.body = std::move(*body);
  if (SETTLE_BUG(body_per_attempt)) request.body.append(call.attempt, ' ');
  request.headers = identity_headers(call, request.body);
  add_credentials(request, call, *target, keys);
  request.group = std::move(target->group);
  request.urls = std::move(target->urls);
  request.answer_timeout = step.spec(call.operation).timeout;
  request.limits = target->limits;
  request.importance = importance_of(step, call.operation);
  return request;
}

}  // namespace settle
