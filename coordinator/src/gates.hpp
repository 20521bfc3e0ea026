#pragma once
// What stands between a call that is due and the network: per endpoint a circuit breaker and limits, per
// target a budget of repetitions and limits (docs/retry.md, "Gates"). Gates only ever delay; what they say no
// to is held by the engine, uncounted.
//
// A value: it knows no clock, no loop and no journal. One thread.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "breaker.hpp"
#include "settle/coordinator/endpoints.hpp"
#include "settle/participants/registry.hpp"
#include "settle/statemachine/definition.hpp"

namespace settle {

// A participant's name or "$merchant/ID", and what it is asked to do.
struct EndpointKey {
  std::string target;
  Operation operation = Operation::try_;
  std::string text() const { return target + "/" + name_of(operation); }
  friend bool operator<(const EndpointKey& a, const EndpointKey& b) {
    return a.target != b.target ? a.target < b.target : a.operation < b.operation;
  }
  friend bool operator==(const EndpointKey& a, const EndpointKey& b) {
    return a.target == b.target && a.operation == b.operation;
  }
};

// Its own limits, and those of its target.
struct CallLimits {
  EndpointLimits endpoint, target;
  std::uint32_t connections = 0;  // of the target; 0: however many
};

// What a call that wants to leave has behind it.
enum class CallKind : std::uint8_t {
  fresh = 1,     // nothing: it is made for the first time, at once
  waited = 2,    // ... and met a shut gate, or reached limits
  repeated = 3,  // it was made before
};

// How a call that left ended, as far as its endpoint's health goes.
enum class CallEnd : std::uint8_t {
  answered = 1,  // and it went well
  failed = 2,
  neither = 3,    // says nothing: it asked for patience, or it never left
  gone = 4,       // 410: it wants no more calls
  unwelcome = 5,  // a delivery was answered, and will not be taken however often it is repeated
  refused =
      6,  // somebody is there, and says no: the breaker is content, and what probes has no reason to call
};

enum class GateChange : std::uint8_t { none = 0, opened = 1, closed = 2, disabled = 3, enabled = 4 };
const char* name_of(GateChange change);  // "breaker_opened", ... as the journal has it

class Gates {
 public:
  explicit Gates(const GatePolicy& policy) : policy_(policy) {}

  // Whether a call may leave now; HeldBy::none: it may, and is counted as out until ended() or forgotten().
  HeldBy admit(const EndpointKey& endpoint, const CallLimits& limits, CallKind kind, TimeMs now);
  // A person wants it: nothing stops it; while the breaker is open it is a probe. It is counted as fresh.
  void force(const EndpointKey& endpoint, TimeMs now);
  // It was admitted, and never left.
  void forgotten(const EndpointKey& endpoint, CallKind kind);
  // After forgotten(): the client had no connection for it. Where its target should have had one, this is no
  // queue (no socket can be opened, say), and what has waited goes on waiting for a second.
  void gave_back(const EndpointKey& endpoint, const CallLimits& limits, TimeMs now);
  GateChange ended(const EndpointKey& endpoint, CallEnd end, CallKind kind, TimeMs left_at, TimeMs now);

  // Whether what waits for it may be woken: closed.
  bool lets_through(const EndpointKey& endpoint, TimeMs now) const;
  BreakerState state(const EndpointKey& endpoint, TimeMs now) const;

  // Answer `none` where it was so before.
  GateChange disable(const EndpointKey& endpoint, DisabledBy by, TimeMs now);
  GateChange enable(const EndpointKey& endpoint, TimeMs now);
  // Every endpoint of a target that is disabled: its registration says something new.
  std::vector<EndpointKey> disabled_of(const std::string& target) const;
  DisabledBy disabled_by(const EndpointKey& endpoint) const;

  // What is with a person and probes: where too few calls are made for a breaker to notice that its endpoint
  // is back, a success wakes two of them, and theirs wake others. One that fails all the same ends that for a
  // while, so that what cannot succeed is not called with each success of others.
  void has_probers(const EndpointKey& endpoint);
  // All were woken, or there are none.
  void no_probers(const EndpointKey& endpoint);
  // How many may be woken now.
  std::uint32_t prober_wakes(const EndpointKey& endpoint, TimeMs now) const;
  void woke_probers(const EndpointKey& endpoint, std::size_t count, TimeMs now);

  // Whether memory() of a closed gate says something else than when this was asked last: that it fails for
  // more than an hour, or does no more.
  bool failing_changed(const EndpointKey& endpoint, TimeMs now);

  // What outlives a restart, as a document of shard 0, kind "gate", key EndpointKey::text(). nullopt: nothing
  // has to be remembered.
  std::optional<std::string> memory(const EndpointKey& endpoint) const;
  // Errors: damaged.
  Status restore(const std::string& key, const std::string& document);

  // While open: when it may be probed; 0: it is not open.
  TimeMs probe_at(const EndpointKey& endpoint) const;
  // All that are not simply closed and unused.
  std::vector<EndpointView> view(TimeMs now) const;

 private:
  // So many a second, and no more than one second's worth saved up.
  struct Bucket {
    std::int64_t milli = -1;  // tokens, in thousandths; -1: never used, full
    TimeMs at;
    bool has(std::uint32_t per_second, std::int64_t most_milli, TimeMs now);
    void take() { milli -= 1'000; }
    void put(std::int64_t more, std::int64_t most_milli);
  };
  struct Target {
    std::uint32_t out = 0, old_out = 0;  // old: not fresh
    Bucket rate, budget;
    TimeMs rests_until;  // for what is old
  };
  struct Gate {
    Gate(Target& target, const BreakerPolicy& policy, BreakerMemory memory = {})
        : target(&target), breaker(policy, memory) {}
    Target* target;  // in targets_
    Breaker breaker;
    std::uint32_t out = 0;
    Bucket rate;
    TimeMs changed_at;
    bool failing_kept = false;  // memory() is that of a closed gate
    // Until it is known that there are none, there may be some from before the start.
    bool probers = true;
    std::uint32_t prober_wakes = 0;
    TimeMs probers_woken_at;  // the first since one of them failed; 0: none was
    TimeMs probers_rest_until;
    DurationMs probers_rest{60'000};
    std::uint64_t calls = 0, failures = 0, held = 0;  // since the start
  };

  Gate& gate(const EndpointKey& endpoint);
  static void no_more_out(Gate& gate, CallKind kind);
  static void let_probers_rest(Gate& gate, TimeMs left_at, TimeMs now);
  std::int64_t budget_most() const { return std::int64_t{policy_.repetitions_burst} * 1'000; }

  GatePolicy policy_;
  std::map<std::string, Target> targets_;
  std::map<EndpointKey, Gate> gates_;
};

// Where what is held waits, as the index "held" has it: most important first, then by endpoint.
std::string lane_of(const EndpointKey& endpoint, Priority priority);
// Every lane that an endpoint has.
std::vector<std::string> lanes_of(const EndpointKey& endpoint);
std::optional<EndpointKey> endpoint_of(const std::string& text);  // of EndpointKey::text() or a lane

}  // namespace settle
