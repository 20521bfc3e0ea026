#include "outlet_message.hpp"

#include <algorithm>

#include "json_writer.hpp"
#include "outlet_template.hpp"
#include "settle/crypto/crypto.hpp"

namespace settle {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t sms_bytes_max = 300;
constexpr DurationMs answer_timeout{10'000};

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json cloud_event_of(const OutletEvent& event) {
  Json json{{"specversion", "1.0"}, {"id", event.id}, {"source", "/settle"}, {"type", name_of(event.type)}};
  if (!event.subject.empty()) json["subject"] = event.subject;
  json["time"] = time_text(event.at);
  json["datacontenttype"] = "application/json";
  json["data"] = event.data;
  json["data"]["severity"] = name_of(severity_of(event));
  return json;
}

Json group_event(const OutletMessage& message) {
  Json counts = Json::object(), events = Json::array();
  for (const auto& [type, count] : message.by_type) counts[name_of(type)] = count;
  for (const OutletEvent& event : message.examples) events.push_back(cloud_event_of(event));
  return {{"specversion", "1.0"},
          {"id", message.id()},
          {"source", "/settle"},
          {"type", "settle.group"},
          {"time", time_text(message.opened_at)},
          {"datacontenttype", "application/json"},
          {"data",
           {{"count", message.count},
            {"severity", name_of(message.worst)},
            {"by_type", counts},
            {"examples", events}}}};
}

// What a value may look like in a text for people: short, one line, and with nothing that a robot would take
// for a link, a mention or a format.
std::string harmless(const nlohmann::json& value) {
  std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  if (text.size() > 100) {
    std::size_t end = 97;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text.resize(end);
    text += "...";
  }
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    if (c == '[' || c == ']' || c == '<' || c == '>' || c == '@' || c == '!' || c == '`') c = '.';
  }
  return text;
}

std::string line_of(const OutletEvent& event) {
  std::string line = std::string("[") + name_of(severity_of(event)) + "] " + name_of(event.type);
  if (!event.subject.empty()) line += " purchase " + event.subject;
  for (const auto& [name, value] : event.data.items()) line += ", " + name + " " + harmless(value);
  return line;
}

std::string heading(const OutletMessage& message) {
  std::string text = std::to_string(message.count) + " events of Settle: ";
  bool first = true;
  for (const auto& [type, count] : message.by_type) {
    text += (first ? "" : ", ") + std::to_string(count) + " " + name_of(type);
    first = false;
  }
  return text;
}

std::string slack_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

// Markdown takes two spaces before a line's end for a line break.
std::string markdown(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("  \n") : std::string(1, c);
  return out;
}

std::string cut(std::string text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "...";
}

void sign(HttpRequest& request, const Receiver& receiver, const Rendered& message, TimeMs wall) {
  const std::int64_t timestamp_s = wall.count / 1'000;
  std::string signatures;
  for (const std::string& secret : receiver.secrets) {
    const auto key = webhook_key(secret);
    if (!key) continue;  // none is stored
    if (!signatures.empty()) signatures += ' ';
    signatures += webhook_signature(*key, message.id, timestamp_s, request.body);
  }
  request.headers.emplace_back("webhook-id", message.id);
  request.headers.emplace_back("webhook-timestamp", std::to_string(timestamp_s));
  request.headers.emplace_back("webhook-signature", signatures);
  request.headers.emplace_back("Content-Digest", content_digest(request.body));
}

}  // namespace

std::string cloud_event(const OutletMessage& message) {
  return dumped(message.alone ? cloud_event_of(message.examples.front()) : group_event(message));
}

std::string plain_text(const OutletMessage& message, std::size_t lines_max) {
  if (message.count == 1) return line_of(message.examples.front());
  std::string text = heading(message);
  const std::size_t shown = std::min(lines_max, message.examples.size());
  for (std::size_t i = 0; i < shown; ++i) text += "\n" + line_of(message.examples[i]);
  if (shown > 0 && shown < message.count) text += "\nand " + std::to_string(message.count - shown) + " more";
  return text;
}

std::string dingtalk_query(const std::string& secret, std::int64_t timestamp_ms) {
  const std::string timestamp = std::to_string(timestamp_ms);
  const auto mac = hmac_sha256(secret, timestamp + "\n" + secret);
  const std::string sign = base64({reinterpret_cast<const char*>(mac.data()), mac.size()});
  return "timestamp=" + timestamp + "&sign=" + percent_encoded(sign);
}

Rendered render(const Receiver& receiver, const OutletMessage& message) {
  Rendered rendered{message.id(), "", "application/json", ""};
  switch (receiver.kind) {
    case ReceiverKind::cloudevents:
      rendered.content_type = "application/cloudevents+json";
      rendered.body = cloud_event(message);
      break;
    case ReceiverKind::slack:
      rendered.body = dumped(Json{{"text", slack_escaped(plain_text(message, examples_max))}});
      break;
    case ReceiverKind::dingtalk: {
      const std::string title = message.count == 1 ? name_of(message.examples.front().type)
                                                   : std::to_string(message.count) + " events of Settle";
      rendered.body = dumped(
          Json{{"msgtype", "markdown"},
               {"markdown", {{"title", title}, {"text", markdown(plain_text(message, examples_max))}}}});
      break;
    }
    case ReceiverKind::sms:
      if (receiver.sms.form) rendered.content_type = "application/x-www-form-urlencoded";
      rendered.text = cut(plain_text(message, 0), sms_bytes_max);
      break;
  }
  return rendered;
}

std::size_t requests_of(const Receiver& receiver) {
  return receiver.kind == ReceiverKind::sms ? receiver.sms.phones.size() : 1;
}

HttpRequest request_of(const Receiver& receiver, const Rendered& message, std::size_t phone, TimeMs wall) {
  HttpRequest request;
  request.group = "receiver:" + receiver.name;
  request.urls = {receiver.url};
  request.body = message.body;
  request.answer_timeout = answer_timeout;
  request.limits.connect_timeout = DurationMs{3'000};
  request.limits.connections_max = 2;
  request.limits.queue_max = 4;
  request.headers.emplace_back("Content-Type", message.content_type);
  if (receiver.kind == ReceiverKind::cloudevents) sign(request, receiver, message, wall);
  if (receiver.kind == ReceiverKind::dingtalk && !receiver.secrets.empty()) {
    const bool has_query = receiver.url.find('?') != std::string::npos;
    request.urls.front() += (has_query ? "&" : "?") + dingtalk_query(receiver.secrets.front(), wall.count);
  }
  if (receiver.kind == ReceiverKind::sms)
    request.body = filled(receiver.sms, message.text, receiver.sms.phones[phone],
                          receiver.secrets.empty() ? "" : receiver.secrets.front());
  return request;
}

Refusal refusal_of(const Receiver& receiver, const HttpAnswer& answer) {
  if (answer.failure != Cause::none) return Refusal::none;
  switch (answer.status) {
    case 408:
    case 425:
    case 429:
      return Refusal::none;
    case 401:
    case 403:
    case 404:
    case 407:
    case 410:
      return Refusal::address;
    default:
      break;
  }
  if (answer.status >= 400 && answer.status <= 499) return Refusal::message;
  if (receiver.kind != ReceiverKind::dingtalk || answer.status < 200 || answer.status > 299)
    return Refusal::none;
  // What robots say of a message: its form, its length, words and pictures that are not allowed.
  static constexpr int of_message[] = {40035, 400105, 430101, 430102, 430103, 430104, 460101};
  const nlohmann::json body = nlohmann::json::parse(answer.body, nullptr, false);
  if (!body.is_object() || !body.contains("errcode")) return Refusal::none;
  const nlohmann::json& code = body["errcode"];
  const auto is = [&code](int known) { return code == known; };
  return std::any_of(std::begin(of_message), std::end(of_message), is) ? Refusal::message : Refusal::none;
}

std::string judge(const Receiver& receiver, const HttpAnswer& answer) {
  if (answer.failure != Cause::none) {
    const std::string cause = name_of(answer.failure);
    return answer.failure_detail.empty() ? cause : cause + ": " + answer.failure_detail;
  }
  if (answer.status < 200 || answer.status > 299) return "status " + std::to_string(answer.status);
  if (receiver.kind != ReceiverKind::dingtalk) return "";
  // A robot says 200 to everything; what it thinks is in the body.
  const nlohmann::json body = nlohmann::json::parse(answer.body, nullptr, false);
  if (!body.is_object() || !body.contains("errcode") || !body["errcode"].is_number_integer())
    return "an answer without errcode";
  if (body["errcode"] == 0) return "";
  const auto words = body.find("errmsg");
  return "errcode " + body["errcode"].dump() +
         (words != body.end() && words->is_string() ? ": " + cut(words->get<std::string>(), 200) : "");
}

}  // namespace settle
