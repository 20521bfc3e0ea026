// POST /v1/purchases: what a shop asks, read strictly, and answered at once or when it is settled.

#include <algorithm>

#include "api_context.hpp"
#include "api_fields.hpp"
#include "api_json.hpp"
#include "api_view.hpp"
#include "settle/crypto/crypto.hpp"

namespace settle {
namespace {

constexpr std::size_t text_bytes_max = 128;
constexpr std::size_t payload_bytes_max = 16 << 10;
constexpr std::size_t key_bytes_max = 200;

std::optional<Problem> read_key(const ServerRequest& request, std::string& into) {
  std::string_view key;
  const int count = request.header("Idempotency-Key", key);
  if (count == 0 || (count == 1 && key.empty())) {
    return Problem{"missing_idempotency_key", "every purchase needs one, new for each", "Idempotency-Key"};
  }
  const auto visible = [](char c) { return c >= '!' && c <= '~'; };
  if (count > 1 || key.size() > key_bytes_max || !std::all_of(key.begin(), key.end(), visible)) {
    return Problem{"invalid_idempotency_key", "one, of 1 to 200 visible ASCII characters", "Idempotency-Key"};
  }
  into = key;
  return std::nullopt;
}

std::optional<Problem> read_order(const nlohmann::json& body, SubmitRequest& into) {
  BodyFields fields(body, {"shop", "order_id", "cart_id", "buyer", "sku", "quantity", "amount", "currency",
                           "merchant", "payload", "deadline_seconds", "definition"});
  Order& order = into.order;
  fields.text("shop", Presence::required, text_bytes_max, order.shop);
  fields.text("order_id", Presence::required, text_bytes_max, order.order_id);
  fields.text("cart_id", Presence::optional, text_bytes_max, order.cart_id);
  fields.text("buyer", Presence::required, text_bytes_max, order.buyer);
  fields.text("sku", Presence::required, text_bytes_max, order.sku);
  fields.integer("quantity", Presence::required, 1, 10'000, order.quantity);
  fields.integer("amount", Presence::required, 1, 1'000'000'000'000, order.amount_minor);
  fields.text("currency", Presence::required, text_bytes_max, order.currency);
  fields.text("merchant", Presence::required, text_bytes_max, order.merchant);
  order.payload = "{}";
  fields.object("payload", Presence::optional, payload_bytes_max, order.payload);
  std::int64_t deadline_s = 0;
  fields.integer("deadline_seconds", Presence::optional, 1, 86'400, deadline_s);
  into.deadline = DurationMs{deadline_s * 1000};
  fields.text("definition", Presence::optional, text_bytes_max, into.definition);
  if (fields.problem()) return fields.problem();
  if (!is_currency(order.currency))
    fields.fail("unknown_currency", "currency", "not an active code of ISO 4217");
  if (!is_registry_name(order.merchant, true))
    fields.fail("unknown_merchant", "merchant", "no such merchant");
  if (!is_registry_name(into.definition, false))
    fields.fail("unknown_definition", "definition", "no such definition");
  return fields.problem();
}

// The request as values, so that spaces and the order of names make no other request (I5). nlohmann keeps
// names sorted.
std::array<std::uint8_t, 32> digest_of(const nlohmann::json& body) {
  return sha256(body.dump());
}

std::string found_headers(const PurchaseView& view, const std::string& id) {
  std::string headers = "Location: /v1/purchases/" + id + "\r\n";
  if (view.created) return headers;
  headers += "Settle-Replayed: true\r\nSettle-Found-By: ";
  headers += view.same_cart ? "cart\r\n" : "key\r\n";
  return headers;
}

void answer_submitted(ApiContext& api, const Result<PurchaseView>& result, int wait_s,
                      const Responder& responder) {
  if (!result) return responder.send(problem_response(result.error()));
  const PurchaseView& view = *result;
  const std::string id = view.purchase.id.text();
  std::string headers = found_headers(view, id);
  const bool settled = settled_for_shop(view.purchase);
  if (wait_s > 0) {
    headers += "Preference-Applied: wait=" + std::to_string(wait_s) + "\r\n";
    if (!settled) return answer_outcome(api, view.purchase.id, wait_s, 202, headers, responder);
  }
  const int status = !view.created || (wait_s > 0 && settled) ? 200 : 202;
  ServerResponse response = json_response(status, {});
  response.body.reserve(2048);
  append_purchase(response.body, view, *api.keys, true);
  response.headers = std::move(headers);
  responder.send(std::move(response));
}

}  // namespace

void submit_purchase(ApiContext& api, const ApiCall& call, const Responder& responder) {
  SubmitRequest request;
  nlohmann::json body;
  std::optional<Problem> problem = read_key(call.request, request.order.idempotency_key);
  if (!problem) problem = read_json(call.request.body, body);
  if (!problem) problem = read_order(body, request);
  if (problem) return responder.send(problem_response(*problem));
  request.digest = digest_of(body);
  const int wait_s = preferred_wait_s(call.request);
  api.engine.submit(std::move(request), [&api, wait_s, responder](const Result<PurchaseView>& result) {
    answer_submitted(api, result, wait_s, responder);
  });
}

}  // namespace settle
