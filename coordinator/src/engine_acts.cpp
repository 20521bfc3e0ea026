// Acts of operators and shops: cancel, retry, resolve, assign, note, reopen. Each is an event like any other,
// with who and why.

#include <nlohmann/json.hpp>

#include "engine_impl.hpp"
#include "settle/coordinator/log.hpp"
#include "settle/statemachine/bug.hpp"

namespace settle {
namespace {

Error not_found() {
  return Error{"not_found", "there is no such purchase"};
}
Error forbidden(std::string why) {
  return Error{"state_forbids", std::move(why)};
}

}  // namespace

void EngineImpl::act(const PurchaseId& id, Body what, Then<PurchaseView> then, bool paced) {
  Result<Live*> found = find(id);
  if (!found) return then(found.error());
  if (*found == nullptr) return then(not_found());
  Live& live = **found;
  const bool now_please = std::holds_alternative<RetryRequested>(what) && !paced;  // whatever the gates say
  Result<Applied> applied = apply(live, std::move(what), true);
  if (!applied) return then(applied.error());
  if (applied->verdict == Verdict::refused) {
    let_go(id);
    return then(forbidden(applied->refusal));
  }
  if (now_please) live.forced = live.ticket;
  reply(live, false, false, std::move(then));
  set_alarm();
}

int EngineImpl::step_number(const Definition& definition, std::string_view step) {
  for (std::size_t i = 0; i < definition.steps.size(); ++i)
    if (definition.steps[i].name == step) return static_cast<int>(i);
  return -1;
}

void EngineImpl::cancel(const PurchaseId& id, Act act, Then<PurchaseView> then) {
  if (SETTLE_BUG(operator_forgotten)) act.who.clear();
  this->act(id, CancelRequested{std::move(act.who), std::move(act.why)}, std::move(then));
}

void EngineImpl::retry(const PurchaseId& id, Act act, std::string step, Then<PurchaseView> then) {
  retry(id, std::move(act), std::move(step), false, std::move(then));
}

void EngineImpl::retry(const PurchaseId& id, Act act, std::string step, bool paced, Then<PurchaseView> then) {
  Result<Live*> found = find(id);
  if (!found) return then(found.error());
  if (*found == nullptr) return then(not_found());
  const int number = step.empty() ? -1 : step_number(*(*found)->definition, step);
  if (!step.empty() && number < 0) {
    let_go(id);
    return then(Error{"unknown_step", "the purchase has no step \"" + step + "\""});
  }
  this->act(id, RetryRequested{std::move(act.who), std::move(act.why), static_cast<std::int16_t>(number)},
            std::move(then), paced);
}

namespace {

// Whether saying "done" moves money, stock or cards without the participant's word.
bool needs_evidence(const StepDefinition& step, Resolution resolution) {
  return resolution == Resolution::done && step.mode != StepMode::deliver;
}

// As people write their own names: spaces around it and the case of letters make nobody another person.
std::string person(std::string_view name) {
  constexpr const char* spaces = " \t\r\n";
  const std::size_t begin = name.find_first_not_of(spaces);
  if (begin == std::string_view::npos) return {};
  std::string same(name.substr(begin, name.find_last_not_of(spaces) + 1 - begin));
  for (char& c : same)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return same;
}

// What a step's answers hold is what later steps and the shop are told of: where it is secret (card
// codes), it exists nowhere else. A hold that was made can do without, since its confirm answers too.
bool needs_result(const StepDefinition& defined, const Step& step) {
  if (defined.secrets.empty()) return false;
  return step.operation == Operation::confirm ||
         (step.operation == Operation::try_ && defined.mode == StepMode::compensable);
}

// One of what the step keeps secret at least.
Status check_result(const StepDefinition& defined, const std::string& result) {
  const nlohmann::json tree = nlohmann::json::parse(result, nullptr, false);
  std::string names;
  for (const std::string& name : defined.secrets) {
    if (tree.is_object() && tree.contains(name)) return ok();
    names += (names.empty() ? "" : ", ") + name;
  }
  return Error{"missing_field", "/result: required, as an object with " + names +
                                    ": what the participant would have answered; nobody else can tell it"};
}

// Sealed, as it is kept; empty: none was given, nor is needed.
Result<std::string> result_of(const Definition& definition, const Purchase& purchase, std::uint8_t index,
                              const std::string& given, const KeyRing& keys) {
  const StepDefinition& defined = definition.steps[index];
  const Step& step = purchase.steps[index];
  if (step.operation != Operation::try_ && step.operation != Operation::confirm && !given.empty())
    return Error{"invalid_field", "/result: a " + std::string(name_of(step.operation)) + " has none"};
  if (needs_result(defined, step))
    if (Status has = check_result(defined, given); !has) return has.error();
  return read_resolution(given, {purchase.id, index, step.operation}, definition, keys);
}

bool proposal_stands(const Step& step, Resolution resolution, TimeMs now) {
  return !step.proposed_by.empty() && step.proposed_as == resolution &&
         now < step.proposed_at + proposal_lasts;
}

}  // namespace

// The event that this person's word is: the resolve, or where it takes two, the proposal.
Result<EngineImpl::Body> EngineImpl::resolve_body(const Live& live, Act act, std::uint8_t index,
                                                  Resolution resolution) const {
  const Step& step = live.purchase.steps[index];
  if (needs_evidence(live.definition->steps[index], resolution) && act.evidence.empty())
    return Error{"missing_field",
                 "/evidence: required, since nobody but you says so: where is it seen that it was done?"};
  const bool confirms = config_.resolve_needs_second_person && proposal_stands(step, resolution, now());
  if (confirms && person(step.proposed_by) == person(act.who))
    return Error{"second_person_needed", "you proposed this; another person must say the same"};
  if (confirms) {
    const CallbackTarget of{live.purchase.id, index, step.operation};
    if (!act.result.empty() && !says_the_same(step.proposed_result, act.result, of, *live.definition, *keys_))
      return Error{"proposal_differs", "/result: " + step.proposed_by + " proposed another one"};
    return Body{ResolveRequested{std::move(act.who), std::move(act.why), index, resolution,
                                 std::move(act.evidence), step.proposed_by}};
  }
  Result<std::string> result = std::string();
  if (resolution == Resolution::done)
    result = result_of(*live.definition, live.purchase, index, act.result, *keys_);
  else if (!act.result.empty())
    result = Error{"invalid_field", "/result: only of what is done"};
  if (!result) return result.error();
  if (config_.resolve_needs_second_person)
    return Body{Proposed{std::move(act.who), std::move(act.why), index, resolution, std::move(act.evidence),
                         std::move(*result)}};
  return Body{ResolveRequested{std::move(act.who), std::move(act.why), index, resolution,
                               std::move(act.evidence), std::string(), std::move(*result)}};
}

void EngineImpl::resolve(const PurchaseId& id, Act act, std::string step, Resolution resolution,
                         Then<PurchaseView> then) {
  Result<Live*> found = find(id);
  if (!found) return then(found.error());
  if (*found == nullptr) return then(not_found());
  const int number = step_number(*(*found)->definition, step);
  if (number < 0) {
    let_go(id);
    return then(Error{"unknown_step", "the purchase has no step \"" + step + "\""});
  }
  Result<Body> body = resolve_body(**found, std::move(act), static_cast<std::uint8_t>(number), resolution);
  if (!body) {
    const Ticket proposed_by = (*found)->durable ? Ticket{} : (*found)->ticket;
    let_go(id);
    return refuse_after(proposed_by, body.error(), std::move(then));
  }
  this->act(id, std::move(*body), std::move(then));
}

void EngineImpl::assign(const PurchaseId& id, Act act, std::string to, Then<PurchaseView> then) {
  this->act(id, Assigned{std::move(act.who), std::move(act.why), std::move(to)}, std::move(then));
}

void EngineImpl::note(const PurchaseId& id, std::string who, std::string text, Then<PurchaseView> then) {
  this->act(id, Noted{std::move(who), std::move(text)}, std::move(then));
}

// Two records, in this order: the old purchase names its successor, then the successor begins. A crash
// between them leaves a link to a purchase that never was: recovery takes it back, and the old one can be
// reopened again. Nobody was told that it was.
void EngineImpl::take_back_orphaned_links() {
  for (const LastLink& link : std::exchange(last_links_, {})) {
    Result<Live*> found = find(link.purchase);
    if (!found && found.error().code == "damaged") continue;  // who meets it is told
    if (!found) return fail(found.error());
    if (*found == nullptr || (*found)->purchase.successor.is_zero()) {
      let_go(link.purchase);
      continue;
    }
    const PurchaseId named = (*found)->purchase.successor;
    Result<Live*> successor = find(named);
    if (!successor && successor.error().code != "damaged") return fail(successor.error());
    if (successor && *successor == nullptr) {
      const char* why = "the daemon was stopped before the successor was stored";
      if (!apply(**found, Reopened{"settled", why, PurchaseId{}}, false)) return;
    }
    let_go(named);
    let_go(link.purchase);
  }
}

// What a reopen of it would begin, or why it may not be. A refusal holds once `told_by` is durable.
Result<EngineImpl::Reopening> EngineImpl::reopening(const PurchaseId& id, Ticket& told_by) {
  Result<Live*> found = find(id);
  if (!found) return found.error();
  if (*found == nullptr) return not_found();
  const Purchase old = (*found)->purchase;
  const std::shared_ptr<const Definition> began = (*found)->definition;
  let_go(id);
  if (Status accepts = accepting(); !accepts) return accepts.error();
  if (old.state != PurchaseState::cancelled)
    return forbidden("only a cancelled purchase can be reopened; this one is " +
                     std::string(name_of(old.state)));
  if (const int holding = undo_under_way(old); holding >= 0)
    return Error{"undo_not_over", "step \"" + began->steps[static_cast<std::size_t>(holding)].name +
                                      "\" may hold something still: see to its cancel first, or resolve it"};
  // Also where the successor was cancelled: that one can be reopened in its turn. If both could, both of
  // their successors could be open at once.
  if (!old.successor.is_zero()) {
    Result<Live*> successor = find(old.successor);
    if (!successor) return successor.error();
    const bool exists = *successor != nullptr;
    if (exists) told_by = (*successor)->ticket;
    let_go(old.successor);
    if (exists && !SETTLE_BUG(reopened_twice))
      return forbidden("it was reopened already, as " + old.successor.text());
  }
  SubmitRequest request;
  request.order = old.order;
  request.order.idempotency_key = "reopen:" + id.text() + ":" + std::to_string(old.revision);
  request.definition = old.definition;
  request.digest = old.request_digest;
  // A shop's own keys cannot collide with these: no shop's name begins with a control character.
  const PurchaseId fresh =
      keys_->purchase_id("\x01reopen\x01" + old.order.shop, request.order.idempotency_key);
  Result<Live*> holder = cart_holder(request.order, fresh);
  if (!holder) return holder.error();
  if (*holder != nullptr) {
    const PurchaseId holding = (*holder)->purchase.id;
    told_by = (*holder)->ticket;
    let_go(holding);
    return forbidden("its cart has been bought by " + holding.text());
  }
  const std::shared_ptr<const Definition> definition = book_.newest(old.definition);
  if (!definition)
    return Error{"unknown_definition", "there is no definition \"" + old.definition + "\" any more"};
  if (Status can_call = callable(*definition, request.order); !can_call) return can_call.error();
  return Reopening{std::move(request), fresh};
}

void EngineImpl::reopen(const PurchaseId& id, Act act, Then<PurchaseView> then) {
  Ticket told_by;
  const Result<Reopening> may = reopening(id, told_by);
  if (!may) return refuse_after(told_by, may.error(), std::move(then));
  Result<Live*> found = find(id);  // what was found above has been let go
  if (!found) return then(found.error());
  if (*found == nullptr) return then(not_found());
  Result<Applied> linked = apply(**found, Reopened{std::move(act.who), std::move(act.why), may->fresh}, true);
  if (!linked) return then(linked.error());
  if (linked->verdict == Verdict::refused) return then(forbidden(linked->refusal));
  Result<Live*> begun = begin(may->fresh, may->request, id);
  if (!begun) return then(begun.error());
  reply(**begun, true, false, std::move(then));
  set_alarm();
}

}  // namespace settle
