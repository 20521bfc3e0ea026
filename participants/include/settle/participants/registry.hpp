#pragma once
// Who can be called, and how: participants and merchants, as data. Durable storage is the engine's (documents
// in shard 0); here are the records, their JSON form and their rules.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settle/crypto/keys.hpp"
#include "settle/participants/http_client.hpp"
#include "settle/statemachine/definition.hpp"

namespace settle {

// How much a target, or one endpoint of it, can take; 0: as much as comes. What is beyond waits, uncounted
// (docs/retry.md, "Gates").
struct EndpointLimits {
  std::uint32_t calls_per_second = 0;
  std::uint32_t calls_at_once = 0;
  friend bool operator==(const EndpointLimits& a, const EndpointLimits& b) {
    return a.calls_per_second == b.calls_per_second && a.calls_at_once == b.calls_at_once;
  }
};

// What PUT /v1/participants/{name} stores. Names: [a-z0-9][a-z0-9._-]{0,63}.
struct Participant {
  std::string name;
  std::vector<std::string> base_urls;          // 1..8, http or https, no query, no fragment, no user
  std::map<Operation, std::string> endpoints;  // paths, beginning with "/"; absent: no such endpoint
  std::vector<std::string> secrets;  // "whsec_" + base64 of 24..64 bytes, 1..3; the first signs, all are sent
  bool require_digest = false;       // an answer without Content-Digest counts as broken
  Limits limits;
  EndpointLimits calls;                                // all its endpoints together
  std::map<Operation, EndpointLimits> endpoint_calls;  // each by itself
  bool retired = false;  // deleted: unknown to everything new, reached by purchases in flight
};

// What counts as success at a merchant.
struct SuccessRule {
  std::vector<int> statuses;              // empty: 200..299
  std::optional<std::string> exact_body;  // compared byte for byte after trimming white space
};

struct Merchant {
  std::string id;
  std::string url;  // http or https
  std::vector<std::string> secrets;
  SuccessRule success;
  std::string contact;  // another way to reach them, free text
  Limits limits;
  EndpointLimits calls;
  bool retired = false;  // as for participants
};

// JSON <-> records. Parsing reports the first problem with its JSON pointer: code `invalid_participant` or
// `invalid_merchant`. Without "secrets" the ones of `existing` stay, or, for a new one, a secret is made.
Result<Participant> parse_participant(std::string_view name, std::string_view json,
                                      const Participant* existing);
Result<Merchant> parse_merchant(std::string_view id, std::string_view json, const Merchant* existing);
// For answers and journal listings: without secrets (their number only).
std::string public_json(const Participant& participant);
std::string public_json(const Merchant& merchant);
// For storage: secrets sealed, and whether it is retired.
std::string stored_json(const Participant& participant, const KeyRing& keys);
std::string stored_json(const Merchant& merchant, const KeyRing& keys);
Result<Participant> load_participant(std::string_view json, const KeyRing& keys);
Result<Merchant> load_merchant(std::string_view json, const KeyRing& keys);

// All that is registered now, and who was and may still be needed: a deletion retires. One thread; a call
// copies what it needs when it is built.
class Registry {
 public:
  // nullptr: not registered, or retired.
  const Participant* participant(std::string_view name) const;
  const Merchant* merchant(std::string_view id) const;
  // For calls of purchases in flight: retired ones too.
  const Participant* reachable_participant(std::string_view name) const;
  const Merchant* reachable_merchant(std::string_view id) const;
  // Without the retired.
  const std::map<std::string, Participant, std::less<>>& participants() const { return participants_; }
  const std::map<std::string, Merchant, std::less<>>& merchants() const { return merchants_; }
  const std::map<std::string, Participant, std::less<>>& retired_participants() const {
    return retired_participants_;
  }
  const std::map<std::string, Merchant, std::less<>>& retired_merchants() const { return retired_merchants_; }
  // In place of what was there under this name, retired or not; `retired` says which it is from now on.
  void put(Participant participant);
  void put(Merchant merchant);
  // Event.queryable for a purchase of this definition: bit i is set when step i's target has a query
  // endpoint.
  std::uint32_t queryable(const Definition& definition) const;

 private:
  std::map<std::string, Participant, std::less<>> participants_;
  std::map<std::string, Merchant, std::less<>> merchants_;
  std::map<std::string, Participant, std::less<>> retired_participants_;
  std::map<std::string, Merchant, std::less<>> retired_merchants_;
};

}  // namespace settle
