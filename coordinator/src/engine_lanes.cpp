// What waits at a gate is woken: one finds out whether an endpoint is back, and then the rest follow, the
// more important first, no faster than their endpoint takes them.

#include <algorithm>

#include "engine_impl.hpp"
#include "lanes.hpp"
#include "settle/coordinator/log.hpp"

namespace settle {
namespace {

constexpr std::size_t released_at_once = 100;  // a round; new purchases keep their turn (A9)
constexpr std::size_t lanes_at_once = 256;
constexpr DurationMs drain_pause{10};
constexpr std::size_t unreadable_at_once = 5'000;  // that are read past

}  // namespace

void EngineImpl::wake_lanes(const EndpointKey& endpoint) {
  for (std::string& lane : lanes_of(endpoint)) {
    waking_.insert_or_assign(lane, std::nullopt);
    drain_soon(std::move(lane));
  }
}

void EngineImpl::drain_soon(std::string lane) {
  const TimeMs soon = now() + drain_pause;
  work_lanes_by(soon);
  draining_[std::move(lane)] = Drain{soon};
}

void EngineImpl::work_lanes_by(TimeMs at) {
  if (drain_at_ < now() || at < drain_at_) drain_at_ = at;
}

// A call of the target ended: what its limits stopped may go on.
void EngineImpl::came_free(const std::string& target) {
  if (draining_.empty()) return;
  for (int op = 1; op <= operation_count; ++op)
    for (const std::string& lane : lanes_of({target, static_cast<Operation>(op)}))
      if (const auto found = draining_.find(lane); found != draining_.end() && found->second.stopped)
        found->second.at = now();
}

void EngineImpl::answered_again(const EndpointKey& endpoint) {
  recovered_.insert(endpoint);
  work_lanes_by(now() + drain_pause);
  set_alarm();
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
  if (!lanes_to_work() || time < drain_at_) return;
  drain_at_ = time + drain_pause;
  drain_lanes();
  wake_after_success();
  std::size_t room = released_at_once, lanes = std::min(lanes_at_once, waking_.size());
  for (auto it = waking_.begin(); it != waking_.end() && room > 0 && lanes > 0; --lanes) {
    std::size_t left = std::max<std::size_t>(1, room / lanes);
    room -= left;
    const bool goes_on =
        gates_.lets_through(*endpoint_of(it->first), time) && wake_probing(it->first, it->second, left);
    room += left;
    it = goes_on ? std::next(it) : waking_.erase(it);
  }
}

bool EngineImpl::lanes_to_work() const {
  return !draining_.empty() || !waking_.empty() || !recovered_.empty();
}

// The most important first. Lanes of one rank share what there is, and begin after the one that came last: a
// long one keeps no other waiting (I19). One that is stopped by its limits is passed over for a while.
void EngineImpl::drain_lanes() {
  const TimeMs time = now();
  std::size_t room = released_at_once, lanes = lanes_at_once;
  for (auto it = draining_.begin(); it != draining_.end() && room > 0 && lanes > 0;) {
    const char rank = it->first.front();
    std::vector<std::map<std::string, Drain>::iterator> ready;
    for (; it != draining_.end() && it->first.front() == rank; ++it)
      if (it->second.at <= time) ready.push_back(it);
    std::string& last = drained_last_[rank];
    std::rotate(ready.begin(),
                std::find_if(ready.begin(), ready.end(), [&](const auto& one) { return last < one->first; }),
                ready.end());
    ready.resize(std::min(ready.size(), lanes));
    lanes -= ready.size();
    for (std::size_t left = ready.size(); left > 0 && room > 0; --left) {
      const auto lane = ready[ready.size() - left];
      last = lane->first;
      std::size_t share = std::max<std::size_t>(1, room / left);
      room -= share;
      const bool goes_on =
          gates_.lets_through(*endpoint_of(lane->first), time) && drain(lane->first, lane->second, share);
      room += share;
      if (!goes_on) draining_.erase(lane);
    }
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
  const std::size_t past = std::min(unreadable_.size(), unreadable_at_once);
  const auto entries = journal_.index("held", lane, std::nullopt, room + past);
  if (!entries) return fail(entries.error()), false;
  bool stopped = false;
  std::size_t woken = 0;
  for (const Journal::IndexEntry& entry : *entries) {
    if (woken == room) break;
    const std::optional<HeldBy> by = release_steps(entry.purchase, lane);
    stopped = by && *by != HeldBy::none;
    if (stopped) break;
    if (by) ++woken;
  }
  room -= woken;
  drain.stopped = stopped;
  drain.idle = stopped || woken > 0 ? 0 : drain.idle + 1;
  // An entry goes with the record that wakes it, which may take a sync or two.
  drain.at = now() + DurationMs{stopped ? 10 * drain_pause.count : drain_pause.count * (1 + drain.idle)};
  return !entries->empty() && drain.idle < 60;
}

// Too few calls for a breaker to have noticed anything: a success wakes a few of what probes.
void EngineImpl::wake_after_success() {
  for (const EndpointKey& endpoint : std::exchange(recovered_, {})) {
    const std::size_t may = gates_.prober_wakes(endpoint, now());
    if (may == 0) continue;
    std::size_t left = may;
    bool more = false;
    for (const std::string& lane : lanes_of(endpoint)) {
      if (left > 0 && waking_.count(lane) == 0 && !wake_probing(lane, probed_to_[lane], left))
        probed_to_.erase(lane);
      else
        more = true;
    }
    gates_.woke_probers(endpoint, may - left, now());
    if (!more) gates_.no_probers(endpoint);
  }
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
  if (unreadable_.count(id) != 0) return std::nullopt;
  Result<Live*> found = find(id);
  if (!found && found.error().code == "damaged") tell_unreadable(id, found.error());
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
    const CallKind kind = step.attempts_of(endpoint.operation) > 0 ? CallKind::repeated : CallKind::waited;
    result = gates_.admit(endpoint, limits_of(endpoint), kind, now());
    if (*result != HeldBy::none) break;
    live.admitted.push_back({index, endpoint, kind});
    const Result<Applied> released = apply(live, Released{index}, false);
    if (!released || released->verdict == Verdict::refused) {
      return_unused(live);
      break;
    }
  }
  let_go(id);
  return result;
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
