// What leaves: calls to participants and merchants, and the answers that come back.

#include "engine_impl.hpp"
#include "settle/coordinator/log.hpp"
#include "settle/statemachine/bug.hpp"

namespace settle {
namespace {

// A call that was overtaken (a cancel was decided, an operator acted, a callback came) while its record was
// being synced must not leave: I8. It counts as made all the same.
bool still_wanted(const Step& step, const Effect& effect) {
  if (SETTLE_BUG(overtaken_calls_leave)) return true;
  if (effect.operation == Operation::query)
    return step.query_in_flight && step.attempts_of(Operation::query) == effect.attempt;
  return step.in_flight && step.operation == effect.operation &&
         step.attempts_of(effect.operation) == effect.attempt;
}

}  // namespace

CallContext EngineImpl::context(const Live& live, const Effect& effect) const {
  return CallContext{*live.definition,
                     live.purchase,
                     effect.step,
                     effect.operation,
                     effect.attempt,
                     live.shard,
                     shards_[live.shard.number].epoch.number,
                     loop_.wall(),
                     config_.callback_base};
}

// Participants speak of the wall clock's time. Everything that is compared is engine time, which a step of
// the wall clock does not move: a hold lasts as long as it was said to last when that was heard.
TimeMs EngineImpl::in_engine_time(TimeMs wall) const {
  if (!wall) return wall;
  return TimeMs{std::max<std::int64_t>(1, wall.count + (now() - loop_.wall()).count)};
}

void EngineImpl::dispatch(const PurchaseId& id, const Effect& effect, bool forced) {
  const auto found = live_.find(id);
  if (found == live_.end()) return;
  Live& live = *found->second;
  if (!still_wanted(live.purchase.steps[effect.step], effect)) return;
  const std::optional<CallKind> kind = pass(live, effect, forced);
  if (!kind) return;
  Result<HttpRequest> request = build_request(context(live, effect), registry_, *keys_);
  const EndpointKey endpoint = endpoint_of_call(live, effect.step, effect.operation);
  if (!request) {
    never_left(endpoint, *kind);
    return no_call(id, effect, request.error());
  }
  ++calls_out_;
  ++figures_.calls;
  client_.send(std::move(*request), [this, alive = std::weak_ptr<bool>(alive_), id, effect,
                                     departure = Departure{endpoint, *kind, now()}](const HttpAnswer& came) {
    if (!alive.lock()) return;
    --calls_out_;
    answer(id, effect, departure, came);
    if (stopping_) on_wake();
  });
}

namespace {

// What a call's end says about the endpoint. A refusal, and whatever else was well-formed, came from somebody
// who is there.
CallEnd end_of(Operation operation, Cause cause, int status) {
  switch (cause) {
    case Cause::dns:
    case Cause::refused:
    case Cause::connect_timeout:
    case Cause::answer_timeout:
    case Cause::reset:
    case Cause::tls:
    case Cause::format:
    case Cause::digest_mismatch:
    case Cause::lost:
      return CallEnd::failed;
    case Cause::bad_status:
      if (operation == Operation::deliver && status == 410) return CallEnd::gone;
      if (status >= 500) return CallEnd::failed;
      return operation == Operation::deliver ? CallEnd::unwelcome : CallEnd::neither;
    case Cause::throttled:
      return status == 503 ? CallEnd::failed : CallEnd::neither;
    case Cause::signature_refused:
      return operation == Operation::deliver ? CallEnd::unwelcome : CallEnd::neither;
    case Cause::unregistered:
    case Cause::overload:
      return CallEnd::neither;
    case Cause::business_refusal:
    case Cause::contradiction:
      return CallEnd::refused;
    case Cause::none:
      return CallEnd::answered;
  }
  return CallEnd::neither;
}

}  // namespace

void EngineImpl::answer(const PurchaseId& id, const Effect& effect, const Departure& departure,
                        const HttpAnswer& came) {
  Result<Live*> live = find(id);
  if (!live || *live == nullptr) {
    ended(departure, CallEnd::neither);
    log_error("an answer came for a purchase that cannot be read", {{"purchase", id}});
    return;
  }
  if (came.failure == Cause::overload && given_back(**live, effect, departure)) return;
  const CallContext call = context(**live, effect);
  auto said = classify(call, came, registry_, *keys_);
  std::visit([&](auto& event) { event.expires_at = in_engine_time(event.expires_at); }, said);
  const Cause cause = std::visit([](const auto& event) { return event.cause; }, said);
  ended(departure, end_of(effect.operation, cause, came.status));
  std::visit([&](auto& event) { (void)apply(**live, Body(std::move(event)), false); }, said);
  let_go(id);
  set_alarm();
}

// The client had no connection for it in time: it never left, and nobody's answer is judged. False: the step
// has gone on, and it is recorded as what comes late.
bool EngineImpl::given_back(Live& live, const Effect& effect, const Departure& departure) {
  const PurchaseId id = live.purchase.id;
  const bool held = hold(live, effect.step, effect.operation, effect.attempt, HeldBy::concurrency);
  if (!held) return false;
  never_left(departure.endpoint, departure.kind);
  gates_.gave_back(departure.endpoint, limits_of(departure.endpoint), now());
  let_go(id);
  set_alarm();
  return true;
}

// The call could not even be built: its target is not registered (any more), or has no such endpoint.
void EngineImpl::no_call(const PurchaseId& id, const Effect& effect, const Error& error) {
  loop_.post([this, alive = std::weak_ptr<bool>(alive_), id, effect, error] {
    if (!alive.lock()) return;
    Result<Live*> live = find(id);
    if (!live || *live == nullptr) return;
    if (effect.operation == Operation::query) {
      QueryAnswered said;
      said.step = effect.step;
      said.attempt = effect.attempt;
      said.cause = Cause::unregistered;
      said.detail = error.detail;
      (void)apply(**live, said, false);
    } else {
      Answered said;
      said.step = effect.step;
      said.operation = effect.operation;
      said.attempt = effect.attempt;
      said.outcome = Outcome::fault;
      said.cause = Cause::unregistered;
      said.code = error.code;
      said.detail = error.detail;
      (void)apply(**live, said, false);
    }
    let_go(id);
    set_alarm();
  });
}

// Rises while the time that a delivery has runs out (docs/retry.md, "Before the window ends").
void EngineImpl::alert_of_window(const Live& live, const Effect& effect) {
  const Step& step = live.purchase.steps[effect.step];
  const StepDefinition& defined = live.definition->steps[effect.step];
  const TimeMs first = step.first_attempt_at[static_cast<std::size_t>(Operation::deliver) - 1];
  const bool over = effect.code == "delivery_abandoned";
  log_alert(over ? "a delivery was given up: its window is over" : "a delivery has not come through yet",
            {{"purchase", live.purchase.id},
             {"code", effect.code},
             {"step", defined.name},
             {"merchant", live.purchase.order.merchant},
             {"order_id", live.purchase.order.order_id},
             {"attempts", effect.attempt},
             {"first_attempt_at_ms", first},
             {"window_ends_at_ms", first + defined.spec(Operation::deliver).retry.window},
             {"cause", name_of(step.last_cause)},
             {"status", step.last_status},
             {"error", step.error_code}});
}

void EngineImpl::alert(const Live& live, const Effect& effect) {
  ++figures_.alerts;
  counters_.alert(effect.code);
  if (effect.code == "parked") ++figures_.parked;
  const Step& step = live.purchase.steps[effect.step];
  if (effect.operation == Operation::deliver && effect.code != "parked" && effect.code != "contradiction")
    return alert_of_window(live, effect);
  log_alert("a purchase needs a person", {{"purchase", live.purchase.id},
                                          {"code", effect.code},
                                          {"step", live.definition->steps[effect.step].name},
                                          {"operation", name_of(effect.operation)},
                                          {"attempts", effect.attempt},
                                          {"cause", name_of(step.last_cause)},
                                          {"status", step.last_status},
                                          {"error", step.error_code},
                                          {"detail", step.error_detail}});
}

void EngineImpl::callback(std::string_view token, std::string_view body, Then<Done> then) {
  const Error unknown{"unknown_token", "no call of this daemon carries this callback token"};
  const std::optional<CallbackTarget> target = parse_callback_token(token, *keys_);
  if (!target) return then(unknown);
  Result<Live*> found = find(target->purchase);
  if (!found) return then(found.error());
  Live* live = *found;
  if (live == nullptr || target->step >= live->purchase.steps.size()) {
    let_go(target->purchase);
    return then(unknown);
  }
  Result<Told> told =
      parse_callback(body, *live->definition, live->purchase, target->step, target->operation, *keys_);
  if (!told) {
    let_go(target->purchase);
    return then(told.error());
  }
  told->expires_at = in_engine_time(told->expires_at);
  Result<Applied> applied = apply(*live, std::move(*told), true);
  if (!applied) return then(applied.error());
  const bool contradicts = applied->verdict == Verdict::contradiction;
  after(live->ticket, [then = std::move(then), contradicts](const Status& status) {
    if (!status.ok()) return then(status.error());
    if (contradicts)
      return then(
          Error{"contradiction",
                "this contradicts what is known of the purchase; it is recorded, and an operator is told"});
    then(Done{});
  });
  set_alarm();
}

}  // namespace settle
