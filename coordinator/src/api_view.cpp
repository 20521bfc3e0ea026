#include "api_view.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "json_writer.hpp"
#include "sentences.hpp"
#include "settle/coordinator/log.hpp"
#include "settle/participants/protocol.hpp"
#include "settle/statemachine/event.hpp"

namespace settle {
namespace {

using nlohmann::ordered_json;
constexpr const char* cards_member = "cards";

bool is_sealed(const ordered_json& value) {
  return value.is_object() && value.contains("$sealed");
}

// Without what nobody may see before everything is confirmed (I12).
std::string hidden(const std::string& result) {
  ordered_json tree = ordered_json::parse(result, nullptr, false);
  if (!tree.is_object()) return "{}";
  ordered_json shown = ordered_json::object();
  for (auto& [name, value] : tree.items()) {
    if (name != cards_member && !is_sealed(value)) shown[name] = std::move(value);
  }
  return shown.dump();
}

std::string shown_result(const PurchaseView& view, const StepDefinition& step, const std::string& result,
                         const KeyRing& keys) {
  const bool plain =
      result.find("$sealed") == std::string::npos && result.find("\"cards\"") == std::string::npos;
  if (plain) return result;
  const PurchaseState state = view.purchase.state;
  if (state != PurchaseState::delivering && state != PurchaseState::completed) return hidden(result);
  auto unsealed = unseal_fields(result, view.purchase.id.text() + ":" + step.name, keys);
  if (unsealed) return *std::move(unsealed);
  log_alert("a stored result cannot be unsealed", {{"purchase", view.purchase.id}, {"step", step.name}});
  return hidden(result);
}

// Appends the elements of the result's cards to a JSON array's inside.
bool append_cards(std::string& cards, const std::string& result) {
  if (result.find("\"cards\"") == std::string::npos) return false;
  const ordered_json tree = ordered_json::parse(result, nullptr, false);
  const auto found = tree.is_object() ? tree.find(cards_member) : tree.end();
  if (!tree.is_object() || found == tree.end() || !found->is_array()) return false;
  for (const ordered_json& card : *found) {
    if (!cards.empty()) cards += ',';
    cards += card.dump();
  }
  return true;
}

void append_results(JsonWriter& json, const PurchaseView& view, const KeyRing& keys) {
  const Purchase& purchase = view.purchase;
  std::string cards;
  json.key("results");
  json.open_object();
  for (std::size_t i = 0; i < purchase.steps.size(); ++i) {
    const Step& step = purchase.steps[i];
    const StepDefinition& as_defined = view.definition->steps[i];
    if (step.try_result.empty() && step.confirm_result.empty()) continue;
    const std::string tried =
        step.try_result.empty() ? "" : shown_result(view, as_defined, step.try_result, keys);
    const std::string confirmed =
        step.confirm_result.empty() ? "" : shown_result(view, as_defined, step.confirm_result, keys);
    json.key(as_defined.name);
    json.open_object();
    if (!tried.empty()) json.key("try"), json.raw(tried);
    if (!confirmed.empty()) json.key("confirm"), json.raw(confirmed);
    json.close_object();
    if (settled_for_shop(purchase) && !append_cards(cards, confirmed)) append_cards(cards, tried);
  }
  json.close_object();
  if (purchase.state == PurchaseState::delivering || purchase.state == PurchaseState::completed) {
    json.key("cards");
    json.raw("[" + cards + "]");
  }
}

void append_last_error(JsonWriter& json, const Step& step) {
  if (step.last_cause == Cause::none && step.error_code.empty()) return;
  json.key("last_error");
  json.open_object();
  json.field("cause", name_of(step.last_cause));
  if (step.last_status != 0) json.field("status", step.last_status);
  json.field_if("code", step.error_code);
  json.field_if("detail", step.error_detail);
  json.close_object();
}

void append_step(JsonWriter& json, const StepDefinition& as_defined, const Step& step) {
  json.open_object();
  json.field("name", as_defined.name);
  json.field("mode", name_of(as_defined.mode));
  json.field("target", as_defined.target);
  json.field("state", name_of(step.state));
  json.field("operation", name_of(step.operation));
  json.field("in_flight", step.in_flight);
  json.key("attempts");
  json.open_object();
  for (int op = 1; op <= operation_count; ++op) {
    const auto operation = static_cast<Operation>(op);
    if (step.attempts_of(operation) > 0) json.field(name_of(operation), step.attempts_of(operation));
  }
  json.close_object();
  json.field_if("last_attempt_at", step.last_attempt_at);
  append_last_error(json, step);
  if (!step.in_flight) json.field_if("next_attempt_at", step.wake_at);
  json.field_if("expires_at", step.expires_at);
  if (step.state == StepState::parked) json.field("parked_from", name_of(step.parked_from));
  if (step.probing) json.field("probing", true);
  if (!step.proposed_by.empty()) json.key("proposal"), append_proposal(json, step);
  json.close_object();
}

bool may_retry(const Purchase& purchase) {
  if (is_terminal(purchase.state)) return false;
  const auto waits = [](const Step& step) { return !step.in_flight && step.wake_at; };
  return needs_person(purchase) || std::any_of(purchase.steps.begin(), purchase.steps.end(), waits);
}

bool any_parked(const Purchase& purchase) {
  for (const Step& step : purchase.steps) {
    if (step.state == StepState::parked) return true;
  }
  return false;
}

void append_links(JsonWriter& json, const Purchase& purchase, const std::string& id) {
  const std::string self = "/v1/purchases/" + id;
  json.key("links");
  json.open_object();
  json.field("self", self);
  json.field("attempts", self + "/attempts");
  json.field("journal", "/v1/journal?purchase=" + id);
  if (purchase.state == PurchaseState::trying) json.field("cancel", self + "/cancel");
  if (may_retry(purchase)) json.field("retry", self + "/retry");
  if (any_parked(purchase)) json.field("resolve", self + "/resolve");
  if (purchase.state == PurchaseState::cancelled) json.field("reopen", self + "/reopen");
  if (!purchase.predecessor.is_zero())
    json.field("predecessor", "/v1/purchases/" + purchase.predecessor.text());
  if (!purchase.successor.is_zero()) json.field("successor", "/v1/purchases/" + purchase.successor.text());
  json.close_object();
}

void append_notes(JsonWriter& json, const std::vector<PurchaseNote>& notes) {
  json.key("notes");
  json.open_array();
  for (const PurchaseNote& note : notes) {
    json.open_object();
    json.field("at", note.at);
    json.field("who", note.who);
    json.field("text", note.text);
    json.close_object();
  }
  json.close_array();
}

void append_order(JsonWriter& json, const Order& order) {
  json.field("shop", order.shop);
  json.field("idempotency_key", order.idempotency_key);
  json.field("order_id", order.order_id);
  json.field_if("cart_id", order.cart_id);
  json.field("buyer", order.buyer);
  json.field("sku", order.sku);
  json.field("quantity", order.quantity);
  json.field("amount", order.amount_minor);
  json.field("currency", order.currency);
  json.field("merchant", order.merchant);
  json.key("payload");
  json.raw(order.payload.empty() ? "{}" : order.payload);
}

}  // namespace

bool settled_for_shop(const Purchase& purchase) {
  return purchase.state == PurchaseState::delivering || is_terminal(purchase.state);
}

const char* shop_status(const Purchase& purchase) {
  switch (purchase.state) {
    case PurchaseState::delivering:
    case PurchaseState::completed:
      return "completed";
    case PurchaseState::cancelled: {
      const bool late = purchase.reason_code == "deadline_passed" || purchase.reason_code == "hold_expiring";
      return late ? "expired" : "failed";
    }
    case PurchaseState::trying:
      for (const Step& step : purchase.steps) {
        if (step.try_intended || step.attempts_of(Operation::try_) > 0) return "processing";
      }
      return "pending";
    case PurchaseState::confirming:
    case PurchaseState::cancelling:
      break;
  }
  return "processing";
}

void append_proposal(JsonWriter& json, const Step& step) {
  json.open_object();
  json.field("by", step.proposed_by);
  json.field("resolution", name_of(step.proposed_as));
  json.field_if("evidence", step.proposed_evidence);
  if (!step.proposed_result.empty()) json.key("result"), json.raw(step.proposed_result);
  json.field("at", step.proposed_at);
  json.field("until", step.proposed_at + proposal_lasts);
  json.close_object();
}

void append_purchase(std::string& out, const PurchaseView& view, const KeyRing& keys, bool results,
                     Language language, const std::vector<PurchaseNote>* notes) {
  const Purchase& purchase = view.purchase;
  const std::string id = purchase.id.text();
  JsonWriter json(out);
  json.open_object();
  json.field("id", id);
  json.field("state", name_of(purchase.state));
  json.field("status", shop_status(purchase));
  json.field("needs_person", needs_person(purchase) || forgotten(*view.definition, purchase));
  if (const auto all = notified(*view.definition, purchase)) json.field("notified", *all);
  json.field("decision", name_of(purchase.decision));
  if (!purchase.reason_code.empty()) {
    json.key("reason");
    json.open_object();
    json.field("code", purchase.reason_code);
    json.field("detail", purchase.reason_detail);
    json.field_if("step", purchase.reason_step);
    json.close_object();
    json.field("reason_text", reason_sentence(purchase.reason_code, language));
  }
  json.field("definition", purchase.definition);
  json.field("definition_version", purchase.definition_version);
  append_order(json, purchase.order);
  json.field("submitted_at", purchase.submitted_at);
  json.field("deadline_at", purchase.deadline_at);
  json.field_if("decided_at", purchase.decided_at);
  json.field_if("confirmed_at", purchase.confirmed_at);
  json.field_if("finished_at", purchase.finished_at);
  json.field_if("next_wake_at", next_wake(*view.definition, purchase));
  json.field("revision", purchase.revision);
  if (!purchase.predecessor.is_zero()) json.field("predecessor", purchase.predecessor.text());
  if (!purchase.successor.is_zero()) json.field("successor", purchase.successor.text());
  json.field_if("assignee", purchase.assignee);
  if (notes != nullptr) append_notes(json, *notes);
  json.key("steps");
  json.open_array();
  for (std::size_t i = 0; i < purchase.steps.size(); ++i) {
    append_step(json, view.definition->steps[i], purchase.steps[i]);
  }
  json.close_array();
  if (results) append_results(json, view, keys);
  append_links(json, purchase, id);
  json.close_object();
}

ServerResponse purchase_response(int status, const PurchaseView& view, const KeyRing& keys,
                                 std::string headers, Language language,
                                 const std::vector<PurchaseNote>* notes) {
  ServerResponse response;
  response.status = status;
  response.body.reserve(2048);
  append_purchase(response.body, view, keys, true, language, notes);
  response.headers = std::move(headers);
  const bool has_words = !view.purchase.reason_code.empty();
  if (has_words && language == Language::chinese) response.headers += chinese_header;
  return response;
}

}  // namespace settle
