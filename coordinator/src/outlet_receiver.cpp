// Receivers as JSON, for their three readers: an operator's PUT, answers, and the store.

#include "outlet_receiver.hpp"

#include <algorithm>

#include "api_fields.hpp"
#include "api_json.hpp"
#include "outlet_template.hpp"
#include "settle/crypto/crypto.hpp"
#include "settle/participants/known_names.hpp"
#include "settle/participants/url.hpp"
#include "strict_json.hpp"

namespace settle {

using namespace strict;  // NOLINT(google-build-using-namespace): this file is nothing but such reading

namespace {

constexpr std::initializer_list<std::pair<const char*, ReceiverKind>> kinds = {
    {"cloudevents", ReceiverKind::cloudevents},
    {"slack", ReceiverKind::slack},
    {"dingtalk", ReceiverKind::dingtalk},
    {"sms", ReceiverKind::sms}};

std::int64_t bounded(const Json& object, const char* key, const std::string& pointer, std::int64_t min,
                     std::int64_t max, std::int64_t otherwise) {
  const std::int64_t number = integer(object, key, pointer, otherwise);
  if (number < min || number > max)
    problem(pointer + "/" + key, "must be from " + std::to_string(min) + " to " + std::to_string(max));
  return number;
}

const Json* list(const Json& object, const char* key, const std::string& pointer, std::size_t max) {
  const auto found = object.find(key);
  if (found == object.end()) return nullptr;
  if (!found->is_array() || found->size() > max)
    problem(pointer + "/" + key, "must be an array of at most " + std::to_string(max));
  return &*found;
}

std::string text_of(const Json& value, const std::string& pointer, std::size_t bytes_max) {
  if (!value.is_string()) problem(pointer, "must be a string");
  auto text = value.get<std::string>();
  if (text.empty() || text.size() > bytes_max)
    problem(pointer, "must have 1 to " + std::to_string(bytes_max) + " bytes");
  return text;
}

ReceiverRule read_rule(const Json& json, const std::string& pointer) {
  only(json, pointer, {"types", "min_severity", "at_least", "within_seconds"});
  ReceiverRule rule;
  if (const Json* types = list(json, "types", pointer, event_type_count)) {
    for (std::size_t i = 0; i < types->size(); ++i) {
      const std::string place = pointer + "/types/" + std::to_string(i);
      const auto type = parse_event_type(text_of((*types)[i], place, 64));
      if (!type) problem(place, "is no type of event" + known_names(event_type_names()));
      rule.types.push_back(*type);
    }
    if (rule.types.empty()) problem(pointer + "/types", "must name a type, or be left out");
  }
  rule.min_severity =
      choice(json, "min_severity", pointer, Severity::info,
             {{"info", Severity::info}, {"warning", Severity::warning}, {"critical", Severity::critical}});
  rule.at_least = static_cast<std::uint32_t>(bounded(json, "at_least", pointer, 1, at_least_max, 1));
  rule.within.count = 1'000 * bounded(json, "within_seconds", pointer, 1, seconds_max, 60);
  return rule;
}

bool is_phone(std::string_view phone) {
  if (!phone.empty() && phone.front() == '+') phone.remove_prefix(1);
  return phone.size() >= 4 && phone.size() <= 15 &&
         std::all_of(phone.begin(), phone.end(), [](char c) { return c >= '0' && c <= '9'; });
}

SmsForm read_sms(const Json& json) {
  const auto found = json.find("sms");
  if (found == json.end()) problem("/sms", "is missing: content, body and phones");
  only(*found, "/sms", {"content", "body", "phones"});
  SmsForm sms;
  sms.form = choice(*found, "content", "/sms", false, {{"json", false}, {"form", true}});
  if (!found->contains("body")) problem("/sms/body", "is missing");
  sms.body = text_of((*found)["body"], "/sms/body", template_bytes_max);
  if (const std::string wrong = wrong_with_template(sms); !wrong.empty()) problem("/sms/body", wrong);
  const Json* phones = list(*found, "phones", "/sms", phones_max);
  if (phones == nullptr || phones->empty()) problem("/sms/phones", "must list a phone");
  for (std::size_t i = 0; i < phones->size(); ++i) {
    const std::string place = "/sms/phones/" + std::to_string(i);
    sms.phones.push_back(text_of((*phones)[i], place, 16));
    if (!is_phone(sms.phones.back())) problem(place, "must be 4 to 15 digits, with or without a plus");
  }
  return sms;
}

// As far as a URL of this kind may be shown.
std::string shown_url(const Receiver& receiver) {
  if (receiver.kind == ReceiverKind::cloudevents) return receiver.url;
  const auto url = parse_url(receiver.url);
  if (!url) return "";
  return std::string(url->https ? "https://" : "http://").append(url->authority).append("/***");
}

void read_url(const Json& json, const Receiver* same_kind, Receiver& into) {
  if (!json.contains("url") && same_kind != nullptr) {
    into.url = same_kind->url;
    return;
  }
  into.url = text(json, "url", "");
  if (same_kind != nullptr && into.url == shown_url(*same_kind)) {
    into.url = same_kind->url;
    return;
  }
  const auto url = parse_url(into.url);
  if (!url) problem("/url", "must be an http or https URL without user and fragment");
  const bool query = url->target.find('?') != std::string_view::npos;
  if (query && into.kind == ReceiverKind::cloudevents)
    problem("/url", "must have no query: it is shown; receivers of CloudEvents check signatures");
  if (into.url.find("***") != std::string::npos) problem("/url", "is the shortened one that is shown");
}

void check_secret(const std::string& secret, ReceiverKind kind, const std::string& pointer) {
  if (kind == ReceiverKind::cloudevents) {
    const auto key = webhook_key(secret);
    if (!key) problem(pointer, key.error().detail);
    return;
  }
  const bool visible = std::all_of(secret.begin(), secret.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (!visible) problem(pointer, "must be visible ASCII");
}

void read_secrets(const Json& json, const Receiver* same_kind, ParsedReceiver& into) {
  Receiver& receiver = into.receiver;
  const bool signs = receiver.kind == ReceiverKind::cloudevents;
  const Json* secrets = list(json, "secrets", "", signs ? receiver_secrets_max : 1);
  if (secrets == nullptr) {
    if (same_kind != nullptr) {
      receiver.secrets = same_kind->secrets;
    } else if (signs) {
      receiver.secrets = {"whsec_" + base64(random_bytes(32))};
      into.made_secret = true;
    }
    return;
  }
  if (receiver.kind == ReceiverKind::slack) problem("/secrets", "Slack has none beside its URL");
  if (signs && secrets->empty()) problem("/secrets", "must hold a secret, or be left out");
  for (std::size_t i = 0; i < secrets->size(); ++i) {
    const std::string place = "/secrets/" + std::to_string(i);
    receiver.secrets.push_back(text_of((*secrets)[i], place, 256));
    check_secret(receiver.secrets.back(), receiver.kind, place);
  }
}

// People read the others: unless told otherwise, what comes at once comes as one message.
void set_defaults(Receiver& receiver) {
  if (receiver.kind == ReceiverKind::cloudevents) return;
  receiver.group = DurationMs{receiver.kind == ReceiverKind::sms ? 60'000 : 30'000};
  receiver.per_hour_max = receiver.kind == ReceiverKind::sms ? 20 : 120;
}

// What PUT and the store have in common: everything but URL and secrets.
Receiver read_receiver(const Json& json, std::string_view name) {
  Receiver receiver;
  receiver.name = name;
  if (!json.contains("kind")) problem("/kind", "is missing: cloudevents, slack, dingtalk or sms");
  receiver.kind = choice(json, "kind", "", ReceiverKind::cloudevents, kinds);
  set_defaults(receiver);
  if (const Json* rules = list(json, "rules", "", rules_max))
    for (std::size_t i = 0; i < rules->size(); ++i)
      receiver.rules.push_back(read_rule((*rules)[i], "/rules/" + std::to_string(i)));
  receiver.group.count =
      1'000 * bounded(json, "group_seconds", "", 0, seconds_max, receiver.group.count / 1'000);
  receiver.per_hour_max =
      static_cast<std::uint32_t>(bounded(json, "per_hour_max", "", 0, per_hour_limit, receiver.per_hour_max));
  if (receiver.kind == ReceiverKind::sms) {
    receiver.sms = read_sms(json);
  } else if (json.contains("sms")) {
    problem("/sms", "is for kind sms");
  }
  return receiver;
}

Json rule_object(const ReceiverRule& rule) {
  Json object = Json::object();
  if (!rule.types.empty()) {
    object["types"] = Json::array();
    for (const EventType type : rule.types) object["types"].push_back(name_of(type));
  }
  object["min_severity"] = name_of(rule.min_severity);
  object["at_least"] = rule.at_least;
  object["within_seconds"] = rule.within.count / 1'000;
  return object;
}

std::string seal_context(std::string_view name) {
  return "receiver:" + std::string(name);
}

}  // namespace

const char* name_of(ReceiverKind kind) {
  for (const auto& [name, value] : kinds)
    if (value == kind) return name;
  return "?";
}

Result<ParsedReceiver> parse_receiver(std::string_view name, std::string_view text,
                                      const Receiver* existing) {
  if (!is_registry_name(name, false))
    return Error{"invalid_receiver", "/name: is 1 to 64 of a-z 0-9 - _ ., beginning with a letter or digit"};
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Error{"invalid_receiver", "the body is not JSON"};
  ParsedReceiver parsed;
  try {
    // What is shown can be put: the last two are the daemon's own, and passed over.
    only(json, "",
         {"name", "kind", "url", "secrets", "rules", "group_seconds", "per_hour_max", "sms", "from",
          "secret_count", "figures"});
    if (json.contains("name") && json["name"] != name) problem("/name", "differs from the name in the URL");
    parsed.receiver = read_receiver(json, name);
    const bool same = existing != nullptr && existing->kind == parsed.receiver.kind;
    read_url(json, same ? existing : nullptr, parsed.receiver);
    read_secrets(json, same ? existing : nullptr, parsed);
    parsed.from_beginning = choice(json, "from", "", false, {{"beginning", true}, {"end", false}});
    if (json.contains("from") && existing != nullptr) problem("/from", "is for a new receiver");
  } catch (const Misread& found) {
    return Error{"invalid_receiver", found.detail};
  }
  return parsed;
}

Json public_object(const Receiver& receiver) {
  Json object{{"name", receiver.name}, {"kind", name_of(receiver.kind)}, {"url", shown_url(receiver)}};
  object["secret_count"] = receiver.secrets.size();
  object["rules"] = Json::array();
  for (const ReceiverRule& rule : receiver.rules) object["rules"].push_back(rule_object(rule));
  object["group_seconds"] = receiver.group.count / 1'000;
  object["per_hour_max"] = receiver.per_hour_max;
  if (receiver.kind == ReceiverKind::sms)
    object["sms"] = {{"content", receiver.sms.form ? "form" : "json"},
                     {"body", receiver.sms.body},
                     {"phones", receiver.sms.phones}};
  return object;
}

std::string stored_json(const Receiver& receiver, const KeyRing& keys) {
  Json object = public_object(receiver);
  object.erase("secret_count");
  object["url"] = keys.seal(receiver.url, seal_context(receiver.name));
  object["secrets"] = Json::array();
  for (const std::string& secret : receiver.secrets)
    object["secrets"].push_back(keys.seal(secret, seal_context(receiver.name)));
  return object.dump();
}

Result<Receiver> load_receiver(std::string_view stored, const KeyRing& keys) {
  const Json json = Json::parse(stored, nullptr, false);
  Receiver receiver;
  try {
    if (!json.is_object()) problem("/", "is not a JSON object");
    const std::string name = text(json, "name", "");
    receiver = read_receiver(json, name);
    auto url = keys.unseal(text(json, "url", ""), seal_context(name));
    if (!url) return url.error();
    receiver.url = *std::move(url);
    if (const Json* secrets = list(json, "secrets", "", receiver_secrets_max)) {
      for (const Json& sealed : *secrets) {
        auto secret = keys.unseal(text_of(sealed, "/secrets", 4'096), seal_context(name));
        if (!secret) return secret.error();
        receiver.secrets.push_back(*std::move(secret));
      }
    }
  } catch (const Misread& found) {
    return Error{"damaged", "it cannot be read: " + found.detail};
  }
  return receiver;
}

}  // namespace settle
