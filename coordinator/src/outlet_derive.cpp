#include "outlet_derive.hpp"

#include <charconv>

#include "settle/statemachine/bug.hpp"
#include "settle/statemachine/triggers.hpp"
#include "settle/wal/codec.hpp"

namespace settle {
namespace {

int number_in(std::string_view text) {
  int number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// The part before the next `separator`, taken off with it.
std::string_view take(std::string_view& text, char separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

EventType type_of_notice(std::string_view code) {
  if (code == "parked") return EventType::step_parked;
  if (code == "unparked") return EventType::step_unparked;
  if (code == "contradiction") return EventType::step_contradiction;
  if (code == "try_failed") return EventType::step_try_failed;
  if (code == "decision_overdue") return EventType::purchase_overdue;
  if (code.substr(0, 6) == "window") return EventType::step_window_ending;
  return EventType::step_alert;
}

// Worse than others of its type: a last chance, and what is held while money, stock or cards hang on it.
std::optional<Severity> raised_of(std::string_view code, int operation) {
  const auto is = [operation](Operation of) { return operation == static_cast<int>(of); };
  const bool worse =
      code == "window_last_chance" || (code == "held" && (is(Operation::confirm) || is(Operation::cancel)));
  return worse ? std::optional(Severity::critical) : std::nullopt;
}

// Event::notices, as the engine writes them.
void add_notices(std::string_view notices, std::vector<Happening>& out) {
  while (!notices.empty()) {
    std::string_view notice = take(notices, ',');
    Happening happening;
    happening.code = take(notice, ':');
    happening.type = type_of_notice(happening.code);
    happening.step = number_in(take(notice, ':'));
    happening.operation = std::max(0, number_in(notice));
    if (happening.type == EventType::purchase_overdue) happening.step = -1;
    happening.raised = raised_of(happening.code, happening.operation);
    happening.silent = happening.code == "delivery_abandoned";  // the step's transition says so
    out.push_back(std::move(happening));
  }
}

void add_transition(const Transition& transition, std::vector<Happening>& out) {
  if (transition.from == transition.to) return;
  if (transition.step < 0) {
    const auto to = static_cast<PurchaseState>(transition.to);
    if (to == PurchaseState::completed) out.push_back({EventType::purchase_completed, -1, 0, ""});
    if (to == PurchaseState::cancelled) out.push_back({EventType::purchase_cancelled, -1, 0, ""});
  } else if (static_cast<StepState>(transition.to) == StepState::abandoned) {
    out.push_back({EventType::step_abandoned, transition.step, static_cast<int>(Operation::deliver), ""});
  }
}

// A person's act is told by the event that it is.
struct Hand {
  Happening operator()(const CancelRequested&) const { return {EventType::act_cancelled}; }
  Happening operator()(const RetryRequested& e) const { return {EventType::act_retried, e.step}; }
  Happening operator()(const ResolveRequested& e) const { return {EventType::act_resolved, e.step}; }
  Happening operator()(const Proposed& e) const { return {EventType::act_proposed, e.step}; }
  template <class Other>
  Happening operator()(const Other&) const {
    return {};
  }
};

Result<std::vector<Happening>> of_purchase(const Record& record) {
  std::vector<Happening> out;
  const auto transitions = decode_transitions(record.transitions);
  if (!transitions) return transitions.error();
  const auto glance = glance_at_event(record.event);
  if (!glance) return glance.error();
  if (glance->reopened) out.push_back({EventType::purchase_reopened, -1, 0, ""});
  add_notices(glance->notices, out);
  for (const Transition& transition : *transitions) add_transition(transition, out);
  if (!glance->hand) return out;
  const auto event = decode_event(record.event);
  if (!event) return event.error();
  out.push_back(std::visit(Hand{}, event->what));  // last: those before it keep their numbers
  return out;
}

struct NoteRow {
  const char* event;
  EventType type;
};
// Records that are of no purchase, by their `event`.
constexpr std::array<NoteRow, 12> notes = {{{"breaker_opened", EventType::breaker_opened},
                                            {"breaker_closed", EventType::breaker_closed},
                                            {"endpoint_disabled", EventType::endpoint_disabled},
                                            {"endpoint_enabled", EventType::endpoint_enabled},
                                            {"started", EventType::daemon_started},
                                            {"paused", EventType::daemon_paused},
                                            {"resumed", EventType::daemon_resumed},
                                            {"clock_divergence", EventType::clock_diverged},
                                            {"bulk_act_finished", EventType::bulk_finished},
                                            {"wakeup_repaired", EventType::wakeup_repaired},
                                            {"purchase_forgotten", EventType::purchase_forgotten},
                                            {"message_lost", EventType::message_lost}}};

std::string text_in(const nlohmann::json& event, const char* name) {
  const auto found = event.find(name);
  return found != event.end() && found->is_string() ? found->get<std::string>() : "";
}

// What is shut: an operation that money, stock or cards wait for.
std::optional<Severity> raised_of_note(EventType type, const nlohmann::json& event) {
  const std::string operation = text_in(event, "operation");
  const bool owed = operation == name_of(Operation::confirm) || operation == name_of(Operation::cancel);
  return type == EventType::breaker_opened && owed ? std::optional(Severity::critical) : std::nullopt;
}

std::vector<Happening> of_note(const Record& record) {
  const nlohmann::json event = nlohmann::json::parse(record.event, nullptr, false);
  if (!event.is_object()) return {};
  const std::string name = text_in(event, "event");
  for (const NoteRow& note : notes)
    if (name == note.event) return {{note.type, -1, 0, "", raised_of_note(note.type, event)}};
  if (record.kind == RecordKind::registry) return {{EventType::registry_changed, -1, 0, ""}};
  return {};
}

// What identifies and explains; the registration itself stays here.
nlohmann::json note_data(const Record& record) {
  nlohmann::json data = nlohmann::json::object();
  const nlohmann::json event = nlohmann::json::parse(record.event, nullptr, false);
  for (const char* name : {"event",  "name",    "target",   "operation", "who",
                           "why",    "version", "revision", "cause",     "engine_minus_wall_ms",
                           "id",     "act",     "matched",  "done",      "refused",
                           "failed", "what",    "receiver", "events",    "first",
                           "error",  "phones",  "of"}) {
    const auto found = event.find(name);
    if (found != event.end() && (found->is_string() || found->is_number())) data[name] = *found;
  }
  return data;
}

// What of a purchase does not change, and how it stands where that is known.
struct Facts {
  Order order;
  std::string definition;
  std::uint32_t version = 0;
  std::optional<Purchase> now;
};

Result<Facts> facts_of(const Record& record, const Journal& journal) {
  const auto snapshot = journal.snapshot(record.purchase);
  if (!snapshot) return snapshot.error();
  if (snapshot->has_value()) {
    auto purchase = decode_purchase((*snapshot)->state);
    if (!purchase) return purchase.error();
    Facts facts{purchase->order, purchase->definition, purchase->definition_version, std::nullopt};
    if ((*snapshot)->lsn >= record.position.lsn) facts.now = *std::move(purchase);
    return facts;
  }
  const auto first = journal.scan_purchase(record.purchase, 1, 1);
  if (!first) return first.error();
  if (first->empty())
    return Error{"damaged", "a purchase of record " + record.position.text() + " has no beginning"};
  const auto event = decode_event(first->front().event);
  if (!event) return event.error();
  const auto* submitted = std::get_if<Submitted>(&event->what);
  if (submitted == nullptr)
    return Error{"damaged", "record " + first->front().position.text() + " should be a submission"};
  return Facts{submitted->order, submitted->definition, submitted->definition_version, std::nullopt};
}

void put_if(nlohmann::json& data, const char* name, const std::string& text) {
  if (!text.empty()) data[name] = text;
}

// Why, as far as the answer that led to it or the step itself says.
void add_cause(nlohmann::json& data, const Event& event, const Happening& happening, const Facts& facts) {
  Cause cause = Cause::none;
  int status = 0;
  std::string code;
  const auto from = [&](const auto& answer) {
    if (answer.step != happening.step) return;
    cause = answer.cause, status = answer.status, code = answer.code;
  };
  if (const auto* answered = std::get_if<Answered>(&event.what)) from(*answered);
  if (const auto* answered = std::get_if<QueryAnswered>(&event.what)) from(*answered);
  const auto step = static_cast<std::size_t>(happening.step);
  if (cause == Cause::none && facts.now && step < facts.now->steps.size()) {
    cause = facts.now->steps[step].last_cause;
    status = facts.now->steps[step].last_status;
    code = facts.now->steps[step].error_code;
  }
  if (cause != Cause::none) data["cause"] = name_of(cause);
  if (status != 0) data["status"] = status;
  put_if(data, "error", code);
}

void add_step(nlohmann::json& data, const Event& event, const Happening& happening, const Facts& facts,
              const Engine& engine) {
  const auto definition = engine.definition(facts.definition, facts.version);
  const auto step = static_cast<std::size_t>(happening.step);
  if (definition && step < (*definition)->steps.size()) {
    data["step"] = (*definition)->steps[step].name;
    data["target"] = (*definition)->steps[step].target;
  }
  if (happening.operation >= 1 && happening.operation <= operation_count)
    data["operation"] = name_of(static_cast<Operation>(happening.operation));
  if (happening.type == EventType::step_unparked || happening.type == EventType::act_retried) return;
  add_cause(data, event, happening, facts);
}

// Who did it and why; of a resolve also what is said to be so, but not the evidence, which may quote anybody.
struct SaysWho {
  nlohmann::json& data;
  EventType type;

  void operator()(const CancelRequested& e) const { say(EventType::act_cancelled, e); }
  void operator()(const RetryRequested& e) const { say(EventType::act_retried, e); }
  void operator()(const ResolveRequested& e) const {
    if (!say(EventType::act_resolved, e)) return;
    data["as"] = name_of(e.resolution);
    put_if(data, "proposed_by", e.proposed_by);
  }
  void operator()(const Proposed& e) const {
    if (say(EventType::act_proposed, e)) data["as"] = name_of(e.resolution);
  }
  template <class Other>
  void operator()(const Other&) const {}

 private:
  template <class Act>
  bool say(EventType of, const Act& act) const {
    if (type != of) return false;
    put_if(data, "who", act.who);
    put_if(data, "why", act.why);
    return true;
  }
};

Result<nlohmann::json> purchase_data(const Record& record, const Happening& happening, const Journal& journal,
                                     const Engine& engine) {
  const auto facts = facts_of(record, journal);
  if (!facts) return facts.error();
  const auto event = decode_event(record.event);
  if (!event) return event.error();
  nlohmann::json data = nlohmann::json::object();
  put_if(data, "shop", facts->order.shop);
  put_if(data, "order_id", facts->order.order_id);
  put_if(data, "merchant", facts->order.merchant);
  put_if(data, "code", happening.code);
  if (happening.step >= 0) add_step(data, *event, happening, *facts, engine);
  if (const auto* reopened = std::get_if<Reopened>(&event->what))
    data["successor"] = reopened->successor.text();
  std::visit(SaysWho{data, happening.type}, event->what);
  if (happening.type == EventType::purchase_cancelled && facts->now) {
    put_if(data, "reason", facts->now->reason_code);
    put_if(data, "step", facts->now->reason_step);
  }
  return data;
}

}  // namespace

Result<std::vector<Happening>> happenings_of(const Record& record) {
  if (record.kind == RecordKind::claim) return std::vector<Happening>{};
  if (record.kind != RecordKind::purchase) return of_note(record);
  auto happenings = of_purchase(record);
  if (!happenings)
    return Error{"damaged", "record " + record.position.text() + ": " + happenings.error().detail};
  return happenings;
}

Result<OutletEvent> told(const Record& record, std::size_t n, const Happening& happening,
                         const Journal& journal, const Engine& engine) {
  OutletEvent event;
  event.type = happening.type;
  event.id = record.position.text() + (n > 0 ? ":" + std::to_string(n) : "");
  event.at = record.at;
  event.position = record.position;
  event.raised = happening.raised;
  if (record.kind != RecordKind::purchase) {
    if (!record.purchase.is_zero()) event.subject = record.purchase.text();
    event.data = note_data(record);
    return event;
  }
  event.subject = record.purchase.text();
  auto data = purchase_data(record, happening, journal, engine);
  if (!data) return data.error();
  event.data = *std::move(data);
  return event;
}

}  // namespace settle
