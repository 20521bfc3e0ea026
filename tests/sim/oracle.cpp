// The books, the log and the promises.

#include "oracle.hpp"

#include "settle/coordinator/verify.hpp"
#include "settle/wal/codec.hpp"
#include "world.hpp"

namespace settle::sim {

Oracle::Oracle(World& world)
    : world_(world),
      log_(world.daemon.disk().shard_count()),
      waits_(world),
      audited_next_(world.daemon.disk().shard_count(), 1) {}

void Oracle::fail(const std::string& what) const {
  throw Violation{false, what};
}
void Oracle::fail_liveness(const std::string& what) const {
  throw Violation{true, what};
}

// I12: no card before its charge is captured, by the books of both.
void Oracle::check_captured(const PurchaseId& id) {
  const Shadow* shadow = log_.find(id);
  for (const StepDefinition& step : shadow->definition->steps) {
    if (step.target != "payment") continue;
    const Hold* charge = world_.services.at("payment").find(id, step.name);
    const bool captured =
        charge != nullptr &&
        (step.mode == StepMode::tcc ? charge->confirmed : charge->tried && !charge->cancelled);
    if (!captured) fail("I12: cards of " + id.text() + " were issued before its charge was captured");
  }
}

void Oracle::worked(const Service& service, const Job& job, const Worked& worked) {
  const Hold* hold = service.find(job.purchase, job.step);
  if (hold == nullptr) return;
  Seen& seen = seen_[job.purchase];
  const std::string where = service.name() + " " + job.purchase.text() + ":" + job.step;
  if (job.operation == "try" && worked.status == 200 && worked.effective) {
    if (seen.cancelled_at.count(job.step) != 0) fail("I9: a try took effect after its cancel at " + where);
    seen.tried_at.insert(job.step);
  }
  if (job.operation == "try" && worked.status == 409) seen.refused_at.insert(job.step);
  if (job.operation == "cancel" && worked.status == 200) seen.cancelled_at.insert(job.step);
  if (job.operation == "confirm" && worked.status == 200) seen.confirmed_at.insert(job.step);
  if (hold->tries > 1 || hold->confirms > 1 || hold->cancels > 1)
    fail("I12: something took effect twice at " + where);
  if (hold->confirmed && hold->cancelled) fail("I1: confirmed and cancelled at " + where);
  if (!hold->cards.empty() && worked.effective) check_captured(job.purchase);
}

bool Oracle::is_hold(const Job& job) const {
  for (const StepDefinition& step : log_.find(job.purchase)->definition->steps)
    if (step.name == job.step) return step.mode == StepMode::tcc;
  return false;
}

void Oracle::read_log() {
  const std::string wrong = log_.read(world_.daemon.disk().inner());
  if (!wrong.empty()) fail(wrong);
  for (const PurchaseId& id : log_.fresh()) {
    const Shadow& shadow = *log_.find(id);
    if (shadow.purchase.decision != Decision::commit || std::exchange(seen_[id].committed, true)) continue;
    check_holds_stand(id, shadow);
  }
}

// I16: a hold that is over by the services' own books must not be built upon. Told by a wall clock that was
// right then, and judged in true time; a clock that drifts may be off by a little.
void Oracle::check_holds_stand(const PurchaseId& id, const Shadow& shadow) {
  const Clock& clock = world_.daemon.clock();
  const TimeMs decided = world_.time.now() - (clock.now() - shadow.purchase.decided_at);
  for (const StepDefinition& step : shadow.definition->steps) {
    if (step.mode != StepMode::tcc) continue;
    const Hold* hold = world_.services.at(step.target).find(id, step.name);
    if (hold == nullptr || !hold->expires || world_.clock_was_wrong_since(hold->made)) continue;
    // A restart while engine time was ahead makes it stand still (docs/architecture.md, "Time").
    if (std::llabs((clock.now() - world_.time.now()).count - hold->ahead.count) > 2'000) continue;
    if (hold->expires + DurationMs{3'000} < decided)
      fail("I16: " + id.text() + " was committed when the hold of " + step.name + " was over");
  }
}

void Oracle::synced() {
  read_log();
}
// A process that goes on refusing everything has still told everybody so.
void Oracle::refusing_ends() {
  if (!questions.open().empty()) fail("I23: the journal failed, and nobody was told: " + questions.open());
}
void Oracle::ended() {
  questions.died();
  read_log();
  check_heads();
  check_promises();
}
void Oracle::started() {
  journal_failed_ = false;
  read_log();
  check_heads();
  check_promises();
}
void Oracle::stopped() {
  if (!journal_failed_ && world_.daemon.disk().inner().unsynced() != 0)
    fail("I3: it stopped, and something is not durable");
}
void Oracle::journal_failed() {
  journal_failed_ = true;
  read_log();
}

// A daemon that refuses to start says that the disk failed, and nothing else: nothing here damages a log that
// it has still to read.
void Oracle::recovery_refused(const Error& error) {
  if (error.code != "io" && error.code != "failed")
    fail("I22: recovery refused: " + error.code + ": " + error.detail);
}

void Oracle::acknowledged(const SubmitRequest& request, const PurchaseView& view) {
  if (journal_failed_) fail("I23: a purchase was acknowledged after the journal failed");
  const PurchaseId& id = view.purchase.id;
  const Shadow* shadow = log_.find(id);
  if (shadow == nullptr) fail("I4: " + id.text() + " was acknowledged before it was durable");
  const auto key = std::pair(request.order.shop, request.order.idempotency_key);
  const auto promised = promised_.emplace(key, id).first;
  if (promised->second != id) fail("I5: key " + key.second + " gave two purchases");
  const Order& order = shadow->purchase.order;
  const bool same = order.amount_minor == request.order.amount_minor && order.sku == request.order.sku &&
                    order.idempotency_key == request.order.idempotency_key;
  const bool cart = !request.order.cart_id.empty() && order.cart_id == request.order.cart_id &&
                    order.amount_minor == request.order.amount_minor;
  if (!same && !cart) fail("I5: key " + key.second + " was answered with somebody else's purchase");
}

void Oracle::reuse_accepted(const SubmitRequest& request, const PurchaseView& view) {
  fail("I5: key " + request.order.idempotency_key + " with another body was answered " +
       view.purchase.id.text());
}

// A refusal for good rests on what is durable: a shop that gives up on it must not be alone with it after a
// crash.
void Oracle::submit_refused(const SubmitRequest& request, const std::string& code) {
  if (code != "idempotency_key_reused" && code != "cart_id_reused") return;
  for (const auto& [id, shadow] : log_.all()) {
    const Order& order = shadow.purchase.order;
    const bool same_key =
        order.shop == request.order.shop && order.idempotency_key == request.order.idempotency_key;
    const bool same_cart = order.shop == request.order.shop && order.cart_id == request.order.cart_id;
    if (code == "idempotency_key_reused" ? same_key : same_cart) return;
  }
  const auto joined = promised_.find({request.order.shop, request.order.idempotency_key});
  if (joined == promised_.end()) fail("I3: " + code + " was told for a purchase that is not durable");
}

void Oracle::taken_though_erased(const PurchaseView& view) {
  if (view.created)
    fail("I4: " + view.purchase.id.text() + " was taken for a merchant whose deletion had been confirmed");
}

// To who waits for news. What is durable may be looked at even when the journal has failed.
void Oracle::outcome_told(const PurchaseView& view) {
  if (journal_failed_ && view.purchase.decision != Decision::none)
    fail("I23: an outcome was told after the journal failed");
  shown(view);
}

void Oracle::shown(const PurchaseView& view) {
  const Purchase& p = view.purchase;
  if (p.decision == Decision::none || p.state == PurchaseState::confirming ||
      p.state == PurchaseState::cancelling)
    return;
  const Shadow* shadow = log_.find(p.id);
  if (shadow == nullptr || shadow->purchase.decision != p.decision)
    fail("I3: an outcome was told before it was durable");
  const auto told = told_.emplace(p.id, p.state).first;
  if ((told->second == PurchaseState::cancelled) != (p.state == PurchaseState::cancelled))
    fail("I14: " + p.id.text() + " was told to be two things");
}

void Oracle::act_told(const std::string& who, const PurchaseId& id) {
  const Shadow* shadow = log_.find(id);
  if (shadow == nullptr || shadow->actors.count(who) == 0)
    fail("I25: the act of " + who + " was confirmed but is not in the durable log");
}

// What was durable once is there for good.
void Oracle::check_heads() {
  if (const std::string wrong = log_.check_heads(world_.daemon.disk().inner()); !wrong.empty()) fail(wrong);
}

void Oracle::check_promises() {
  for (const auto& [key, id] : promised_)
    if (log_.find(id) == nullptr) fail("I4: the acknowledged purchase of key " + key.second + " is lost");
}

}  // namespace settle::sim
