#include "outcome.hpp"

namespace settle::scenarios {
namespace {

constexpr DurationMs waited_for{72LL * 3'600'000};

bool settled(PurchaseState state) {
  return state == PurchaseState::delivering || state == PurchaseState::completed;
}

// I6, I11, I12: what one service's book must say of a purchase that has come to its end.
std::string check_hold(const sim::Hold* hold, bool bought, const Order& order, const sim::Service& service) {
  if (!bought) {
    if (hold == nullptr) return {};
    if (hold->confirmed) return "was taken at " + service.name() + ", and the purchase was cancelled";
    if (hold->tried && !hold->cancelled) return "is still held at " + service.name();
    return {};
  }
  if (hold == nullptr || !hold->confirmed || hold->cancelled)
    return "was completed, and not taken at " + service.name();
  if (hold->tries != 1 || hold->confirms != 1) return "was taken more than once at " + service.name();
  if (hold->quantity != order.quantity || hold->amount != order.amount_minor)
    return "was taken in another amount at " + service.name();
  const bool cards = service.role() == sim::Service::Role::cards;
  if (cards && static_cast<std::int64_t>(hold->cards.size()) != order.quantity)
    return "got another number of cards";
  return {};
}

std::string check_books(const Lab& lab, const PurchaseId& id, const Purchase& purchase) {
  const bool bought = settled(purchase.state);
  if (!bought && purchase.state != PurchaseState::cancelled) return {};
  for (const StepDefinition& step : lab.definition().steps) {
    if (step.mode == StepMode::deliver) continue;
    const sim::Service& service = lab.service(step.target);
    std::string wrong = check_hold(service.find(id, step.name), bought, purchase.order, service);
    if (!wrong.empty()) return id.text() + " " + wrong;
  }
  return {};
}

void count_callback(const Lab& lab, const Life& life, Outcome& out) {
  if (!life.told) return;
  const Receiver& receiver = lab.receiver(life.purchase.order.merchant);
  if (!receiver.outages.up_within(life.first_told, life.first_told + waited_for)) {
    ++out.gone;
    out.gone_through += life.way == Way::none ? 0 : 1;
    return;
  }
  ++out.callbacks;
  ++out.by_way[static_cast<std::size_t>(life.way)];
  out.through += life.way == Way::none ? 0 : 1;
  out.abandoned += life.purchase.steps.back().state == StepState::abandoned ? 1 : 0;
  if (!life.first_lost) return;
  ++out.lost_first;
  const bool held = life.first_cause == Cause::none;
  ++out.causes[held ? "held back by the breaker" : name_of(life.first_cause)];
}

void count_notices(const Lab& lab, Outcome& out) {
  for (const auto& [name, receiver] : lab.receivers()) {
    for (const auto& [id, times] : receiver.arrived) {
      ++out.notices;
      out.repeated += times > 1 ? 1 : 0;
    }
    for (const auto& [purchase, times] : receiver.effects) out.doubled += times > 1 ? 1 : 0;
  }
}

void count_purchase(const Lab& lab, const PurchaseId& id, const Life& life, Outcome& out) {
  const PurchaseState state = life.purchase.state;
  ++out.submitted;
  out.completed += settled(state) ? 1 : 0;
  out.cancelled += state == PurchaseState::cancelled ? 1 : 0;
  out.open += !settled(state) && state != PurchaseState::cancelled ? 1 : 0;
  out.acted += life.acted ? 1 : 0;
  if (life.vague_charge) {
    ++out.vague;
    out.vague_completed += settled(state) ? 1 : 0;
    out.vague_cancelled += state == PurchaseState::cancelled ? 1 : 0;
  }
  count_callback(lab, life, out);
  if (std::string wrong = check_books(lab, id, life.purchase); !wrong.empty()) {
    ++out.wrong;
    out.first_wrong = wrong;
  }
}

}  // namespace

void Outcome::add(const Outcome& other) {
  submitted += other.submitted, completed += other.completed, cancelled += other.cancelled;
  open += other.open, wrong += other.wrong, acted += other.acted;
  callbacks += other.callbacks, lost_first += other.lost_first, through += other.through;
  abandoned += other.abandoned, gone += other.gone, gone_through += other.gone_through;
  for (std::size_t i = 0; i < by_way.size(); ++i) by_way[i] += other.by_way[i];
  notices += other.notices, repeated += other.repeated, doubled += other.doubled;
  vague += other.vague, vague_completed += other.vague_completed, vague_cancelled += other.vague_cancelled;
  for (const auto& [cause, count] : other.causes) causes[cause] += count;
  records += other.records, crashes += other.crashes;
  if (first_wrong.empty()) first_wrong = other.first_wrong;
}

Outcome run(const Plan& plan) {
  Lab lab(plan);
  lab.run();
  Outcome out;
  Ledger ledger;
  if (std::string wrong = ledger.read(lab.journal(), lab.definition()); !wrong.empty()) {
    ++out.wrong;
    out.first_wrong = wrong;
  }
  for (const auto& [id, life] : ledger.lives()) count_purchase(lab, id, life, out);
  for (const PurchaseId& id : lab.acknowledged()) {
    if (ledger.lives().count(id) != 0) continue;
    ++out.wrong;  // I4
    out.first_wrong = id.text() + " was acknowledged, and is not in the log";
  }
  const bool each_once = out.submitted == static_cast<std::uint64_t>(plan.purchases);
  if (!each_once) ++out.wrong, out.first_wrong = "another number of purchases than was submitted";
  count_notices(lab, out);
  out.records = ledger.records();
  out.crashes = static_cast<std::uint64_t>(lab.crashes());
  return out;
}

}  // namespace settle::scenarios
