// What meets a shut gate, and what is woken when it opens (docs/retry.md, "Gates"). What is held rests on
// disk under its lane, in the index "held"; what probes, in the index "probing". Both are written with the
// record that makes it so.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine_impl.hpp"
#include "lanes.hpp"
#include "settle/coordinator/log.hpp"
#include "settle/statemachine/bug.hpp"

namespace settle {
namespace {

constexpr DurationMs hold_max{86'400'000};

}  // namespace

EndpointKey EngineImpl::endpoint_of_call(const Live& live, std::uint8_t step, Operation operation) const {
  const std::string& target = live.definition->steps[step].target;
  if (target != merchant_target) return EndpointKey{target, operation};
  return EndpointKey{merchant_prefix + live.purchase.order.merchant, operation};
}

CallLimits EngineImpl::limits_of(const EndpointKey& endpoint) const {
  if (endpoint.target.rfind(merchant_prefix, 0) == 0) {
    const Merchant* merchant = registry_.reachable_merchant(endpoint.target.substr(10));
    return merchant == nullptr ? CallLimits{}
                               : CallLimits{merchant->calls, {}, merchant->limits.connections_max};
  }
  const Participant* participant = registry_.reachable_participant(endpoint.target);
  if (participant == nullptr) return {};
  const auto own = participant->endpoint_calls.find(endpoint.operation);
  return CallLimits{own == participant->endpoint_calls.end() ? EndpointLimits{} : own->second,
                    participant->calls, participant->limits.connections_max};
}

// Whether the call that was counted may leave, and as what; if not, it is held.
std::optional<CallKind> EngineImpl::pass(Live& live, const Effect& effect, bool forced) {
  const EndpointKey endpoint = endpoint_of_call(live, effect.step, effect.operation);
  const auto let_through = std::find_if(
      live.admitted.begin(), live.admitted.end(),
      [&](const Live::Admitted& one) { return one.step == effect.step && one.endpoint == endpoint; });
  if (let_through != live.admitted.end()) {
    const CallKind kind = let_through->kind;
    live.admitted.erase(let_through);
    return kind;
  }
  if (forced) return gates_.force(endpoint, now()), CallKind::fresh;
  const CallKind kind = effect.attempt > 1 ? CallKind::repeated : CallKind::fresh;
  const HeldBy by = gates_.admit(endpoint, limits_of(endpoint), kind, now());
  if (by == HeldBy::none) return kind;
  (void)hold(live, effect.step, effect.operation, effect.attempt, by);
  return std::nullopt;
}

// It looks again by itself after an hour, and ever later, should nobody wake it: not all at the same time.
// False: the step has gone on.
bool EngineImpl::hold(Live& live, std::uint8_t step, Operation operation, std::uint16_t attempt, HeldBy by) {
  const TimeMs time = now(), since = live.purchase.steps[step].held_since;
  DurationMs wait = config_.gates.hold;
  if (since) wait = std::clamp(time - since, wait, std::max(wait, hold_max));
  wait.count +=
      static_cast<std::int64_t>(live.purchase.id.prefix() % static_cast<std::uint64_t>(wait.count / 4 + 1));
  const EndpointKey endpoint = endpoint_of_call(live, step, operation);
  if (by == HeldBy::breaker || gates_.state(endpoint, time) == BreakerState::half_open) {
    if (const TimeMs at = gates_.probe_at(endpoint); probe_at_.count(endpoint) == 0)
      probe_later(endpoint, at ? at : time + DurationMs{1'000});  // half-open: the probe is out
  }
  const Result<Applied> held = apply(live, Held{step, operation, attempt, by, time + wait}, false);
  return held && held->verdict != Verdict::refused;
}

// Before a wake-up: what would call a shut endpoint is put off without being counted. False: the journal
// failed.
bool EngineImpl::hold_due(Live& live) {
  const TimeMs time = now();
  const std::uint32_t queryable = registry_.queryable(*live.definition);
  for (std::size_t i = 0; i < live.purchase.steps.size(); ++i) {
    const Step& step = live.purchase.steps[i];
    if (!step.wake_at || step.wake_at > time) continue;
    const auto operation = next_call(step, (queryable >> i & 1U) != 0);
    if (!operation) continue;
    // Nobody answers whether a try succeeded late: a person must know.
    if (step.state == StepState::cancelled && step.held_since && step.held_since + held_alone <= time)
      continue;
    const auto index = static_cast<std::uint8_t>(i);
    const EndpointKey endpoint = endpoint_of_call(live, index, *operation);
    const CallKind kind = step.attempts_of(*operation) > 0 ? CallKind::repeated
                          : step.held_since                ? CallKind::waited
                                                           : CallKind::fresh;
    const HeldBy by = gates_.admit(endpoint, limits_of(endpoint), kind, time);
    if (by == HeldBy::none) {
      live.admitted.push_back({index, endpoint, kind});
    } else {
      (void)hold(live, index, *operation, 0, by);
      if (failed_) return false;
    }
  }
  return true;
}

void EngineImpl::return_unused(Live& live) {
  for (const Live::Admitted& one : std::exchange(live.admitted, {})) never_left(one.endpoint, one.kind);
}

// Who was to find out whether an endpoint is back did not: somebody else has to.
void EngineImpl::never_left(const EndpointKey& endpoint, CallKind kind) {
  gates_.forgotten(endpoint, kind);
  came_free(endpoint.target);
  if (gates_.state(endpoint, now()) == BreakerState::half_open && probe_at_.count(endpoint) == 0)
    probe_later(endpoint, now() + DurationMs{1'000});
}

// Once it is on disk, where it is looked for: the gate may have opened since, or something have come free.
void EngineImpl::wake_if_open(const Live& live) {
  for (const Lane& lane : lanes_of_held(live)) {
    const EndpointKey endpoint = *endpoint_of(lane.name);
    if (std::string_view(lane.index) == "probing") gates_.has_probers(endpoint);
    if (std::string_view(lane.index) != "held" || SETTLE_BUG(held_not_indexed)) continue;
    const BreakerState state = gates_.state(endpoint, now());
    if (state == BreakerState::closed) drain_soon(lane.name);
    if (state == BreakerState::half_open && probe_at_.count(endpoint) == 0)
      probe_later(endpoint, now() + DurationMs{1'000});
  }
}

void EngineImpl::ended(const Departure& departure, CallEnd end) {
  const EndpointKey& endpoint = departure.endpoint;
  const GateChange change = gates_.ended(endpoint, end, departure.kind, departure.at, now());
  came_free(endpoint.target);
  if (change != GateChange::none) return gate_changed(endpoint, change, nullptr, [](const Status&) {});
  if (gates_.failing_changed(endpoint, now())) keep_failing(endpoint);
  if (end == CallEnd::answered && gates_.prober_wakes(endpoint, now()) > 0) answered_again(endpoint);
  if (gates_.state(endpoint, now()) != BreakerState::half_open) return;
  // It takes more than one success; and who answered neither way found out nothing.
  if (end == CallEnd::answered || end == CallEnd::refused) probe_later(endpoint, now());
  if ((end == CallEnd::neither || end == CallEnd::unwelcome) && probe_at_.count(endpoint) == 0)
    probe_later(endpoint, now() + config_.gates.breaker.open_for);
}

// While it is closed nothing of it is on disk, but for how long nothing has come of it: a restart must not
// begin the days anew. Written once, when it has failed for an hour; so it is no more often than hourly.
void EngineImpl::keep_failing(const EndpointKey& endpoint) {
  const std::optional<std::string> memory = gates_.memory(endpoint);
  const nlohmann::json event{{"event", memory ? "endpoint_failing" : "endpoint_well"},
                             {"endpoint", endpoint.text()}};
  put_document(RecordKind::engine, event.dump(), DocumentChange{"gate", endpoint.text(), memory},
               [](const Status&) {});
}

void EngineImpl::gate_changed(const EndpointKey& endpoint, GateChange change, const Act* act,
                              OnDurable then) {
  if (change == GateChange::none) return then(ok());
  nlohmann::json event{
      {"event", name_of(change)}, {"target", endpoint.target}, {"operation", name_of(endpoint.operation)}};
  if (change == GateChange::opened) event["until_ms"] = gates_.probe_at(endpoint).count;
  if (change == GateChange::disabled) event["cause"] = name_of(gates_.disabled_by(endpoint));
  if (act != nullptr) event["who"] = act->who, event["why"] = act->why;
  probe_later(endpoint, TimeMs{});
  if (change == GateChange::closed) probers_.erase(endpoint);
  const bool shut = change == GateChange::opened || change == GateChange::disabled;
  if (change == GateChange::opened && !SETTLE_BUG(gate_never_probed))
    probe_later(endpoint, gates_.probe_at(endpoint));
  if (!shut) wake_lanes(endpoint);
  const std::string text = endpoint.text();
  if (shut)
    log_alert(
        "an endpoint is left alone",
        {{"code", name_of(change)}, {"endpoint", text}, {"cause", name_of(gates_.disabled_by(endpoint))}});
  else
    log_info("an endpoint is called again", {{"code", name_of(change)}, {"endpoint", text}});
  put_document(act != nullptr ? RecordKind::operation : RecordKind::engine, event.dump(),
               DocumentChange{"gate", text, gates_.memory(endpoint)}, std::move(then));
  set_alarm();
}

std::set<Lane> EngineImpl::lanes_of_held(const Live& live) const {
  std::set<Lane> lanes;
  for (std::size_t i = 0; i < live.purchase.steps.size(); ++i) {
    const Step& step = live.purchase.steps[i];
    if (!waits(step)) continue;
    const bool probes = step.probing && step.state == StepState::parked && !step.held_since;
    if (!step.held_since && !probes) continue;
    const EndpointKey endpoint = endpoint_of_call(live, static_cast<std::uint8_t>(i), held_operation(step));
    lanes.insert({probes ? "probing" : "held", lane_of(endpoint, live.definition->steps[i].priority),
                  probes ? step.parked_at : step.held_since});
  }
  return lanes;
}

// With each record, so that no crash leaves an entry without its purchase, or a purchase without its entry.
void EngineImpl::index_lanes(const std::set<Lane>& before, const Live& live, Append& append) {
  const std::set<Lane> after = lanes_of_held(live);
  if (before == after) return;
  const auto change = [&](bool put, const Lane& lane) {
    append.indexes.push_back({put, lane.index, lane.name, oldest_first(lane.since), live.purchase.id});
  };
  for (const Lane& lane : before)
    if (after.count(lane) == 0) change(false, lane);
  for (const Lane& lane : after) {
    if (before.count(lane) != 0) continue;
    if (!SETTLE_BUG(held_not_indexed)) change(true, lane);
  }
}

// A14: from half of what fits into memory on, or when what is due is reached late, callbacks give way; to
// four times their waits.
std::uint32_t EngineImpl::stretch() const {
  const std::uint64_t half = std::max<std::uint32_t>(1, config_.in_motion_max / 2);
  std::uint64_t percent = 100;
  if (live_.size() > half) percent = std::max(percent, 100 + 300 * (live_.size() - half) / half);
  if (due_lag_.count > 10'000)
    percent = std::max<std::uint64_t>(percent, 100 + static_cast<std::uint64_t>(due_lag_.count) / 200);
  return percent == 100 ? 0 : static_cast<std::uint32_t>(std::min<std::uint64_t>(percent, 400));
}

Status EngineImpl::known_endpoint(const std::string& target, Operation operation) const {
  const Error unknown{"not_found", "no such endpoint is registered"};
  if (target.rfind(merchant_prefix, 0) == 0) {
    const bool there = registry_.reachable_merchant(target.substr(10)) != nullptr;
    return there && operation == Operation::deliver ? ok() : Status(unknown);
  }
  const Participant* participant = registry_.reachable_participant(target);
  return participant != nullptr && participant->endpoints.count(operation) != 0 ? ok() : Status(unknown);
}

void EngineImpl::disable_endpoint(const std::string& target, Operation operation, Act act, Then<Done> then) {
  if (Status known = known_endpoint(target, operation); !known) return then(known.error());
  const EndpointKey endpoint{target, operation};
  gate_changed(endpoint, gates_.disable(endpoint, DisabledBy::operator_, now()), &act,
               [then = std::move(then)](const Status& status) {
                 if (!status.ok()) return then(status.error());
                 then(Done{});
               });
}

void EngineImpl::enable_endpoint(const std::string& target, Operation operation, Act act, Then<Done> then) {
  if (Status known = known_endpoint(target, operation); !known) return then(known.error());
  const EndpointKey endpoint{target, operation};
  gate_changed(endpoint, gates_.enable(endpoint, now()), &act,
               [then = std::move(then)](const Status& status) {
                 if (!status.ok()) return then(status.error());
                 then(Done{});
               });
}

// Its registration names another place: what was disabled was the old one. Another secret is no reason to
// call an endpoint that a person disabled, or that wanted no more.
void EngineImpl::enable_changed(const std::string& target, Change change) {
  for (const EndpointKey& endpoint : gates_.disabled_of(target))
    if (change == Change::address || gates_.disabled_by(endpoint) == DisabledBy::failing_for_days)
      gate_changed(endpoint, gates_.enable(endpoint, now()), nullptr, [](const Status&) {});
}

}  // namespace settle
