// Who waits for an outcome, and what is asked or repeated at once because somebody looks (B1, C11).

#include <algorithm>

#include "engine_impl.hpp"
#include "settle/statemachine/bug.hpp"

namespace settle {
namespace {

bool settled_for_shop(const Purchase& p) {
  return p.state == PurchaseState::delivering || p.state == PurchaseState::completed ||
         p.state == PurchaseState::cancelled;
}

}  // namespace

void EngineImpl::await_outcome(const PurchaseId& id, DurationMs wait, Then<PurchaseView> then) {
  if (failed_) return then(*failed_);
  Result<Live*> found = find(id);
  if (!found) return then(found.error());
  if (*found == nullptr) return then(Error{"not_found", "there is no such purchase"});
  Live& live = **found;
  if (settled_for_shop(live.purchase)) return reply(live, false, false, std::move(then));
  const Waiter& waiter = live.waiters.emplace_back(Waiter{++waiter_number_, now() + wait, std::move(then)});
  waits_.insert({waiter.until, {id, waiter.number}});
  if (const auto ask = inquiry_at(live)) *ask <= now() ? inquire(id) : void(inquiries_.emplace(*ask, id));
  set_alarm();
}

void EngineImpl::tell_waiters(Live& live) {
  if (live.waiters.empty() || !live.durable || !settled_for_shop(live.purchase)) return;
  // Who is told may call the engine, which may let go of the purchase: nothing of it is used from here on.
  PurchaseView view = view_of(live);
  std::vector<Waiter> waiters = std::exchange(live.waiters, {});
  for (const Waiter& waiter : waiters) waits_.erase({waiter.until, {view.purchase.id, waiter.number}});
  for (std::size_t i = 0; i + 1 < waiters.size(); ++i) waiters[i].then(view);
  waiters.back().then(std::move(view));
}

void EngineImpl::expire_waiters() {
  const TimeMs time = now();
  while (!waits_.empty() && waits_.begin()->first <= time) {
    const auto [id, number] = waits_.begin()->second;
    waits_.erase(waits_.begin());
    const auto found = live_.find(id);
    if (found == live_.end()) continue;
    Live& live = *found->second;
    for (auto it = live.waiters.begin(); it != live.waiters.end(); ++it) {
      if (it->number != number) continue;
      Then<PurchaseView> then = std::move(it->then);
      live.waiters.erase(it);
      if (SETTLE_BUG(waiter_forgotten)) break;
      reply(live, false, false, std::move(then));
      break;
    }
    let_go(id);
  }
}

// The state as it is now, told once it is durable. Lets go of the purchase afterwards.
void EngineImpl::reply(Live& live, bool created, bool same_cart, Then<PurchaseView> then) {
  PurchaseView view = view_of(live);
  view.created = created;
  view.same_cart = same_cart;
  if (live.durable || SETTLE_BUG(acknowledged_before_durable)) {
    const PurchaseId id = live.purchase.id;
    then(std::move(view));
    return let_go(id);
  }
  // The record may ride without a sync of its own; it is at most linger_ms_max from being durable.
  after(live.ticket, [then = std::move(then), view = std::move(view)](const Status& status) mutable {
    if (!status.ok()) return then(status.error());
    then(std::move(view));
  });
}

void EngineImpl::show(const PurchaseId& id, Then<PurchaseView> then) {
  Result<Live*> found = find(id);
  if (!found) return then(found.error());
  if (*found == nullptr) return then(Error{"not_found", "there is no such purchase"});
  if (failed_ && !(*found)->durable) return then(*failed_);
  reply_and_ask(**found, false, std::move(then));
}

// Whoever looks makes the participant be asked about what is in doubt, and is not kept waiting for it.
void EngineImpl::reply_and_ask(Live& live, bool same_cart, Then<PurchaseView> then) {
  const PurchaseId id = live.purchase.id;
  const bool asks = in_doubt(live);
  reply(live, false, same_cart, std::move(then));
  if (asks) inquire(id);
}

namespace {

// A purchase that waits for a report may have failed silently: that is asked about as well.
bool asked_about(const Step& step) {
  const bool unknown = step.state == StepState::in_doubt ||
                       (step.state == StepState::awaiting && step.operation == Operation::try_);
  return unknown && !step.query_in_flight && step.unanswered != query_given_up;
}

// Paid, and no card yet.
bool repeated_for(const Step& step) {
  const bool probes = step.state == StepState::parked && step.probing && step.operation == Operation::confirm;
  return (step.state == StepState::confirming || probes) && !step.in_flight && !step.held_since;
}

}  // namespace

// From when on a call could settle what nobody knows, or what only waits (B1, C11): the participant is not
// asked more often than each inquiry_gap, nor before its Retry-After. One that a gate would hold is not even
// tried.
std::optional<TimeMs> EngineImpl::inquiry_at(const Live& live) const {
  std::optional<TimeMs> at;
  const bool tries = live.purchase.state == PurchaseState::trying && !live.purchase.overdue;
  if (failed_ || stopping_ || (!tries && live.purchase.state != PurchaseState::confirming)) return at;
  const std::uint32_t queryable = registry_.queryable(*live.definition);
  const TimeMs time = now();
  for (std::size_t i = 0; i < live.purchase.steps.size(); ++i) {
    const Step& step = live.purchase.steps[i];
    if (tries && (!asked_about(step) || (queryable >> i & 1U) == 0)) continue;
    if (!tries && !repeated_for(step)) continue;
    const TimeMs may = std::max(step.last_attempt_at + inquiry_gap, step.not_before);
    const auto index = static_cast<std::uint8_t>(i);
    if (!tries && may <= time &&
        !gates_.lets_through(endpoint_of_call(live, index, Operation::confirm), time))
      continue;
    if (!at || may < *at) at = may;
  }
  return at;
}

bool EngineImpl::in_doubt(const Live& live) const {
  const auto at = inquiry_at(live);
  return at && *at <= now();
}

// Whoever waits for an outcome asked too early: their question leaves now, if they still wait.
void EngineImpl::inquire_later() {
  const TimeMs time = now();
  while (!inquiries_.empty() && inquiries_.begin()->first <= time) {
    const PurchaseId id = inquiries_.begin()->second;
    inquiries_.erase(inquiries_.begin());
    const auto found = live_.find(id);
    if (found == live_.end() || found->second->waiters.empty()) continue;
    if (const auto ask = inquiry_at(*found->second))
      *ask <= time ? inquire(id) : void(inquiries_.emplace(*ask, id));
  }
}

void EngineImpl::inquire(const PurchaseId& id) {
  Result<Live*> found = find(id);
  if (!found || *found == nullptr) return;
  (void)apply(**found, Inquired{}, false);
  let_go(id);
  set_alarm();
}

}  // namespace settle
