#include "faults.hpp"

#include <algorithm>

namespace settle::sim {
namespace {

struct Kind {
  Fault fault;
  const char* name;
  std::uint32_t rare, often;  // per million chances, drawn between these
};

// clang-format off
constexpr Kind kinds[] = {
    {Fault::connect_refused, "connect_refused", 500, 60'000},
    {Fault::connect_timeout, "connect_timeout", 500, 40'000},
    {Fault::dns, "dns", 200, 20'000},
    {Fault::tls, "tls", 200, 20'000},
    {Fault::overload, "overload", 200, 20'000},
    {Fault::request_lost, "request_lost", 500, 80'000},
    {Fault::request_slow, "request_slow", 500, 60'000},
    {Fault::request_doubled, "request_doubled", 500, 100'000},
    {Fault::reset_before, "reset_before", 500, 60'000},
    {Fault::reset_after, "reset_after", 500, 60'000},
    {Fault::answer_lost, "answer_lost", 500, 80'000},
    {Fault::answer_slow, "answer_slow", 500, 40'000},
    {Fault::answer_truncated, "answer_truncated", 200, 30'000},
    {Fault::answer_not_json, "answer_not_json", 200, 30'000},
    {Fault::answer_wrong_digest, "answer_wrong_digest", 200, 30'000},
    {Fault::answer_wrong_status, "answer_wrong_status", 200, 40'000},
    {Fault::partition, "partition", 100, 3'000},
    {Fault::client_silent, "client_silent", 500, 60'000},
    {Fault::busy, "busy", 500, 60'000},
    {Fault::busy_but_done, "busy_but_done", 500, 60'000},
    {Fault::service_fault, "service_fault", 100, 8'000},
    {Fault::refuse_try, "refuse_try", 500, 80'000},
    {Fault::refuse_confirm, "refuse_confirm", 100, 10'000},
    {Fault::refuse_cancel, "refuse_cancel", 100, 10'000},
    {Fault::stall, "stall", 200, 30'000},
    {Fault::accept_early, "accept_early", 500, 80'000},
    {Fault::accept_late, "accept_late", 500, 80'000},
    {Fault::accept_twice, "accept_twice", 500, 80'000},
    {Fault::accept_never, "accept_never", 500, 40'000},
    {Fault::accept_refused, "accept_refused", 500, 40'000},
    {Fault::report_late, "report_late", 20'000, 500'000},
    {Fault::query_wrong, "query_wrong", 500, 60'000},
    {Fault::query_stuck, "query_stuck", 500, 100'000},
    {Fault::refuse_delivery, "refuse_delivery", 500, 200'000},
    {Fault::dies, "dies", 100, 3'000},
    {Fault::dies_for_good, "dies_for_good", 20, 400},
    {Fault::hold_expires, "hold_expires", 500, 80'000},
    {Fault::retry_after, "retry_after", 1'000, 400'000},
    {Fault::callback_forged, "callback_forged", 500, 40'000},
    {Fault::callback_stale, "callback_stale", 500, 60'000},
    {Fault::callback_contradicts, "callback_contradicts", 200, 20'000},
    {Fault::callback_malformed, "callback_malformed", 500, 40'000},
    {Fault::sync_slow, "sync_slow", 500, 60'000},
    {Fault::sync_fails, "sync_fails", 20, 1'000},
    {Fault::disk_full, "disk_full", 20, 600},
    {Fault::read_fails, "read_fails", 10, 400},
    {Fault::damage, "damage", 1'000'000, 1'000'000},
    {Fault::crash_at_append, "crash_at_append", 50, 20'000},
    {Fault::crash_at_sync, "crash_at_sync", 50, 40'000},
    {Fault::crash_at_send, "crash_at_send", 50, 40'000},
    {Fault::crash_at_read, "crash_at_read", 20, 4'000},
    {Fault::crash_at_rest, "crash_at_rest", 20, 5'000},
    {Fault::freeze, "freeze", 20, 600},
    {Fault::wall_forward, "wall_forward", 20, 600},
    {Fault::wall_back, "wall_back", 20, 600},
    {Fault::drift, "drift", 1'000'000, 1'000'000},
    {Fault::submit_doubled, "submit_doubled", 10'000, 400'000},
    {Fault::submit_altered, "submit_altered", 10'000, 200'000},
    {Fault::cart_twin, "cart_twin", 10'000, 300'000},
    {Fault::cancel, "cancel", 10'000, 200'000},
    {Fault::retry, "retry", 10'000, 400'000},
    {Fault::resolve, "resolve", 10'000, 400'000},
    {Fault::reopen, "reopen", 10'000, 400'000},
    {Fault::pause, "pause", 5'000, 60'000},
    {Fault::registry_change, "registry_change", 5'000, 100'000},
    {Fault::upgrade, "upgrade", 5'000, 100'000},
    {Fault::unregister, "unregister", 5'000, 100'000},
    {Fault::endpoint_off, "endpoint_off", 5'000, 100'000},
    {Fault::stop, "stop", 2'000, 60'000},
    {Fault::bulk, "bulk", 10'000, 200'000},
};
// clang-format on
static_assert(std::size(kinds) == fault_count);

}  // namespace

const char* name_of(Fault fault) {
  return kinds[static_cast<std::size_t>(fault)].name;
}

Faults::Faults(const Random& seed) {
  const Random all = seed.split("faults");
  for (const Kind& kind : kinds) {
    const std::size_t at = static_cast<std::size_t>(kind.fault);
    streams_.push_back(all.split(kind.name));
    Random odds = all.split(std::string("odds of ") + kind.name);
    if (odds.chance(500'000))
      per_million_[at] = static_cast<std::uint32_t>(odds.skewed(kind.rare, kind.often));
  }
}

bool Faults::strikes(Fault fault) {
  return strikes(fault, per_million_[static_cast<std::size_t>(fault)]);
}

bool Faults::strikes(Fault fault, std::uint32_t per_million) {
  if (!present(fault) || !random(fault).chance(per_million)) return false;
  ++struck_[static_cast<std::size_t>(fault)];
  return true;
}

void Faults::only(const std::vector<Fault>& wanted) {
  for (std::size_t at = 0; at < fault_count; ++at)
    if (std::find(wanted.begin(), wanted.end(), static_cast<Fault>(at)) == wanted.end()) per_million_[at] = 0;
}

}  // namespace settle::sim
