#include "gates.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace settle {
namespace {

constexpr std::uint32_t prober_wakes_max = 10;
constexpr DurationMs probers_rest_min{60'000}, probers_rest_max{3'600'000};
constexpr DurationMs failing_kept_after{3'600'000};
constexpr DurationMs given_back_rest{1'000};

}  // namespace

const char* name_of(GateChange change) {
  static const char* const names[] = {"none", "breaker_opened", "breaker_closed", "endpoint_disabled",
                                      "endpoint_enabled"};
  return names[static_cast<std::size_t>(change)];
}

bool Gates::Bucket::has(std::uint32_t per_second, std::int64_t most_milli, TimeMs now) {
  if (milli < 0) {
    milli = most_milli;
  } else if (at < now) {
    const std::int64_t passed = std::min<std::int64_t>((now - at).count, 3'600'000);
    milli = std::min(most_milli, milli + passed * per_second);
  }
  if (at < now) at = now;
  return milli >= 1'000;
}

void Gates::Bucket::put(std::int64_t more, std::int64_t most_milli) {
  if (milli >= 0) milli = std::min(most_milli, milli + more);
}

Gates::Gate& Gates::gate(const EndpointKey& endpoint) {
  const auto found = gates_.find(endpoint);
  if (found != gates_.end()) return found->second;
  return gates_.emplace(endpoint, Gate(targets_[endpoint.target], policy_.breaker)).first->second;
}

HeldBy Gates::admit(const EndpointKey& endpoint, const CallLimits& limits, CallKind kind, TimeMs now) {
  Gate& gate = this->gate(endpoint);
  Target& target = *gate.target;
  const auto held = [&](HeldBy by) { return ++gate.held, by; };
  const BreakerState state = gate.breaker.state(now);
  if (state == BreakerState::disabled) return held(HeldBy::disabled);
  if (state == BreakerState::open) return held(HeldBy::breaker);

  const auto limited = [&](const EndpointLimits& limit, std::uint32_t out, Bucket& rate) {
    if (limit.calls_at_once != 0 && out >= limit.calls_at_once) return HeldBy::concurrency;
    if (limit.calls_per_second != 0 &&
        !rate.has(limit.calls_per_second, std::int64_t{limit.calls_per_second} * 1'000, now))
      return HeldBy::rate;
    return HeldBy::none;
  };
  if (const HeldBy by = limited(limits.endpoint, gate.out, gate.rate); by != HeldBy::none) return held(by);
  if (const HeldBy by = limited(limits.target, target.out, target.rate); by != HeldBy::none) return held(by);
  // What has waited before leaves a quarter of the connections to what is new (A9), and what is new cannot
  // keep it from a quarter.
  const bool old = kind != CallKind::fresh;
  const std::uint32_t quarter = limits.connections / 4;
  if (old && now < target.rests_until) return held(HeldBy::concurrency);
  if (old && limits.connections != 0 && target.out >= limits.connections - quarter &&
      target.old_out >= std::max(quarter, std::uint32_t{1}))
    return held(HeldBy::concurrency);
  // A probe is what finds out that an endpoint is back: it is in nobody's budget.
  const bool repetition = kind == CallKind::repeated;
  const bool budgeted = repetition && state == BreakerState::closed;
  if (budgeted && !target.budget.has(policy_.repetitions_per_second, budget_most(), now))
    return held(HeldBy::budget);
  if (!gate.breaker.admit(now)) return held(HeldBy::breaker);

  if (limits.endpoint.calls_per_second != 0) gate.rate.take();
  if (limits.target.calls_per_second != 0) target.rate.take();
  if (budgeted) target.budget.take();
  if (!repetition) target.budget.put(std::int64_t{policy_.repetition_share_percent} * 10, budget_most());
  ++gate.out;
  ++target.out;
  if (old) ++target.old_out;
  return HeldBy::none;
}

void Gates::force(const EndpointKey& endpoint, TimeMs now) {
  Gate& gate = this->gate(endpoint);
  gate.breaker.force(now);
  ++gate.out;
  ++gate.target->out;
}

void Gates::no_more_out(Gate& gate, CallKind kind) {
  Target& target = *gate.target;
  if (gate.out > 0) --gate.out;
  if (target.out > 0) --target.out;
  if (kind != CallKind::fresh && target.old_out > 0) --target.old_out;
}

void Gates::forgotten(const EndpointKey& endpoint, CallKind kind) {
  Gate& gate = this->gate(endpoint);
  Target& target = *gate.target;
  gate.breaker.forgotten();
  no_more_out(gate, kind);
  if (kind == CallKind::repeated) target.budget.put(1'000, budget_most());
}

void Gates::gave_back(const EndpointKey& endpoint, const CallLimits& limits, TimeMs now) {
  Target& target = *gate(endpoint).target;
  if (target.out < limits.connections) target.rests_until = now + given_back_rest;
}

// A repetition that succeeds gives back what it took, and the share of a call that goes well: so what waited
// for an endpoint leaves the faster the better it goes, and at the least rate while it does not.
GateChange Gates::ended(const EndpointKey& endpoint, CallEnd end, CallKind kind, TimeMs left_at, TimeMs now) {
  Gate& gate = this->gate(endpoint);
  Target& target = *gate.target;
  no_more_out(gate, kind);
  ++gate.calls;
  const BreakerState before = gate.breaker.state(now);
  const bool counts = gate.breaker.counts(left_at);
  if (end == CallEnd::neither) {
    if (counts) gate.breaker.forgotten();
  } else if (end == CallEnd::gone) {
    return disable(endpoint, DisabledBy::gone, now);
  } else if (end == CallEnd::refused) {
    if (counts && before != BreakerState::disabled) gate.breaker.succeeded(now);
    let_probers_rest(gate, left_at, now);
  } else if (end == CallEnd::answered) {
    if (counts && before != BreakerState::disabled) gate.breaker.succeeded(now);
    if (gate.probers) gate.prober_wakes = std::min(gate.prober_wakes + 2, prober_wakes_max);
    if (kind == CallKind::repeated)
      target.budget.put(1'000 + std::int64_t{policy_.repetition_share_percent} * 10, budget_most());
  } else {
    ++gate.failures;
    const bool unwelcome = end == CallEnd::unwelcome;
    if (counts && policy_.breakers) unwelcome ? gate.breaker.unwelcome(now) : gate.breaker.failed(now);
    let_probers_rest(gate, left_at, now);
    const bool for_days = endpoint.operation == Operation::deliver && gate.breaker.disabling_due(now);
    if (for_days && before != BreakerState::disabled)
      return disable(endpoint, DisabledBy::failing_for_days, now);
  }
  const BreakerState after = gate.breaker.state(now);
  if (after == before) return GateChange::none;
  if (after == BreakerState::open) return gate.changed_at = now, GateChange::opened;
  if (after == BreakerState::closed) {
    gate.probers_rest = probers_rest_min;
    return gate.changed_at = now, GateChange::closed;
  }
  return GateChange::none;
}

void Gates::let_probers_rest(Gate& gate, TimeMs left_at, TimeMs now) {
  gate.prober_wakes = 0;
  if (!gate.probers_woken_at || left_at < gate.probers_woken_at) return;
  gate.probers_woken_at = TimeMs{};
  gate.probers_rest_until = now + gate.probers_rest;
  gate.probers_rest.count = std::min(2 * gate.probers_rest.count, probers_rest_max.count);
}

void Gates::has_probers(const EndpointKey& endpoint) {
  gate(endpoint).probers = true;
}

void Gates::no_probers(const EndpointKey& endpoint) {
  Gate& gate = this->gate(endpoint);
  gate.probers = false;
  gate.prober_wakes = 0;
}

std::uint32_t Gates::prober_wakes(const EndpointKey& endpoint, TimeMs now) const {
  const auto found = gates_.find(endpoint);
  if (found == gates_.end() || !found->second.probers || now < found->second.probers_rest_until) return 0;
  return found->second.breaker.state(now) == BreakerState::closed ? found->second.prober_wakes : 0;
}

void Gates::woke_probers(const EndpointKey& endpoint, std::size_t count, TimeMs now) {
  Gate& gate = this->gate(endpoint);
  gate.prober_wakes -= static_cast<std::uint32_t>(std::min<std::size_t>(count, gate.prober_wakes));
  if (count > 0 && !gate.probers_woken_at) gate.probers_woken_at = now;
}

bool Gates::failing_changed(const EndpointKey& endpoint, TimeMs now) {
  const auto found = gates_.find(endpoint);
  if (found == gates_.end()) return false;
  const BreakerMemory& memory = found->second.breaker.memory();
  const bool failing = memory.state == BreakerState::closed && memory.failing_since &&
                       memory.failing_since + failing_kept_after <= now;
  return std::exchange(found->second.failing_kept, failing) != failing;
}

bool Gates::lets_through(const EndpointKey& endpoint, TimeMs now) const {
  return state(endpoint, now) == BreakerState::closed;
}

BreakerState Gates::state(const EndpointKey& endpoint, TimeMs now) const {
  const auto found = gates_.find(endpoint);
  return found == gates_.end() ? BreakerState::closed : found->second.breaker.state(now);
}

GateChange Gates::disable(const EndpointKey& endpoint, DisabledBy by, TimeMs now) {
  Gate& gate = this->gate(endpoint);
  if (gate.breaker.state(now) == BreakerState::disabled) return GateChange::none;
  gate.breaker.disable(by);
  gate.changed_at = now;
  return GateChange::disabled;
}

GateChange Gates::enable(const EndpointKey& endpoint, TimeMs now) {
  const auto found = gates_.find(endpoint);
  if (found == gates_.end() || found->second.breaker.memory().state == BreakerState::closed)
    return GateChange::none;
  found->second.breaker.enable(now);
  return GateChange::enabled;
}

std::vector<EndpointKey> Gates::disabled_of(const std::string& target) const {
  std::vector<EndpointKey> found;
  for (auto it = gates_.lower_bound(EndpointKey{target, Operation::try_});
       it != gates_.end() && it->first.target == target; ++it)
    if (it->second.breaker.memory().state == BreakerState::disabled) found.push_back(it->first);
  return found;
}

DisabledBy Gates::disabled_by(const EndpointKey& endpoint) const {
  const auto found = gates_.find(endpoint);
  return found == gates_.end() ? DisabledBy::nobody : found->second.breaker.memory().disabled_by;
}

std::optional<std::string> Gates::memory(const EndpointKey& endpoint) const {
  const auto found = gates_.find(endpoint);
  if (found == gates_.end()) return std::nullopt;
  const BreakerMemory& memory = found->second.breaker.memory();
  if (memory.state == BreakerState::closed && !(found->second.failing_kept && memory.failing_since))
    return std::nullopt;
  return nlohmann::json{{"state", static_cast<int>(memory.state)},
                        {"open_until", memory.open_until.count},
                        {"failing_since", memory.failing_since.count},
                        {"openings", memory.openings},
                        {"disabled_by", static_cast<int>(memory.disabled_by)},
                        {"changed_at", found->second.changed_at.count}}
      .dump();
}

Status Gates::restore(const std::string& key, const std::string& document) {
  const std::optional<EndpointKey> endpoint = endpoint_of(key);
  const auto read = nlohmann::json::parse(document, nullptr, false);
  if (!endpoint || !read.is_object()) return Error{"damaged", "the state of a gate cannot be read"};
  const auto number = [&](const char* name) {
    return read.contains(name) && read[name].is_number_integer() ? read[name].get<std::int64_t>() : 0;
  };
  const std::int64_t state = number("state");
  if (state < 1 || state > 4) return Error{"damaged", "the state of a gate is none that there is"};
  BreakerMemory memory;
  memory.state = static_cast<BreakerState>(state);
  memory.open_until = TimeMs{number("open_until")};
  memory.failing_since = TimeMs{number("failing_since")};
  memory.openings = static_cast<std::uint32_t>(std::clamp<std::int64_t>(number("openings"), 0, 1'000));
  memory.disabled_by = static_cast<DisabledBy>(std::clamp<std::int64_t>(number("disabled_by"), 0, 3));
  Gate& restored =
      gates_.insert_or_assign(*endpoint, Gate(targets_[endpoint->target], policy_.breaker, memory))
          .first->second;
  restored.changed_at = TimeMs{number("changed_at")};
  restored.failing_kept = memory.state == BreakerState::closed;
  return ok();
}

TimeMs Gates::probe_at(const EndpointKey& endpoint) const {
  const auto found = gates_.find(endpoint);
  if (found == gates_.end()) return TimeMs{};
  const BreakerMemory& memory = found->second.breaker.memory();
  return memory.state == BreakerState::open ? memory.open_until : TimeMs{};
}

std::vector<EndpointView> Gates::view(TimeMs now) const {
  std::vector<EndpointView> all;
  for (const auto& [endpoint, gate] : gates_) {
    const BreakerMemory& memory = gate.breaker.memory();
    EndpointView one;
    one.target = endpoint.target;
    one.operation = endpoint.operation;
    one.state = gate.breaker.state(now);
    one.disabled_by = memory.disabled_by;
    one.since = gate.changed_at;
    one.probe_at = probe_at(endpoint);
    one.failing_since = memory.failing_since;
    one.openings = memory.openings;
    one.out = gate.out;
    one.calls = gate.calls;
    one.failures = gate.failures;
    one.held = gate.held;
    all.push_back(std::move(one));
  }
  return all;
}

namespace {

char rank(const EndpointKey& endpoint, Priority priority) {
  if (endpoint.operation != Operation::deliver) return '0';
  return priority == Priority::low ? '2' : '1';
}

}  // namespace

std::string lane_of(const EndpointKey& endpoint, Priority priority) {
  return std::string(1, rank(endpoint, priority)) + "|" + endpoint.text();
}

std::vector<std::string> lanes_of(const EndpointKey& endpoint) {
  if (endpoint.operation != Operation::deliver) return {lane_of(endpoint, Priority::normal)};
  return {lane_of(endpoint, Priority::normal), lane_of(endpoint, Priority::low)};
}

std::optional<EndpointKey> endpoint_of(const std::string& text) {
  const std::size_t begin = text.size() > 2 && text[1] == '|' ? 2 : 0;
  const std::size_t slash = text.rfind('/');
  if (slash == std::string::npos || slash < begin) return std::nullopt;
  for (int op = 1; op <= operation_count; ++op)
    if (text.compare(slash + 1, std::string::npos, name_of(static_cast<Operation>(op))) == 0)
      return EndpointKey{text.substr(begin, slash - begin), static_cast<Operation>(op)};
  return std::nullopt;
}

}  // namespace settle
