#pragma once
// Everything that can go wrong in the simulated world, and how often it does in this seed (swarm: each kind
// is absent from half of the seeds).

#include <array>
#include <cstdint>
#include <vector>

#include "random.hpp"

namespace settle::sim {

enum class Fault : std::uint8_t {
  // network, on the way of a call
  connect_refused,
  connect_timeout,
  dns,
  tls,
  overload,
  request_lost,
  request_slow,
  request_doubled,
  reset_before,
  reset_after,
  answer_lost,
  answer_slow,
  answer_truncated,
  answer_not_json,
  answer_wrong_digest,
  answer_wrong_status,
  partition,
  client_silent,
  // services
  busy,
  busy_but_done,
  service_fault,
  refuse_try,
  refuse_confirm,
  refuse_cancel,
  stall,
  accept_early,
  accept_late,
  accept_twice,
  accept_never,
  accept_refused,
  report_late,
  query_wrong,
  query_stuck,
  refuse_delivery,

  dies,
  dies_for_good,
  hold_expires,
  retry_after,
  // callbacks
  callback_forged,
  callback_stale,
  callback_contradicts,
  callback_malformed,
  // the disk
  sync_slow,
  sync_fails,
  disk_full,
  read_fails,
  damage,
  // the daemon
  crash_at_append,
  crash_at_sync,
  crash_at_send,
  crash_at_read,
  crash_at_rest,
  freeze,
  wall_forward,
  wall_back,
  drift,
  // shops and people
  submit_doubled,
  submit_altered,
  cart_twin,
  cancel,
  retry,
  resolve,
  reopen,
  pause,
  registry_change,
  upgrade,
  unregister,
  endpoint_off,
  stop,
  bulk,
  count_
};
inline constexpr std::size_t fault_count = static_cast<std::size_t>(Fault::count_);
const char* name_of(Fault fault);

class Faults {
 public:
  explicit Faults(const Random& seed);
  // Whether this one happens now; counts it if so.
  bool strikes(Fault fault);
  // The same with other odds, where the kind is present at all.
  bool strikes(Fault fault, std::uint32_t per_million);
  bool present(Fault fault) const { return per_million_[static_cast<std::size_t>(fault)] != 0; }
  Random& random(Fault fault) { return streams_[static_cast<std::size_t>(fault)]; }
  // The liveness phase: nothing goes wrong any more.
  void calm() { per_million_.fill(0); }
  void only(const std::vector<Fault>& kinds);  // for scripted worlds
  const std::array<std::uint64_t, fault_count>& struck() const { return struck_; }

 private:
  std::array<std::uint32_t, fault_count> per_million_{};
  std::array<std::uint64_t, fault_count> struck_{};
  std::vector<Random> streams_;
};

}  // namespace settle::sim
