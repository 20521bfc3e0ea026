#include "api_record.hpp"

#include <nlohmann/json.hpp>
#include <variant>

#include "json_writer.hpp"
#include "settle/statemachine/triggers.hpp"
#include "settle/wal/codec.hpp"

namespace settle {
namespace {

const char* kind_name(RecordKind kind) {
  switch (kind) {
    case RecordKind::purchase:
      return "purchase";
    case RecordKind::registry:
      return "registry";
    case RecordKind::operation:
      return "operation";
    case RecordKind::claim:
      return "claim";
    case RecordKind::engine:
      return "engine";
  }
  return "unknown";
}

// One event's fields; what says nothing is left out.
class FieldsOf {
 public:
  FieldsOf(JsonWriter& json, const Definition* definition) : json_(json), definition_(definition) {}

  void operator()(const Submitted& e) {
    json_.field("definition", e.definition);
    json_.field("definition_version", e.definition_version);
    json_.field("shop", e.order.shop);
    json_.field("idempotency_key", e.order.idempotency_key);
    json_.field("order_id", e.order.order_id);
    json_.field_if("cart_id", e.order.cart_id);
    json_.field("buyer", e.order.buyer);
    json_.field("sku", e.order.sku);
    json_.field("quantity", e.order.quantity);
    json_.field("amount", e.order.amount_minor);
    json_.field("currency", e.order.currency);
    json_.field("merchant", e.order.merchant);
    object("payload", e.order.payload);
    json_.field_if("deadline_at", e.deadline_at);
    if (!e.predecessor.is_zero()) json_.field("predecessor", e.predecessor.text());
  }
  void operator()(const Answered& e) {
    step(e.step);
    json_.field("operation", name_of(e.operation));
    json_.field("attempt", e.attempt);
    json_.field("outcome", name_of(e.outcome));
    call(e.cause, e.status, e.took_ms);
    if (e.retry_after.count > 0) json_.field("retry_after_ms", e.retry_after.count);
    said(e.expires_at, e.code, e.detail, e.result);
    kept(e.url, e.answer, e.content_type);
  }
  void operator()(const Told& e) {
    step(e.step);
    json_.field("operation", name_of(e.operation));
    json_.field("outcome", name_of(e.outcome));
    said(e.expires_at, e.code, e.detail, e.result);
  }
  void operator()(const QueryAnswered& e) {
    step(e.step);
    json_.field("attempt", e.attempt);
    json_.field("says", name_of(e.says));
    call(e.cause, e.status, e.took_ms);
    if (e.retry_after.count > 0) json_.field("retry_after_ms", e.retry_after.count);
    said(e.expires_at, e.code, e.detail, e.result);
    kept(e.url, e.answer, e.content_type);
  }
  void operator()(const Due& /*e*/) {}
  void operator()(const Inquired& /*e*/) {}
  void operator()(const Held& e) {
    step(e.step);
    json_.field("operation", name_of(e.operation));
    if (e.attempt != 0) json_.field("attempt", e.attempt);
    json_.field("by", name_of(e.by));
    json_.field("until", e.until);
  }
  void operator()(const Released& e) { step(e.step); }
  void operator()(const Resumed& /*e*/) {}
  void operator()(const CancelRequested& e) { act(e.who, e.why); }
  void operator()(const RetryRequested& e) {
    act(e.who, e.why);
    if (e.step >= 0) step(e.step);
  }
  void operator()(const ResolveRequested& e) {
    act(e.who, e.why);
    step(e.step);
    json_.field("resolution", name_of(e.resolution));
    json_.field_if("evidence", e.evidence);
    json_.field_if("proposed_by", e.proposed_by);
    object("result", e.result);
  }
  void operator()(const Proposed& e) {
    act(e.who, e.why);
    step(e.step);
    json_.field("resolution", name_of(e.resolution));
    json_.field_if("evidence", e.evidence);
    object("result", e.result);
  }
  void operator()(const Noted& e) {
    json_.field("who", e.who);
    json_.field("text", e.text);
  }
  void operator()(const Assigned& e) {
    act(e.who, e.why);
    json_.field_if("to", e.to);
  }
  void operator()(const Reopened& e) {
    act(e.who, e.why);
    if (!e.successor.is_zero()) json_.field("successor", e.successor.text());
  }
  void operator()(const Enlisted& e) {
    step(e.step);
    object("result", e.result);
  }
  void operator()(const ClientDecided& e) {
    json_.field("decision", name_of(e.decision));
    json_.field_if("why", e.why);
  }

 private:
  void step(std::int64_t index) {
    json_.field("step", index);
    if (definition_ != nullptr && index < static_cast<std::int64_t>(definition_->steps.size())) {
      json_.field("step_name", definition_->steps[static_cast<std::size_t>(index)].name);
    }
  }
  void act(const std::string& who, const std::string& why) {
    json_.field("who", who);
    json_.field("why", why);
  }
  void call(Cause cause, std::uint16_t status, std::uint32_t took_ms) {
    if (cause != Cause::none) json_.field("cause", name_of(cause));
    if (status != 0) json_.field("status", status);
    json_.field("took_ms", took_ms);
  }
  void said(TimeMs expires_at, const std::string& code, const std::string& detail,
            const std::string& result) {
    json_.field_if("expires_at", expires_at);
    json_.field_if("code", code);
    json_.field_if("detail", detail);
    object("result", result);
  }
  void kept(const std::string& url, const std::string& answer, const std::string& content_type) {
    json_.field_if("url", url);
    json_.field_if("answer", answer);
    json_.field_if("content_type", content_type);
  }
  void object(const char* name, const std::string& text) {
    if (!text.empty()) json_.key(name), json_.raw(text);
  }

  JsonWriter& json_;
  const Definition* definition_;
};

void append_transition(JsonWriter& json, const Transition& transition, const Definition* definition) {
  json.open_object();
  if (transition.step < 0) {
    json.field("from", transition.from == 0 ? "none" : name_of(static_cast<PurchaseState>(transition.from)));
    json.field("to", name_of(static_cast<PurchaseState>(transition.to)));
    json.field("trigger", name_of(static_cast<PurchaseTrigger>(transition.trigger)));
  } else {
    json.field("step", static_cast<int>(transition.step));
    const auto index = static_cast<std::uint8_t>(transition.step);  // not negative here
    if (definition != nullptr && index < definition->steps.size()) {
      json.field("step_name", definition->steps[index].name);
    }
    json.field("from", name_of(static_cast<StepState>(transition.from)));
    json.field("to", name_of(static_cast<StepState>(transition.to)));
    json.field("trigger", name_of(static_cast<StepTrigger>(transition.trigger)));
  }
  json.close_object();
}

void append_purchase_event(JsonWriter& json, const Record& record, const Definition* definition) {
  const auto event = decode_event(record.event);
  json.field("event", event ? name_of(*event) : "unreadable");
  if (event) {
    json.key("fields");
    json.open_object();
    std::visit(FieldsOf(json, definition), event->what);
    json.close_object();
    if (event->stretch_percent > 100) json.field("stretch_percent", event->stretch_percent);
    json.field("policies", event->policies);
  }
  const auto transitions = decode_transitions(record.transitions);
  if (!transitions) return;
  json.key("transitions");
  json.open_array();
  for (const Transition& transition : *transitions) append_transition(json, transition, definition);
  json.close_array();
}

// The other kinds are JSON already; what is not an object is wrapped, so that a line is always one.
void append_note(JsonWriter& json, const Record& record) {
  const auto tree = nlohmann::json::parse(record.event, nullptr, false);
  json.key("fields");
  if (tree.is_object()) return json.raw(tree.dump());
  json.open_object();
  json.field("text", record.event);
  json.close_object();
}

std::string hex(const ChainHash& hash) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(hash.size() * 2);
  for (const std::uint8_t byte : hash) text += digits[byte >> 4], text += digits[byte & 15];
  return text;
}

}  // namespace

void append_record(std::string& out, const Record& record, const Definition* definition) {
  JsonWriter json(out);
  json.open_object();
  json.field("position", record.position.text());
  json.field("at", record.at);
  json.field("kind", kind_name(record.kind));
  json.field("epoch", record.epoch.number);
  if (!record.purchase.is_zero()) json.field("purchase", record.purchase.text());
  if (record.kind == RecordKind::purchase) {
    append_purchase_event(json, record, definition);
  } else {
    append_note(json, record);
  }
  json.field("hash", hex(record.hash));
  json.close_object();
  out += '\n';
}

std::optional<DefinitionName> definition_named_by(const Record& record) {
  if (record.kind != RecordKind::purchase) return std::nullopt;
  const auto event = decode_event(record.event);
  if (!event) return std::nullopt;
  const auto* const submitted = std::get_if<Submitted>(&event->what);
  if (submitted == nullptr) return std::nullopt;
  return DefinitionName{submitted->definition, submitted->definition_version};
}

}  // namespace settle
