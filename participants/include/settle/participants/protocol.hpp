#pragma once
// The calling protocol as pure functions: from a purchase and a call to an HTTP request, and from an HTTP
// answer to a classified event. docs/participant-protocol.md is the specification.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "settle/crypto/keys.hpp"
#include "settle/participants/http_client.hpp"
#include "settle/participants/registry.hpp"
#include "settle/statemachine/advance.hpp"

namespace settle {

struct CallContext {
  const Definition& definition;
  const Purchase& purchase;
  std::uint8_t step = 0;
  Operation operation = Operation::try_;
  std::uint16_t attempt = 0;
  ShardId shard;
  std::uint64_t epoch = 0;         // of the shard
  TimeMs now;                      // the attempt's time, for the signature (wall clock)
  std::string_view callback_base;  // e.g. "http://127.0.0.1:7070"; the token is appended
};

// The body of a call: the same bytes in every attempt of an operation. Sealed fields are unsealed. Errors:
// unseal_failed.
Result<std::string> call_body(const CallContext& call, const KeyRing& keys);

// The whole request. Errors: unregistered (no such target or endpoint), unseal_failed.
Result<HttpRequest> build_request(const CallContext& call, const Registry& registry, const KeyRing& keys);

// The headers that identify a call, as they are sent: ids, epoch, trace and the digest of `body`. Neither the
// signature nor the callback's token is among them.
std::vector<std::pair<std::string, std::string>> identity_headers(const CallContext& call,
                                                                  const std::string& body);

// Where the call goes by the registry as it is now (the first of several URLs), as shown_url shows it; empty:
// nowhere.
std::string registered_url(const CallContext& call, const Registry& registry);

// Answered for try/confirm/cancel/deliver, QueryAnswered for query. Secret fields (StepDefinition::secrets)
// of the result are sealed here, before anything else sees them: a sealed field is {"$sealed": "v1...."}; the
// seal's context is "PURCHASE:STEP". A result that is not an object, or is larger than result_bytes_max, is a
// broken answer: unknown. Of what is no plain success the beginning is kept as well, free of secrets
// (redact.hpp), and of a call that went wrong or was not the first the URL.
std::variant<Answered, QueryAnswered> classify(const CallContext& call, const HttpAnswer& answer,
                                               const Registry& registry, const KeyRing& keys);

inline constexpr std::size_t result_bytes_max = 32 << 10;
// As it is stored. Sealing adds a third and some: a result that is mostly small secrets, each many times
// over, would grow without this bound.
inline constexpr std::size_t stored_result_bytes_max = 48 << 10;

// An operation of a step of a purchase.
struct CallbackTarget {
  PurchaseId purchase;
  std::uint8_t step = 0;
  Operation operation = Operation::try_;
};

// The body of POST /v1/callbacks/{token}. Errors: invalid_callback with a JSON pointer.
Result<Told> parse_callback(std::string_view body, const Definition& definition, const Purchase& purchase,
                            std::uint8_t step, Operation operation, const KeyRing& keys);

// What a person says that an operation answered, sealed and bounded as if the participant had said it.
// Errors: invalid_field with a JSON pointer.
Result<std::string> read_resolution(std::string_view result, const CallbackTarget& of,
                                    const Definition& definition, const KeyRing& keys);
// Whether a stored result says what `plain` does.
bool says_the_same(const std::string& stored, std::string_view plain, const CallbackTarget& of,
                   const Definition& definition, const KeyRing& keys);

// Seals the named top-level fields of a JSON object's text; unseals every sealed field at any top level.
Result<std::string> seal_fields(std::string_view object, const std::vector<std::string>& fields,
                                std::string_view context, const KeyRing& keys);
Result<std::string> unseal_fields(std::string_view object, std::string_view context, const KeyRing& keys);

// Callback tokens: base64url of shard, purchase, step, operation and a MAC over them.
std::string callback_token(const CallbackTarget& target, ShardId shard, const KeyRing& keys);
// nullopt: unknown or forged; compares in constant time.
std::optional<CallbackTarget> parse_callback_token(std::string_view token, const KeyRing& keys);

}  // namespace settle
