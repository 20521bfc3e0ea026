#include "shadow.hpp"

#include <nlohmann/json.hpp>

#include "policy_json.hpp"
#include "reasons.hpp"
#include "settle/coordinator/engine.hpp"
#include "settle/wal/codec.hpp"

namespace settle::sim {
namespace {

std::map<ShadowLog::Row, std::uint64_t>& fired() {
  static std::map<ShadowLog::Row, std::uint64_t> rows;
  return rows;
}

struct Actor {
  std::string who;
  void operator()(const CancelRequested& act) { who = act.who; }
  void operator()(const RetryRequested& act) { who = act.who; }
  void operator()(const ResolveRequested& act) { who = act.who; }
  void operator()(const Reopened& act) { who = act.who; }
  void operator()(const Noted& act) { who = act.who; }
  void operator()(const Assigned& act) { who = act.who; }
  void operator()(const Proposed& act) { who = act.who; }
  template <class Other>
  void operator()(const Other&) {}  // no person did it
};

// I16: the decision to commit falls before the deadline.
std::string too_late(const Shadow& shadow, TimeMs at) {
  if (shadow.purchase.deadline_at < at) return "I16: committed after its deadline";
  return {};
}

}  // namespace

const std::map<ShadowLog::Row, std::uint64_t>& ShadowLog::rows() {
  return fired();
}
const Shadow* ShadowLog::find(const PurchaseId& id) const {
  const auto found = purchases_.find(id);
  return found == purchases_.end() ? nullptr : &found->second;
}

// Shard 0 first: definitions live there. A purchase's record may still be read before its definition's if
// both became durable at once in other shards, so what fails for that reason is impossible: appends are
// durable in order, and shard 0 is read up to its end before any other.
std::string ShadowLog::read(const Journal& journal) {
  fresh_.clear();
  for (std::uint16_t n = 0; n < journal.shard_count(); ++n) {
    for (;;) {
      const auto records = journal.scan(Position{ShardId{n}, next_[n]}, 64);
      if (!records) return "the log cannot be read: " + records.error().detail;
      for (const Record& record : *records) {
        const std::string at = "record " + record.position.text() + ": ";
        if (record.position.lsn != next_[n])
          return "I24: " + at + "LSN " + std::to_string(next_[n]) + " is missing";
        if (record.previous != heads_[n])
          return "I24: " + at + "does not continue what was durable before it";
        heads_[n] = record.hash;
        ++next_[n];
        ++records_;
        if (std::string wrong = take(record); !wrong.empty()) return at + wrong;
      }
      if (records->size() < 64) break;
    }
  }
  return {};
}

std::string ShadowLog::check_heads(const Journal& journal) const {
  for (std::uint16_t n = 0; n < journal.shard_count(); ++n) {
    if (next_[n] == 1) continue;
    const Position head{ShardId{n}, next_[n] - 1};
    const auto records = journal.scan(head, 1);
    if (!records || records->empty() || records->front().position != head ||
        records->front().hash != heads_[n])
      return "I4: " + head.text() + " was durable, and is gone";
  }
  return {};
}

std::string ShadowLog::take(const Record& record) {
  if (record.kind == RecordKind::registry) return take_registry(record);
  if (record.kind == RecordKind::purchase) return take_purchase(record);
  if (record.kind == RecordKind::engine || record.kind == RecordKind::operation) return gates_.take(record);
  return {};
}

std::string ShadowLog::take_registry(const Record& record) {
  const nlohmann::json event = nlohmann::json::parse(record.event);
  if (event.at("event") == "policies_shipped" || event.at("event") == "policy_put")
    return take_policies(event);
  if (event.at("event") != "definition_put") return {};
  const std::string name = event.at("name");
  Result<Definition> definition = parse_definition(name, event.at("definition").dump());
  if (!definition) return "a definition that cannot be read: " + definition.error().detail;
  definition->version = event.at("version");
  const std::uint32_t version = definition->version;
  if (!definitions_.emplace(std::pair(name, version), std::move(*definition)).second)
    return "I27: version " + std::to_string(version) + " of " + name + " was put twice";
  return {};
}

// Each revision is the one before it and one change.
std::string ShadowLog::take_policies(const nlohmann::json& event) {
  PolicySet next = policies_.empty() ? PolicySet{} : policies_.rbegin()->second;
  if (event.at("revision") != next.revision + 1) return "I27: a revision of the policies is missing";
  ++next.revision;
  if (event.at("event") == "policies_shipped") {
    next = with_shipped_policies(std::move(next));
  } else {
    const Result<RetryPolicy> policy =
        parse_policy(event.at("name").get<std::string>(), event.at("policy").dump());
    if (!policy) return "a policy that cannot be read: " + policy.error().detail;
    next.named[event.at("name")] = *policy;
  }
  policies_[next.revision] = std::move(next);
  return {};
}

const Definition* ShadowLog::named(const std::string& name, std::uint32_t version, std::uint32_t policies) {
  const auto key = std::make_tuple(name, version, policies);
  const auto known = named_.find(key);
  if (known != named_.end()) return &known->second;
  const auto definition = definitions_.find({name, version});
  const auto set = policies_.find(policies);
  if (definition == definitions_.end() || set == policies_.end()) return nullptr;
  Result<Definition> found = resolve(definition->second, set->second);
  if (!found) return nullptr;
  return &named_.emplace(key, std::move(*found)).first->second;
}

std::string ShadowLog::take_purchase(const Record& record) {
  const Result<Event> event = decode_event(record.event);
  if (!event) return "an event that cannot be read: " + event.error().detail;
  const Result<std::vector<Transition>> recorded = decode_transitions(record.transitions);
  if (!recorded) return "transitions that cannot be read: " + recorded.error().detail;
  Shadow& shadow = purchases_[record.purchase];
  if (const auto* submitted = std::get_if<Submitted>(&event->what)) {
    if (shadow.records != 0) return "I4: submitted twice";
    shadow.purchase.definition = submitted->definition;
    shadow.purchase.definition_version = submitted->definition_version;
    if (!submitted->predecessor.is_zero() && !reopened_.insert(submitted->predecessor).second)
      return "I14: " + submitted->predecessor.text() + " has two successors";
  }
  if (shadow.purchase.definition.empty()) return "I4: an event of a purchase that was never submitted";
  shadow.definition = named(shadow.purchase.definition, shadow.purchase.definition_version, event->policies);
  if (shadow.definition == nullptr) return "I27: its definition, or a policy of it, is not in the log";
  const PurchaseState before = shadow.purchase.state;
  const bool began = shadow.records != 0;
  const Decision decided = shadow.purchase.decision;
  // A restart may have brought engine time forward by hours.
  for (const auto& [step, epoch] : shadow.held_in)
    if (epoch == record.epoch.number)
      if (std::string wrong = gates_.woken_by_itself(*shadow.definition, shadow.purchase, step, *event);
          !wrong.empty())
        return wrong;
  Advanced advanced = advance(*shadow.definition, shadow.records == 0 ? Purchase{} : shadow.purchase, *event);
  if (std::string wrong = given_up_too_early(*shadow.definition, shadow.purchase, advanced, *event);
      !wrong.empty())
    return wrong;
  shadow.purchase = std::move(advanced.purchase);
  if (event->stretch_percent > 100) shadow.stretched = true;
  if (std::holds_alternative<Inquired>(event->what)) ++shadow.inquiries;
  if (const auto* released = std::get_if<Released>(&event->what)) ++shadow.delays[released->step];
  const auto* retried = std::get_if<RetryRequested>(&event->what);
  // One of many leaves as the gates let it, and says so.
  if (retried != nullptr && retried->why.find(" (bulk act ") == std::string::npos)
    gates_.retried(*shadow.definition, shadow.purchase, event->at);
  if (const auto* held = std::get_if<Held>(&event->what)) {
    ++shadow.delays[held->step];
    shadow.held_in[held->step] = record.epoch.number;
    if (std::string wrong = gates_.held(*shadow.definition, shadow.purchase, *held, event->at);
        !wrong.empty())
      return wrong;
  }
  Actor actor;
  std::visit([&](const auto& what) { actor(what); }, event->what);
  const bool acted = !actor.who.empty() && !shadow.actors.insert(actor.who).second;
  if (acted && std::holds_alternative<Noted>(event->what)) return "I25: " + actor.who + " noted it twice";
  if (!actor.who.empty()) ++shadow.acts;
  ++shadow.records;
  fresh_.push_back(record.purchase);
  if (advanced.transitions != *recorded) return "I21: replayed, it gives other transitions";
  for (const Transition& t : advanced.transitions)
    ++fired()[Row{t.step < 0 ? 0 : 1, static_cast<int>(t.from), static_cast<int>(t.to),
                  static_cast<int>(t.trigger)}];
  if (began && is_terminal(before) && shadow.purchase.state != before) return "I14: a terminal state changed";
  if (decided == Decision::none && shadow.purchase.decision == Decision::commit)
    if (std::string wrong = too_late(shadow, event->at); !wrong.empty()) return wrong;
  if (decided != Decision::none && shadow.purchase.decision != decided) return "I1: the decision changed";
  return {};
}

}  // namespace settle::sim
