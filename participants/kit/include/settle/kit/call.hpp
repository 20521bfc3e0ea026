#pragma once
// A call of the coordinator, checked and typed: what an author's handler receives.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "settle/kit/http.hpp"
#include "settle/statemachine/result.hpp"

namespace settle::kit {

enum class Operation { try_ = 1, confirm = 2, cancel = 3, query = 4 };
std::string_view name_of(Operation operation);

// How this step's try stands when a cancel arrives: a hold stands, work was accepted but not finished, or the
// process died between fence and result, so that the remote side may or may not have acted.
enum class Prior { none, done, accepted, in_doubt };

// What the fences are unique on.
struct Key {
  std::string purchase;
  std::string step;
  Operation operation = Operation::try_;
  std::string text() const;  // "PURCHASE:STEP:OPERATION", the Idempotency-Key
  bool operator<(const Key& other) const;
};

struct Epoch {
  std::int64_t shard = 0;
  std::int64_t epoch = 0;
};

struct Call {
  Key key;
  std::int64_t attempt = 1;
  Epoch epoch;
  std::string callback;     // where a 202 reports; empty if the caller gave none
  std::string traceparent;  // passed on as it came; may be empty
  std::string shop, order_id, buyer, sku, currency, merchant;
  std::optional<std::string> cart_id;
  std::int64_t quantity = 0;
  std::int64_t amount = 0;  // minor units, the whole purchase
  nlohmann::json payload = nlohmann::json::object();
  nlohmann::json results = nlohmann::json::object();  // by step name
  Prior prior = Prior::none;                          // set by the barrier, for cancel
};

// Reads headers and body of a request whose signature and digest were already checked. Errors, all 400 on the
// wire: header_missing, header_malformed, body_malformed, headers_mismatch (headers and body name different
// calls).
Result<Call> parse_call(const Request& request, Operation operation);

}  // namespace settle::kit
