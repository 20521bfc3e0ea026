// What meets a shut gate, and what is woken when it opens (docs/retry.md, "Gates"). What is held rests on
// disk under its lane, in the index "held"; what probes, in the index "probing". Both are written with the
// record that makes it so.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine_impl.hpp"
#include "settle/coordinator/log.hpp"
#include "settle/statemachine/bug.hpp"

namespace settle {
namespace {

constexpr const char* merchant_prefix = "$merchant/";
constexpr DurationMs hold_max{86'400'000};
constexpr std::size_t released_at_once = 100;  // a round; new purchases keep their turn (A9)
constexpr std::size_t lanes_at_once = 256;
constexpr DurationMs drain_pause{10};

// The index gives the newest first; what has waited longest is to be found first.
TimeMs oldest_first(TimeMs since) {
  return TimeMs{(std::int64_t{1} << 52) - since.count};
}

bool waits(const Step& step) {
  return !step.in_flight && !step.query_in_flight;
}

// What a held or probing step calls next.
Operation held_operation(const Step& step) {
  const bool asks = step.state == StepState::in_doubt || step.state == StepState::awaiting ||
                    step.state == StepState::cancelled;
  return asks ? Operation::query : step.operation;
}

}  // namespace

EndpointKey EngineImpl::endpoint_of_call(const Live& live, std::uint8_t step, Operation operation) const {
  const std::string& target = live.definition->steps[step].target;
  if (target != merchant_target) return EndpointKey{target, operation};
  return EndpointKey{merchant_prefix + live.purchase.order.merchant, operation};
}

CallLimits EngineImpl::limits_of(const EndpointKey& endpoint) const {
  if (endpoint.target.rfind(merchant_prefix, 0) == 0) {
    const Merchant* merchant = registry_.reachable_merchant(endpoint.target.substr(10));
    return merchant == nullptr ? CallLimits{} : CallLimits{merchant->calls, {}};
  }
  const Participant* participant = registry_.reachable_participant(endpoint.target);
  if (participant == nullptr) return {};
  const auto own = participant->endpoint_calls.find(endpoint.operation);
  return CallLimits{own == participant->endpoint_calls.end() ? EndpointLimits{} : own->second,
                    participant->calls};
}

// Whether the call that was counted may leave; if not, it is held.
bool EngineImpl::pass(Live& live, const Effect& effect, bool forced) {
  const EndpointKey endpoint = endpoint_of_call(live, effect.step, effect.operation);
  const auto let_through = std::find_if(
      live.admitted.begin(), live.admitted.end(),
      [&](const Live::Admitted& one) { return one.step == effect.step && one.endpoint == endpoint; });
  if (let_through != live.admitted.end()) {
    live.admitted.erase(let_through);
    return true;
  }
  if (forced) return gates_.force(endpoint, now()), true;
  const HeldBy by = gates_.admit(endpoint, limits_of(endpoint), effect.attempt > 1, now());
  if (by == HeldBy::none) return true;
  hold(live, effect.step, effect.operation, effect.attempt, by);
  return false;
}

// It looks again by itself after an hour, and ever later, should nobody wake it: not all at the same time.
void EngineImpl::hold(Live& live, std::uint8_t step, Operation operation, std::uint16_t attempt, HeldBy by) {
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
  (void)apply(live, Held{step, operation, attempt, by, time + wait}, false);
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
    const bool repetition = step.attempts_of(*operation) > 0;
    const HeldBy by = gates_.admit(endpoint, limits_of(endpoint), repetition, time);
    if (by == HeldBy::none) {
      live.admitted.push_back({index, endpoint, repetition});
    } else {
      hold(live, index, *operation, 0, by);
      if (failed_) return false;
    }
  }
  return true;
}

void EngineImpl::return_unused(Live& live) {
  for (const Live::Admitted& one : std::exchange(live.admitted, {})) never_left(one.endpoint, one.repetition);
}

// Who was to find out whether an endpoint is back did not: somebody else has to.
void EngineImpl::never_left(const EndpointKey& endpoint, bool repetition) {
  gates_.forgotten(endpoint, repetition);
  if (gates_.state(endpoint, now()) == BreakerState::half_open && probe_at_.count(endpoint) == 0)
    probe_later(endpoint, now() + DurationMs{1'000});
}

// Once it is on disk, where it is looked for: the gate may have opened since, or something have come free.
void EngineImpl::wake_if_open(const Live& live) {
  for (const Lane& lane : lanes_of_held(live)) {
    if (std::string_view(lane.index) != "held" || SETTLE_BUG(held_not_indexed)) continue;
    const EndpointKey endpoint = *endpoint_of(lane.name);
    const BreakerState state = gates_.state(endpoint, now());
    if (state == BreakerState::closed) drain_soon(lane.name);
    if (state == BreakerState::half_open && probe_at_.count(endpoint) == 0)
      probe_later(endpoint, now() + DurationMs{1'000});
  }
}

void EngineImpl::ended(const EndpointKey& endpoint, CallEnd end, bool repetition, TimeMs left_at) {
  const GateChange change = gates_.ended(endpoint, end, repetition, left_at, now());
  if (change != GateChange::none) return gate_changed(endpoint, change, nullptr, [](const Status&) {});
  if (gates_.state(endpoint, now()) != BreakerState::half_open) return;
  // It takes more than one success; and who answered neither way found out nothing.
  if (end == CallEnd::answered) probe_later(endpoint, now());
  if (end == CallEnd::neither && probe_at_.count(endpoint) == 0)
    probe_later(endpoint, now() + config_.gates.breaker.open_for);
}

void EngineImpl::gate_changed(const EndpointKey& endpoint, GateChange change, const Act* act,
                              OnDurable then) {
  if (change == GateChange::none) return then(ok());
  nlohmann::json event{
      {"event", name_of(change)}, {"target", endpoint.target}, {"operation", name_of(endpoint.operation)}};
  if (change == GateChange::opened) event["until_ms"] = gates_.probe_at(endpoint).count;
  if (act != nullptr) event["who"] = act->who, event["why"] = act->why;
  probe_later(endpoint, TimeMs{});
  if (change == GateChange::closed) probers_.erase(endpoint);
  const bool shut = change == GateChange::opened || change == GateChange::disabled;
  if (change == GateChange::opened && !SETTLE_BUG(gate_never_probed))
    probe_later(endpoint, gates_.probe_at(endpoint));
  if (!shut) wake_lanes(endpoint);
  const std::string text = endpoint.text();
  if (shut)
    log_alert("an endpoint is left alone", {{"code", name_of(change)}, {"endpoint", text}});
  else
    log_info("an endpoint is called again", {{"code", name_of(change)}, {"endpoint", text}});
  put_document(act != nullptr ? RecordKind::operation : RecordKind::engine, event.dump(),
               DocumentChange{"gate", text, gates_.memory(endpoint)}, std::move(then));
  set_alarm();
}

void EngineImpl::wake_lanes(const EndpointKey& endpoint) {
  for (std::string& lane : lanes_of(endpoint)) {
    waking_.insert_or_assign(lane, std::nullopt);
    drain_soon(std::move(lane));
  }
}

void EngineImpl::drain_soon(std::string lane) {
  const TimeMs soon = now() + drain_pause;
  if (drain_at_ < now() || soon < drain_at_) drain_at_ = soon;
  draining_[std::move(lane)] = Drain{soon, 0};
}

std::set<EngineImpl::Lane> EngineImpl::lanes_of_held(const Live& live) const {
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

void EngineImpl::probe_later(const EndpointKey& endpoint, TimeMs at) {
  if (const auto found = probe_at_.find(endpoint); found != probe_at_.end()) {
    probes_by_time_.erase({found->second, endpoint});
    probe_at_.erase(found);
  }
  if (!at) return;
  probe_at_.emplace(endpoint, at);
  probes_by_time_.emplace(at, endpoint);
}

void EngineImpl::work_gates() {
  const TimeMs time = now();
  std::vector<EndpointKey> probing;
  for (auto it = probes_by_time_.begin(); it != probes_by_time_.end() && it->first <= time; ++it)
    probing.push_back(it->second);
  for (const EndpointKey& endpoint : probing) {
    probe_later(endpoint, TimeMs{});
    if (gates_.state(endpoint, time) == BreakerState::half_open) probe(endpoint);
  }
  if ((draining_.empty() && waking_.empty()) || time < drain_at_) return;
  drain_at_ = time + drain_pause;
  drain_lanes();
  std::size_t room = released_at_once, lanes = lanes_at_once;
  for (auto it = waking_.begin(); it != waking_.end() && room > 0 && lanes > 0; --lanes) {
    const bool goes_on =
        gates_.lets_through(*endpoint_of(it->first), time) && wake_probing(it->first, it->second, room);
    it = goes_on ? std::next(it) : waking_.erase(it);
  }
}

// The most important first. A lane that is stopped by its limits is passed over for a while, so that others
// have their turn.
void EngineImpl::drain_lanes() {
  const TimeMs time = now();
  std::size_t room = released_at_once, lanes = lanes_at_once;
  for (auto it = draining_.begin(); it != draining_.end() && room > 0 && lanes > 0;) {
    if (time < it->second.at) {
      ++it;
      continue;
    }
    --lanes;
    const bool goes_on =
        gates_.lets_through(*endpoint_of(it->first), time) && drain(it->first, it->second, room);
    it = goes_on ? std::next(it) : draining_.erase(it);
  }
}

// Half-open: one of what waits finds out whether the endpoint is back. Nothing waits: the next call does. It
// is the same one each time, or else one that is with a person already: so of all that wait, one at most
// loses its attempts to a long outage.
void EngineImpl::probe(const EndpointKey& endpoint) {
  bool stopped = false;  // by its limits
  const auto calls = [&](const PurchaseId& id) {
    for (const std::string& lane : lanes_of(endpoint)) {
      const std::optional<HeldBy> by = release_steps(id, lane);
      if (by == HeldBy::none) return true;
      stopped = stopped || by.has_value();
    }
    return false;
  };
  if (const auto last = probers_.find(endpoint); last != probers_.end()) {
    if (calls(last->second)) return;
    // It waits by its policy, and is the probe when that is over.
    const TimeMs due = due_at(last->second, endpoint);
    if (due && due <= now() + DurationMs{120'000}) return probe_later(endpoint, due + DurationMs{1'000});
  }
  for (const char* index : {"probing", "held"})
    for (const std::string& lane : lanes_of(endpoint)) {
      const auto entries = journal_.index(index, lane, std::nullopt, 8);
      if (!entries) return fail(entries.error());
      for (const Journal::IndexEntry& entry : *entries)
        if (calls(entry.purchase)) return probers_.insert_or_assign(endpoint, entry.purchase), void();
    }
  if (stopped) probe_later(endpoint, now() + DurationMs{1'000});
}

// When a step of the purchase calls the endpoint by its own plan; 0: none does.
TimeMs EngineImpl::due_at(const PurchaseId& id, const EndpointKey& endpoint) {
  Result<Live*> found = find(id);
  if (!found || *found == nullptr) return TimeMs{};
  const Live& live = **found;
  TimeMs due;
  for (std::size_t i = 0; i < live.purchase.steps.size(); ++i) {
    const Step& step = live.purchase.steps[i];
    const auto operation = next_call(step, true);
    if (operation && endpoint_of_call(live, static_cast<std::uint8_t>(i), *operation) == endpoint)
      due = earlier(due, step.wake_at);
  }
  let_go(id);
  return due;
}

// What is held, oldest first. False: nothing is left, or nothing that can be woken (what cannot be read, say,
// has its own wake-up).
bool EngineImpl::drain(const std::string& lane, Drain& drain, std::size_t& room) {
  const auto entries = journal_.index("held", lane, std::nullopt, room);
  if (!entries) return fail(entries.error()), false;
  bool stopped = false;
  std::size_t woken = 0;
  for (const Journal::IndexEntry& entry : *entries) {
    const std::optional<HeldBy> by = release_steps(entry.purchase, lane);
    stopped = by && *by != HeldBy::none;
    if (stopped) break;
    if (by) ++woken;
  }
  room -= woken;
  drain.idle = stopped || woken > 0 ? 0 : drain.idle + 1;
  // An entry goes with the record that wakes it, which may take a sync or two.
  drain.at = now() + DurationMs{stopped ? 10 * drain_pause.count : drain_pause.count * (1 + drain.idle)};
  return !entries->empty() && drain.idle < 60;
}

// What is with a person and probes: each once, now that its endpoint is back. False: that was all.
bool EngineImpl::wake_probing(const std::string& lane, std::optional<Journal::IndexEntry>& after,
                              std::size_t& room) {
  const auto entries = journal_.index("probing", lane, after, room);
  if (!entries) return fail(entries.error()), false;
  for (const Journal::IndexEntry& entry : *entries) {
    const std::optional<HeldBy> by = release_steps(entry.purchase, lane);
    if (by && *by != HeldBy::none) return true;
    after = entry;
    if (by) --room;
  }
  return !entries->empty();
}

// none: one of the purchase's steps calls now; nullopt: none of them waits in this lane any more; else what
// stops it.
std::optional<HeldBy> EngineImpl::release_steps(const PurchaseId& id, const std::string& lane) {
  Result<Live*> found = find(id);
  if (!found || *found == nullptr) return std::nullopt;
  Live& live = **found;
  std::optional<HeldBy> result;
  for (std::size_t i = 0; i < live.purchase.steps.size(); ++i) {
    const Step& step = live.purchase.steps[i];
    const bool probes = step.probing && step.state == StepState::parked;
    if (!waits(step) || (!step.held_since && !probes)) continue;
    const auto index = static_cast<std::uint8_t>(i);
    const EndpointKey endpoint = endpoint_of_call(live, index, held_operation(step));
    if (lane_of(endpoint, live.definition->steps[i].priority) != lane) continue;
    const bool repetition = step.attempts_of(endpoint.operation) > 0;
    result = gates_.admit(endpoint, limits_of(endpoint), repetition, now());
    if (*result != HeldBy::none) break;
    live.admitted.push_back({index, endpoint, repetition});
    const Result<Applied> released = apply(live, Released{index}, false);
    if (!released || released->verdict == Verdict::refused) {
      return_unused(live);
      break;
    }
  }
  let_go(id);
  return result;
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
  gate_changed(endpoint, gates_.disable(endpoint, now()), &act,
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

// Its registration names another place: what was disabled was the old one.
void EngineImpl::enable_changed(const std::string& target) {
  for (const EndpointKey& endpoint : gates_.disabled_of(target))
    gate_changed(endpoint, gates_.enable(endpoint, now()), nullptr, [](const Status&) {});
}

// After a restart: a crash may have cut off what was being woken, and open breakers want their probes.
void EngineImpl::resume_gates() {
  for (const EndpointView& one : gates_.view(now()))
    if (const TimeMs at = gates_.probe_at({one.target, one.operation}))
      probe_later({one.target, one.operation}, at);
  const auto all = [&](const EndpointKey& endpoint) {
    for (std::string& lane : lanes_of(endpoint)) drain_soon(std::move(lane));
  };
  for (const auto& [name, participant] : registry_.participants())
    for (const auto& [operation, path] : participant.endpoints) all({name, operation});
  for (const auto& [id, merchant] : registry_.merchants()) all({merchant_prefix + id, Operation::deliver});
  for (const auto& [name, participant] : registry_.retired_participants())
    for (const auto& [operation, path] : participant.endpoints) all({name, operation});
  for (const auto& [id, merchant] : registry_.retired_merchants())
    all({merchant_prefix + id, Operation::deliver});
}

}  // namespace settle
