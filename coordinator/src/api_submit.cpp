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
                           "merchant", "payload", "deadline_seconds", "definition", "allow_duplicate"});
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
  fields.boolean("allow_duplicate", Presence::optional, into.allow_duplicate);
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
// names sorted. Whether the guard may ask is not what was ordered: a request that was asked about may be
// repeated with the answer, under its key, and later without.
std::array<std::uint8_t, 32> digest_of(nlohmann::json& body) {
  body.erase("allow_duplicate");
  return sha256(body.dump());
}

// `true` alone says yes.
std::optional<Problem> read_allowance(const ServerRequest& request, SubmitRequest& into) {
  std::string_view said;
  const int count = request.header("Settle-Allow-Duplicate", said);
  if (count == 0) return std::nullopt;
  if (count > 1 || (said != "true" && said != "false"))
    return Problem{"invalid_parameter", "true or false", "Settle-Allow-Duplicate"};
  into.allow_duplicate = into.allow_duplicate || said == "true";
  return std::nullopt;
}

std::string found_headers(const PurchaseView& view, const std::string& id) {
  std::string headers = "Location: /v1/purchases/" + id + "\r\n";
  if (view.created) return headers;
  headers += "Settle-Replayed: true\r\nSettle-Found-By: ";
  headers += view.same_cart ? "cart\r\n" : "key\r\n";
  return headers;
}

// The guards' refusals have more to say than other errors.
ServerResponse refused(const Error& error, const GuardRefusal& refusal) {
  if (error.code == "possible_duplicate") {
    return problem_response(
        Problem{error.code,
                error.detail,
                "",
                0,
                {{"earlier_purchase", refusal.earlier.text()}, {"earlier_order_id", refusal.earlier_order}}});
  }
  if (error.code == "buyer_rate_limited") {
    const auto seconds = static_cast<int>((refusal.retry_after.count + 999) / 1000);
    return problem_response(Problem{error.code, error.detail, "", std::max(seconds, 1)});
  }
  return problem_response(error);
}

struct Asked {
  int wait_s = 0;
  Language language = Language::english;
  std::shared_ptr<GuardRefusal> refusal = std::make_shared<GuardRefusal>();
};

void answer_submitted(ApiContext& api, const Result<PurchaseView>& result, const Asked& asked,
                      const Responder& responder) {
  if (!result) return responder.send(refused(result.error(), *asked.refusal));
  const int wait_s = asked.wait_s;
  const PurchaseView& view = *result;
  const std::string id = view.purchase.id.text();
  std::string headers = found_headers(view, id);
  const bool settled = settled_for_shop(view.purchase);
  if (wait_s > 0) {
    headers += "Preference-Applied: wait=" + std::to_string(wait_s) + "\r\n";
    if (!settled)
      return answer_outcome(api, view.purchase.id, wait_s, 202, headers, asked.language, responder);
  }
  const int status = !view.created || (wait_s > 0 && settled) ? 200 : 202;
  responder.send(purchase_response(status, view, *api.keys, std::move(headers), asked.language));
}

}  // namespace

void submit_purchase(ApiContext& api, const ApiCall& call, const Responder& responder) {
  SubmitRequest request;
  const Asked asked{preferred_wait_s(call.request), call.language};
  nlohmann::json body;
  std::optional<Problem> problem = read_key(call.request, request.order.idempotency_key);
  if (!problem) problem = read_json(call.request.body, body);
  if (!problem) problem = read_order(body, request);
  if (!problem) problem = read_allowance(call.request, request);
  if (problem) return responder.send(problem_response(*problem));
  request.digest = digest_of(body);
  request.refusal = asked.refusal;
  api.engine.submit(std::move(request), [&api, asked, responder](const Result<PurchaseView>& result) {
    answer_submitted(api, result, asked, responder);
  });
}

}  // namespace settle
