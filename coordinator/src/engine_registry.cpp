// The registry, the definitions, the policies and the pause: documents in shard 0, each change with a record
// of its own.

#include <nlohmann/json.hpp>

#include "engine_impl.hpp"
#include "lanes.hpp"
#include "policy_json.hpp"
#include "settle/coordinator/log.hpp"
#include "settle/coordinator/targets.hpp"
#include "settle/statemachine/bug.hpp"

namespace settle {
namespace {

std::string change_event(const char* event, const std::string& name) {
  return nlohmann::json{{"event", event}, {"name", name}}.dump();
}

}  // namespace

void EngineImpl::put_document(RecordKind kind, std::string event, DocumentChange change, OnDurable then) {
  put_documents(kind, std::move(event), {std::move(change)}, std::move(then));
}

void EngineImpl::put_documents(RecordKind kind, std::string event, std::vector<DocumentChange> changes,
                               OnDurable then) {
  if (failed_) return then(*failed_);
  Append record;
  record.shard = ShardId{0};
  record.kind = kind;
  record.at = now();
  record.event = std::move(event);
  record.documents = std::move(changes);
  const std::string& document = record.documents.front().kind;
  const bool defines = document == "definition" || document == "policies";
  Result<Appended> appended = append(std::move(record));
  if (!appended) return then(Error{"journal_failed", appended.error().detail});
  if (defines) definitions_ticket_ = appended->ticket;
  after(appended->ticket, std::move(then));
}

// One change of a registration at a time. The next was made from what the registry says, where the one before
// is not yet: it would bring back secrets that were just replaced.
Status EngineImpl::changeable(const char* kind, std::string_view key) const {
  if (changing_.count({kind, std::string(key)}) == 0) return ok();
  return Error{"overloaded", "another change of this registration is being stored; try again"};
}

void EngineImpl::change_registration(std::string event, std::vector<DocumentChange> changes, OnDurable then) {
  std::pair<std::string, std::string> changed{changes.front().kind, changes.front().key};
  changing_.insert(changed);
  put_documents(RecordKind::registry, std::move(event), std::move(changes),
                [this, changed = std::move(changed), then = std::move(then)](const Status& status) {
                  changing_.erase(changed);
                  then(status);
                });
}

// Later calls use the new registration as soon as it is durable; calls that are out keep what they were built
// with.
void EngineImpl::put_participant(Participant participant, Then<PutOutcome> then) {
  if (Status free = changeable("participant", participant.name); !free) return then(free.error());
  const Participant* before = registry_.participant(participant.name);
  const bool created = before == nullptr;
  const Participant* known = registry_.reachable_participant(participant.name);
  const bool moved = known != nullptr &&
                     (known->base_urls != participant.base_urls || known->endpoints != participant.endpoints);
  const Change what = moved                                                       ? Change::address
                      : known != nullptr && known->secrets != participant.secrets ? Change::secrets
                                                                                  : Change::none;
  if (!created && public_json(*before) == public_json(participant) && before->secrets == participant.secrets)
    return then(PutOutcome{false, false});
  std::vector<DocumentChange> changes{{"participant", participant.name, stored_json(participant, *keys_)}};
  if (what != Change::none) changes.push_back(moved_document(participant.name, now()));
  std::string event = nlohmann::json{{"event", "participant_put"},
                                     {"name", participant.name},
                                     {"registration", nlohmann::json::parse(public_json(participant))}}
                          .dump();
  change_registration(std::move(event), std::move(changes),
                      [this, participant = std::move(participant), created, what,
                       then = std::move(then)](const Status& status) mutable {
                        if (!status.ok()) return then(status.error());
                        const std::string name = participant.name;
                        registry_.put(std::move(participant));
                        registration_changed(name, what);
                        then(PutOutcome{created, true});
                      });
}

void EngineImpl::put_merchant(Merchant merchant, Then<PutOutcome> then) {
  if (Status free = changeable("merchant", merchant.id); !free) return then(free.error());
  const Merchant* before = registry_.merchant(merchant.id);
  const bool created = before == nullptr;
  const Merchant* known = registry_.reachable_merchant(merchant.id);
  const Change what = known == nullptr                     ? Change::none
                      : known->url != merchant.url         ? Change::address
                      : known->secrets != merchant.secrets ? Change::secrets
                                                           : Change::none;
  if (!created && public_json(*before) == public_json(merchant) && before->secrets == merchant.secrets)
    return then(PutOutcome{false, false});
  std::vector<DocumentChange> changes{{"merchant", merchant.id, stored_json(merchant, *keys_)}};
  if (what != Change::none) changes.push_back(moved_document(merchant_prefix + merchant.id, now()));
  std::string event = nlohmann::json{{"event", "merchant_put"},
                                     {"name", merchant.id},
                                     {"registration", nlohmann::json::parse(public_json(merchant))}}
                          .dump();
  change_registration(std::move(event), std::move(changes),
                      [this, merchant = std::move(merchant), created, what,
                       then = std::move(then)](const Status& status) mutable {
                        if (!status.ok()) return then(status.error());
                        const std::string target = merchant_prefix + merchant.id;
                        registry_.put(std::move(merchant));
                        registration_changed(target, what);
                        then(PutOutcome{created, true});
                      });
}

// A deletion retires: nothing new finds it any more, and what is in flight still reaches it (I16). Putting it
// again revives it.
void EngineImpl::erase_participant(std::string_view name, Then<Done> then) {
  if (Status free = changeable("participant", name); !free) return then(free.error());
  const Participant* before = registry_.participant(name);
  if (before == nullptr) return then(Error{"not_found", "no participant is registered under this name"});
  for (const auto& definition : book_.newest())
    for (const StepDefinition& step : definition->steps)
      if (step.target == name)
        return then(Error{"in_use",
                          "definition \"" + definition->name + "\" names it in step \"" + step.name + "\""});
  Participant retired = *before;
  retired.retired = true;
  DocumentChange change{"participant", retired.name, stored_json(retired, *keys_)};
  std::string event = change_event("participant_deleted", retired.name);
  change_registration(std::move(event), {std::move(change)},
                      [this, retired = std::move(retired), then = std::move(then)](const Status& status) {
                        if (!status.ok()) return then(status.error());
                        registry_.put(retired);
                        then(Done{});
                      });
}

void EngineImpl::erase_merchant(std::string_view id, Then<Done> then) {
  if (Status free = changeable("merchant", id); !free) return then(free.error());
  const Merchant* before = registry_.merchant(id);
  if (before == nullptr) return then(Error{"not_found", "no merchant is registered under this id"});
  Merchant retired = *before;
  retired.retired = true;
  DocumentChange change{"merchant", retired.id, stored_json(retired, *keys_)};
  std::string event = change_event("merchant_deleted", retired.id);
  change_registration(std::move(event), {std::move(change)},
                      [this, retired = std::move(retired), then = std::move(then)](const Status& status) {
                        if (!status.ok()) return then(status.error());
                        registry_.put(retired);
                        then(Done{});
                      });
}

std::vector<std::shared_ptr<const Definition>> EngineImpl::definitions() const {
  return book_.newest();
}

// In force at once for new purchases: their records come after this one in the journal's order.
void EngineImpl::add_definition(Definition definition, OnDurable then) {
  const std::shared_ptr<const Definition> before = book_.newest(definition.name);
  definition.version = before ? before->version + 1 : 1;
  std::string json = definition_json(definition);
  std::string event = nlohmann::json{{"event", "definition_put"},
                                     {"name", definition.name},
                                     {"version", definition.version},
                                     {"definition", nlohmann::json::parse(json)}}
                          .dump();
  DocumentChange change{"definition", DefinitionBook::key_of(definition), std::move(json)};
  book_.put(std::move(definition));
  put_document(RecordKind::registry, std::move(event), std::move(change), std::move(then));
}

// A definition is in force before it is durable: who is told that it is there already waits for that too.
void EngineImpl::after_definitions(OnDurable then) {
  if (failed_) return then(*failed_);
  if (durable_ < definitions_ticket_) return after(definitions_ticket_, std::move(then));
  then(ok());
}

void EngineImpl::put_definition(Definition definition, Then<PutOutcome> then) {
  const Result<Definition> named = settle::resolve(definition, book_.policies());
  if (!named) return then(named.error());
  if (Status valid = validate(*named); !valid) return then(valid.error());
  if (Status targets = check_targets(definition, registry_); !targets) return then(targets.error());
  // A target whose deletion is being stored would be gone by the time that this is in force.
  for (const StepDefinition& step : definition.steps)
    if (Status free = changeable("participant", step.target); !free) return then(free.error());
  const std::shared_ptr<const Definition> before = book_.newest(definition.name);
  if (before) {
    definition.version = before->version;
    if (definition_json(*before) == definition_json(definition))
      return after_definitions([then = std::move(then)](const Status& status) {
        status.ok() ? then(PutOutcome{}) : then(status.error());
      });
  }
  const bool created = !before;
  add_definition(std::move(definition), [created, then = std::move(then)](const Status& status) {
    if (!status.ok()) return then(status.error());
    then(PutOutcome{created, true});
  });
}

// In force at once: what is appended from now on comes after it in the journal's order. The whole set each
// time: replaying finds what was in force in one place.
void EngineImpl::add_policies(PolicySet policies, std::string event, OnDurable then) {
  DocumentChange change{"policies", DefinitionBook::key_of(policies), policy_set_json(policies)};
  book_.put(std::move(policies));
  put_document(RecordKind::registry, std::move(event), std::move(change), std::move(then));
}

// A window that ends sooner gives up what waits sooner, and may do so at once: that is to be meant.
Status EngineImpl::window_may_change(const std::string& name, const RetryPolicy& before,
                                     const RetryPolicy& after) const {
  const bool shorter = after.window.count != 0 && (before.window.count == 0 || after.window < before.window);
  if (!shorter || !book_.names(name)) return ok();
  return Error{"policy_window_shorter",
               "/window_ms: is shorter than it was (" + std::to_string(before.window.count) +
                   "), and definitions use this policy: what waits would be given up sooner. Say "
                   "confirm_shorter_window if that is meant"};
}

void EngineImpl::put_policy(std::string name, RetryPolicy policy, PolicyChange change,
                            Then<PutOutcome> then) {
  if (failed_) return then(*failed_);
  if (Status valid = validate(policy); !valid) return then(valid.error());
  PolicySet next = book_.policies();
  if (next.shipped.count(name) != 0)
    return then(
        Error{"policy_shipped", "\"" + name + "\" is shipped and stays as it is; give yours another name"});
  const auto before = next.named.find(name);
  const bool created = before == next.named.end();
  if (!created && before->second == policy)
    return after_definitions([then = std::move(then)](const Status& status) {
      status.ok() ? then(PutOutcome{}) : then(status.error());
    });
  if (created && next.named.size() >= policies_max)
    return then(
        Error{"too_many_policies", "there are " + std::to_string(policies_max) + " policies already"});
  if (!created && !change.shorter_window_ok)
    if (Status may = window_may_change(name, before->second, policy); !may) return then(may.error());
  ++next.revision;
  nlohmann::json event{{"event", "policy_put"}, {"name", name}, {"revision", next.revision}};
  if (!change.act.who.empty()) event["who"] = change.act.who, event["why"] = change.act.why;
  if (!created) event["before"] = nlohmann::json::parse(policy_object(before->second).dump());
  event["policy"] = nlohmann::json::parse(policy_object(policy).dump());
  next.named.insert_or_assign(std::move(name), std::move(policy));
  if (Status allowed = book_.allows(next); !allowed) return then(allowed.error());
  add_policies(std::move(next), event.dump(), [created, then = std::move(then)](const Status& status) {
    if (!status.ok()) return then(status.error());
    then(PutOutcome{created, true});
  });
}

// What is shipped may differ from build to build; what was in force may not. So the journal holds it, and
// what a later build ships otherwise is a change like any other: a revision of its own, from the next event
// on.
void EngineImpl::bring_shipped_policies() {
  const PolicySet& before = book_.policies();
  PolicySet next = with_shipped_policies(before);
  nlohmann::json changed = nlohmann::json::array();
  for (const auto& [name, policy] : next.named) {
    const auto was = before.named.find(name);
    if (before.revision == 0 || was == before.named.end() || was->second != policy) changed.push_back(name);
  }
  if (changed.empty()) return;
  if (const Status allowed = book_.allows(next); !allowed)
    return log_error("the policies that this build ships were not taken over",
                     {{"detail", allowed.error().detail}});
  ++next.revision;
  std::string event =
      nlohmann::json{{"event", "policies_shipped"}, {"revision", next.revision}, {"names", changed}}.dump();
  add_policies(std::move(next), std::move(event), [](const Status&) {});
}

void EngineImpl::set_paused(bool paused, Act act, Then<Done> then) {
  std::string event =
      nlohmann::json{{"event", paused ? "paused" : "resumed"}, {"who", act.who}, {"why", act.why}}.dump();
  paused_ = paused;
  put_document(RecordKind::operation, std::move(event), {"setting", "paused", paused ? "true" : "false"},
               [then = std::move(then)](const Status& status) {
                 if (!status.ok()) return then(status.error());
                 then(Done{});
               });
}

void EngineImpl::pause(Act act, Then<Done> then) {
  set_paused(true, std::move(act), std::move(then));
}
void EngineImpl::resume(Act act, Then<Done> then) {
  set_paused(false, std::move(act), std::move(then));
}

}  // namespace settle
