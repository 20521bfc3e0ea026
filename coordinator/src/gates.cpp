#include "gates.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace settle {

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

HeldBy Gates::admit(const EndpointKey& endpoint, const CallLimits& limits, bool repetition, TimeMs now) {
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
  // A probe is what finds out that an endpoint is back: it is in nobody's budget.
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
  return HeldBy::none;
}

void Gates::force(const EndpointKey& endpoint, TimeMs now) {
  Gate& gate = this->gate(endpoint);
  gate.breaker.force(now);
  ++gate.out;
  ++gate.target->out;
}

void Gates::forgotten(const EndpointKey& endpoint, bool repetition) {
  Gate& gate = this->gate(endpoint);
  Target& target = *gate.target;
  gate.breaker.forgotten();
  if (gate.out > 0) --gate.out;
  if (target.out > 0) --target.out;
  if (repetition) target.budget.put(1'000, budget_most());
}

// A repetition that succeeds gives back what it took, and the share of a call that goes well: so what waited
// for an endpoint leaves the faster the better it goes, and at the least rate while it does not.
GateChange Gates::ended(const EndpointKey& endpoint, CallEnd end, bool repetition, TimeMs left_at,
                        TimeMs now) {
  Gate& gate = this->gate(endpoint);
  Target& target = *gate.target;
  if (gate.out > 0) --gate.out;
  if (target.out > 0) --target.out;
  ++gate.calls;
  const BreakerState before = gate.breaker.state(now);
  const bool counts = gate.breaker.counts(left_at);
  if (end == CallEnd::neither) {
    if (counts) gate.breaker.forgotten();
  } else if (end == CallEnd::gone) {
    return disable(endpoint, now);
  } else if (end == CallEnd::answered) {
    if (counts && before != BreakerState::disabled) gate.breaker.succeeded(now);
    if (repetition)
      target.budget.put(1'000 + std::int64_t{policy_.repetition_share_percent} * 10, budget_most());
  } else {
    ++gate.failures;
    if (counts && policy_.breakers) gate.breaker.failed(now);
    const bool for_days = endpoint.operation == Operation::deliver && gate.breaker.disabling_due(now);
    if (for_days && before != BreakerState::disabled) return disable(endpoint, now);
  }
  const BreakerState after = gate.breaker.state(now);
  if (after == before) return GateChange::none;
  if (after == BreakerState::open) return gate.changed_at = now, GateChange::opened;
  if (after == BreakerState::closed) return gate.changed_at = now, GateChange::closed;
  return GateChange::none;
}

bool Gates::lets_through(const EndpointKey& endpoint, TimeMs now) const {
  return state(endpoint, now) == BreakerState::closed;
}

BreakerState Gates::state(const EndpointKey& endpoint, TimeMs now) const {
  const auto found = gates_.find(endpoint);
  return found == gates_.end() ? BreakerState::closed : found->second.breaker.state(now);
}

GateChange Gates::disable(const EndpointKey& endpoint, TimeMs now) {
  Gate& gate = this->gate(endpoint);
  if (gate.breaker.state(now) == BreakerState::disabled) return GateChange::none;
  gate.breaker.disable();
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

std::optional<std::string> Gates::memory(const EndpointKey& endpoint) const {
  const auto found = gates_.find(endpoint);
  if (found == gates_.end()) return std::nullopt;
  const BreakerMemory& memory = found->second.breaker.memory();
  if (memory.state == BreakerState::closed) return std::nullopt;
  return nlohmann::json{{"state", static_cast<int>(memory.state)},
                        {"open_until", memory.open_until.count},
                        {"failing_since", memory.failing_since.count},
                        {"openings", memory.openings},
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
  gates_.insert_or_assign(*endpoint, Gate(targets_[endpoint->target], policy_.breaker, memory))
      .first->second.changed_at = TimeMs{number("changed_at")};
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
