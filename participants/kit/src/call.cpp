#include "settle/kit/call.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

namespace settle::kit {

namespace {

constexpr std::size_t name_bytes_max = 128;
constexpr int depth_max = 64;

bool is_purchase_id(std::string_view text) {
  return text.size() == 32 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end || value < 0) return std::nullopt;
  return value;
}

std::optional<Epoch> parse_epoch(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto shard = number(text.substr(0, colon));
  const auto epoch = number(text.substr(colon + 1));
  if (!shard || !epoch) return std::nullopt;
  return Epoch{*shard, *epoch};
}

// Deep nesting would exhaust the stack of whoever copies or prints the value: refused before it is parsed.
bool too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > depth_max) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

Error malformed(const std::string& what) {
  return {"body_malformed", what};
}

// Reads members of the body; the first one that is missing or of a wrong type sticks.
struct Reader {
  nlohmann::json& body;
  bool lenient;  // a query needs no more than the names of what it asks about
  std::string wrong;

  void blame(const char* name) {
    if (wrong.empty() && !lenient) wrong = name;
  }
  std::string text(const char* name) {
    const auto member = body.find(name);
    if (member != body.end() && member->is_string()) return member->get<std::string>();
    blame(name);
    return {};
  }
  std::int64_t count(const char* name) {
    const auto member = body.find(name);
    if (member != body.end() && member->is_number_integer()) {
      const bool fits = !member->is_number_unsigned() || member->get<std::uint64_t>() <= INT64_MAX;
      if (fits && member->get<std::int64_t>() >= 0) return member->get<std::int64_t>();
    }
    blame(name);
    return 0;
  }
  nlohmann::json object(const char* name) {
    const auto member = body.find(name);
    if (member == body.end()) return nlohmann::json::object();
    if (!member->is_object()) {
      blame(name);
      return nlohmann::json::object();
    }
    return std::move(*member);
  }
};

Result<Call> parse_headers(const Request& request, Operation operation) {
  for (const char* name : {"idempotency-key", "settle-purchase", "settle-step", "settle-operation",
                           "settle-attempt", "settle-epoch", "webhook-id"}) {
    if (request.header(name).empty()) return Error{"header_missing", std::string(name) + " is missing"};
  }
  Call call;
  call.key = {std::string(request.header("settle-purchase")), std::string(request.header("settle-step")),
              operation};
  const auto attempt = number(request.header("settle-attempt"));
  const auto epoch = parse_epoch(request.header("settle-epoch"));
  if (!is_purchase_id(call.key.purchase))
    return Error{"header_malformed", "settle-purchase is no purchase id"};
  if (call.key.step.size() > name_bytes_max) return Error{"header_malformed", "settle-step is too long"};
  if (!attempt || *attempt < 1) return Error{"header_malformed", "settle-attempt is no attempt number"};
  if (!epoch) return Error{"header_malformed", "settle-epoch is not SHARD:EPOCH"};
  call.attempt = *attempt;
  call.epoch = *epoch;
  call.callback = request.header("settle-callback");
  call.traceparent = request.header("traceparent");
  if (request.header("settle-operation") != name_of(operation)) {
    return Error{"headers_mismatch", "settle-operation does not belong to this endpoint"};
  }
  const std::string key = call.key.text();
  if (request.header("idempotency-key") != key || request.header("webhook-id") != key) {
    return Error{"headers_mismatch", "idempotency-key and webhook-id must be PURCHASE:STEP:OPERATION"};
  }
  return call;
}

}  // namespace

std::string_view name_of(Operation operation) {
  switch (operation) {
    case Operation::try_:
      return "try";
    case Operation::confirm:
      return "confirm";
    case Operation::cancel:
      return "cancel";
    case Operation::query:
      break;
  }
  return "query";
}

std::string Key::text() const {
  return purchase + ":" + step + ":" + std::string(name_of(operation));
}

bool Key::operator<(const Key& other) const {
  return std::tie(purchase, step, operation) < std::tie(other.purchase, other.step, other.operation);
}

Result<Call> parse_call(const Request& request, Operation operation) {
  auto call = parse_headers(request, operation);
  if (!call) return call;
  if (too_deep(request.body)) return malformed("the body is nested too deeply");
  nlohmann::json body = nlohmann::json::parse(request.body, nullptr, false);
  if (!body.is_object()) return malformed("the body is no JSON object");
  Reader reader{body, operation == Operation::query, {}};
  const bool agree = reader.text("purchase") == call->key.purchase && reader.text("step") == call->key.step &&
                     reader.text("operation") == name_of(operation);
  call->shop = reader.text("shop");
  call->order_id = reader.text("order_id");
  call->buyer = reader.text("buyer");
  call->sku = reader.text("sku");
  call->currency = reader.text("currency");
  call->merchant = reader.text("merchant");
  call->quantity = reader.count("quantity");
  call->amount = reader.count("amount");
  if (body.contains("cart_id")) call->cart_id = reader.text("cart_id");
  call->payload = reader.object("payload");
  call->results = reader.object("results");
  if (!reader.wrong.empty())
    return malformed("the member " + reader.wrong + " is missing or of a wrong type");
  if (!agree)
    return Error{"headers_mismatch", "the body names another purchase, step or operation than the headers"};
  return call;
}

}  // namespace settle::kit
