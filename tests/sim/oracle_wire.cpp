// What leaves the daemon, held to the durable log and to what left before.

#include "oracle.hpp"
#include "settle/crypto/crypto.hpp"
#include "world.hpp"

namespace settle::sim {
namespace {

std::optional<Operation> operation_of(const std::string& name) {
  for (int n = 1; n <= operation_count; ++n)
    if (name == settle::name_of(static_cast<Operation>(n))) return static_cast<Operation>(n);
  return std::nullopt;
}

bool waits_for(const std::vector<std::uint8_t>& list, std::size_t step) {
  return std::find(list.begin(), list.end(), static_cast<std::uint8_t>(step)) != list.end();
}

}  // namespace

void Oracle::left(const Call& call) {
  if (journal_failed_) fail("I23: " + call.text() + " left after the journal failed");
  const Shadow* shadow = log_.find(call.job.purchase);
  if (shadow == nullptr) fail("I3: " + call.text() + " left before its purchase was durable");
  const std::optional<Operation> op = operation_of(call.job.operation);
  const auto& steps = shadow->definition->steps;
  std::size_t index = 0;
  while (index < steps.size() && steps[index].name != call.job.step) ++index;
  if (!op || index == steps.size())
    fail("I27: " + call.text() + " is no step of the definition that the purchase began with");
  Seen& seen = seen_[call.job.purchase];
  check_epoch(call);
  check_licensed(call, *shadow, index, *op);
  check_decision(call, seen, *op);
  check_order(call, *shadow, index, seen, *op);
  check_resend(call, seen, *op);
  if (const std::string wrong = waits_.left(call, *shadow, index, *op); !wrong.empty()) fail(wrong);
  const Step& step = shadow->purchase.steps[index];
  std::uint64_t& forced = forced_[{call.job.purchase, index}];
  if (forced == shadow->acts)  // else a person wanted it, whatever the gates said
    if (const std::string wrong = log_.gates().left(*shadow->definition, shadow->purchase, index, *op,
                                                    step.last_attempt_at, world_.daemon.clock().now());
        !wrong.empty())
      fail(wrong + ": " + call.text());
  forced = shadow->acts;
  check_results(call, *shadow, index, *op);
  if (*op == Operation::try_) ++seen.unsure_tries[call.job.step];
}

// I15: each life of the daemon has a higher epoch, and its calls carry it.
void Oracle::check_epoch(const Call& call) {
  auto& [life, epoch] = epochs_[call.shard];
  if (call.life == life ? call.epoch != epoch : call.epoch <= epoch)
    fail("I15: " + call.text() + " carries epoch " + std::to_string(call.epoch) + " after " +
         std::to_string(epoch));
  life = call.life;
  epoch = call.epoch;
}

// I2, I3, I18: the intent, its attempt and the decision behind it are in the durable log.
void Oracle::check_licensed(const Call& call, const Shadow& shadow, std::size_t index, Operation op) {
  const Step& step = shadow.purchase.steps[index];
  if (step.attempts_of(op) < call.attempt)
    fail("I18: " + call.text() + " left before it was counted durably");
  const Decision decision = shadow.purchase.decision;
  if ((op == Operation::confirm || op == Operation::deliver) && decision != Decision::commit)
    fail("I2: " + call.text() + " left before the decision to commit was durable");
  if (op == Operation::cancel && decision != Decision::cancel)
    fail("I2: " + call.text() + " left before the decision to cancel was durable");
  if (op == Operation::try_ && decision != Decision::none)
    fail("I8: " + call.text() + " left after the decision");
  if (is_terminal(shadow.purchase.state) && op != Operation::query && op != Operation::cancel)
    fail("I14: " + call.text() + " left after the end");
}

// I1, I8, I10: by the wire alone.
void Oracle::check_decision(const Call& call, Seen& seen, Operation op) {
  if (op == Operation::confirm || op == Operation::deliver) {
    if (seen.cancel_left) fail("I1: " + call.text() + " left after a cancel had");
    seen.confirm_left = true;
  }
  if (op == Operation::cancel) {
    if (seen.confirm_left) fail("I1: " + call.text() + " left after a confirm had");
    seen.cancel_left = true;
  }
  if (op == Operation::try_ && (seen.cancel_left || seen.confirm_left))
    fail("I8: " + call.text() + " left after the decision was carried out");
}

// I3, I10, I12: what it waits for has happened at the services, by their own books.
void Oracle::check_order(const Call& call, const Shadow& shadow, std::size_t index, const Seen& seen,
                         Operation op) {
  const auto& steps = shadow.definition->steps;
  const StepDefinition& step = steps[index];
  if (op == Operation::try_)
    for (const std::uint8_t before : step.after)
      if (seen.tried_at.count(steps[before].name) == 0)
        fail("I3: " + call.text() + " left before " + steps[before].name + " was tried");
  if (op == Operation::confirm)
    for (const std::uint8_t before : step.confirm_after)
      if (steps[before].mode == StepMode::tcc && seen.confirmed_at.count(steps[before].name) == 0)
        fail("I10: " + call.text() + " left before " + steps[before].name + " was confirmed");
  if (op == Operation::cancel && step.mode == StepMode::compensable)
    for (std::size_t later = 0; later < steps.size(); ++later) {
      if (!waits_for(steps[later].after, index) || steps[later].mode == StepMode::deliver) continue;
      const auto sent = seen.unsure_tries.find(steps[later].name);
      if (sent == seen.unsure_tries.end()) continue;
      const bool only_refused = sent->second == 1 && seen.refused_at.count(steps[later].name) != 0;
      if (!only_refused && seen.cancelled_at.count(steps[later].name) == 0)
        fail("I10: " + call.text() + " left before " + steps[later].name +
             ", which depends on it, was undone");
    }
}

// I26: a resend has the same bytes and the same ids.
void Oracle::check_resend(const Call& call, Seen& seen, Operation op) {
  const auto digest = sha256(call.request.body + "|" + call.webhook_id);
  std::uint64_t body = 0;
  for (int i = 0; i < 8; ++i) body = body << 8 | digest[static_cast<std::size_t>(i)];
  const auto known = seen.bodies.emplace(call.job.step + ":" + call.job.operation, body).first;
  if (op != Operation::query && known->second != body)
    fail("I26: " + call.text() + " was resent with another body");
}

void Oracle::answered(const Call& call, const HttpAnswer& answer) {
  waits_.answered(call, answer);
  if (answer.failure != Cause::overload || call.job.operation != "try") return;
  auto& sent = seen_[call.job.purchase].unsure_tries;  // it never left
  if (const auto found = sent.find(call.job.step); found != sent.end() && --found->second == 0)
    sent.erase(found);
}

// C2, I11: it carries what the shop ordered, and of other steps what their services said: all that it waited
// for.
void Oracle::check_results(const Call& call, const Shadow& shadow, std::size_t index, Operation op) {
  const Order& order = shadow.purchase.order;
  const Job& job = call.job;
  if (job.amount != order.amount_minor || job.quantity != order.quantity || job.buyer != order.buyer ||
      job.sku != order.sku)
    fail("I11: " + call.text() + " carries other goods or another price than was ordered");
  // Whoever reported "done" by mistake said no result, nor does an operator who did it by hand.
  const bool misled = world_.faults.struck()[static_cast<std::size_t>(Fault::callback_contradicts)] != 0;
  if (op == Operation::try_ && !misled && shadow.acts == 0)
    for (const std::uint8_t before : shadow.definition->steps[index].after)
      if (call.holds.count(shadow.definition->steps[before].name) == 0)
        fail("C2: " + call.text() + " does not pass on the hold of " + shadow.definition->steps[before].name);
  for (const auto& [step, hold] : call.holds) {
    for (const StepDefinition& defined : shadow.definition->steps) {
      if (defined.name != step || defined.mode == StepMode::deliver) continue;
      const Hold* said = world_.services.at(defined.target).find(call.job.purchase, step);
      if (said == nullptr || said->try_body.find("\"" + hold + "\"") == std::string::npos)
        fail("C2: " + call.text() + " passes on a hold that " + step + " never gave: " + hold);
    }
  }
}

void Oracle::delivered(const Call& call) {
  Seen& seen = seen_[call.job.purchase];
  ++seen.deliveries[call.webhook_id];
  seen.delivered.insert(call.job.step);
  if (!seen.confirm_left) fail("I26: " + call.text() + " was delivered without a decision");
}

// Whatever it says, true or not.
void Oracle::callback_arrives(const Call& call) {
  waits_.disturbed(call.job.purchase, call.job.step);
}

void Oracle::callback_answered(const Call& call, const std::string& code) {
  if (code.empty() && journal_failed_) fail("I23: a callback was taken after the journal failed");
  if (code == "unknown_token" || code == "invalid_callback")
    fail("I13: the true report of " + call.text() + " was refused: " + code);
}

void Oracle::forged_callback(const std::string& what, bool known, const std::string& code) {
  if (code == "journal_failed" || code == "io") return;
  if (!known && code != "unknown_token")
    fail("I13: a forged token was answered " + (code.empty() ? "ok" : code));
  if (what == "malformed" && code != "invalid_callback") fail("I13: a malformed report was answered " + code);
}

}  // namespace settle::sim
