#pragma once
// A receiver: who hears of what, where, and in which form. PUT /v1/receivers/{name} stores it; every limit is
// here, and holds before anything is stored.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outlet_event.hpp"
#include "settle/crypto/keys.hpp"
#include "settle/statemachine/result.hpp"

namespace settle {

enum class ReceiverKind : std::uint8_t { cloudevents, slack, dingtalk, sms };
const char* name_of(ReceiverKind kind);

inline constexpr std::size_t receivers_max = 32;
inline constexpr std::size_t rules_max = 16;
inline constexpr std::size_t receiver_secrets_max = 3;
inline constexpr std::size_t phones_max = 20;
inline constexpr std::size_t template_bytes_max = 2'000;
inline constexpr std::uint32_t at_least_max = 1'000;
inline constexpr std::int64_t seconds_max = 3'600;  // of within_seconds and group_seconds
inline constexpr std::uint32_t per_hour_limit = 1'000'000;

// The first rule that fits an event decides. With at_least above 1, nothing is sent before that many events
// of one type came within the time; they are then one message, and the counting begins anew.
struct ReceiverRule {
  std::vector<EventType> types;  // empty: all
  Severity min_severity = Severity::info;
  std::uint32_t at_least = 1;
  DurationMs within{60'000};
};

// How a gateway wants its short messages.
struct SmsForm {
  bool form = false;                // application/x-www-form-urlencoded; else application/json
  std::string body;                 // with {{text}}, {{phone}} and perhaps {{secret}}
  std::vector<std::string> phones;  // a request for each
};

struct Receiver {
  std::string name;
  ReceiverKind kind = ReceiverKind::cloudevents;
  std::string url;  // a secret, except of cloudevents: robots and gateways are addressed by tokens
  // cloudevents: Standard Webhooks, the first signs, all are sent. dingtalk: none or one. sms: {{secret}}.
  std::vector<std::string> secrets;
  std::vector<ReceiverRule> rules;  // none: everything
  DurationMs group{0};              // what gathers meanwhile is one message; 0: each event is one
  std::uint32_t per_hour_max = 0;   // requests in an hour of engine time; 0: any number
  SmsForm sms;
};

struct ParsedReceiver {
  Receiver receiver;
  bool from_beginning = false;  // of the journal; allowed for a new one alone
  bool made_secret = false;
};

// Without "secrets", and with the URL as it is shown, the ones of `existing` stay if the kind does. Errors:
// invalid_receiver, with a detail that begins with the JSON pointer and never quotes a secret.
Result<ParsedReceiver> parse_receiver(std::string_view name, std::string_view json, const Receiver* existing);
// For answers and the journal: without secrets; a secret URL without what follows its host.
nlohmann::ordered_json public_object(const Receiver& receiver);
// For storage: URL and secrets sealed.
std::string stored_json(const Receiver& receiver, const KeyRing& keys);
Result<Receiver> load_receiver(std::string_view json, const KeyRing& keys);

}  // namespace settle
