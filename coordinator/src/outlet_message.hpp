#pragma once
// What a message looks like to each kind of receiver, and what counts as its having arrived. Formats:
// CloudEvents 1.0 (structured JSON) with Standard Webhooks signatures; Slack's incoming webhooks; DingTalk's
// robots with their signature; any gateway of short messages, by template.

#include "outlet_gather.hpp"
#include "settle/participants/http_client.hpp"

namespace settle {

// The part that is the same in every attempt.
struct Rendered {
  std::string id;  // of the message: the same in every attempt
  std::string body, content_type;
  std::string text;  // sms: what each phone is told; the body is made for each
};
Rendered render(const Receiver& receiver, const OutletMessage& message);

// The request of one attempt: a new time and signature. `phone`: which of the phones, for sms.
HttpRequest request_of(const Receiver& receiver, const Rendered& message, std::size_t phone, TimeMs wall);
// How many requests the message is.
std::size_t requests_of(const Receiver& receiver);

// What went wrong, for people; empty: it arrived.
std::string judge(const Receiver& receiver, const HttpAnswer& answer);

// What a definite no is about. Everything else may be otherwise next time: the network, 5xx, and what asks to
// come later.
enum class Refusal : std::uint8_t {
  none,
  address,  // whoever we are, or this URL: every message would get it, so none is to blame
  message,  // this one; of a gateway, or its phone
};
Refusal refusal_of(const Receiver& receiver, const HttpAnswer& answer);

// Parts of the above that are held to known values by tests.
std::string cloud_event(const OutletMessage& message);
std::string plain_text(const OutletMessage& message, std::size_t lines_max);
std::string dingtalk_query(const std::string& secret, std::int64_t timestamp_ms);

}  // namespace settle
