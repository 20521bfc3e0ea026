// GET /metrics: the engine's numbers in Prometheus' text format. The library only writes; the numbers are
// ours, and so is the server.

#include "api_metrics.hpp"

#include <map>
#include <set>

#include "api_context.hpp"

namespace settle {
namespace {

void add_purchases(MetricFamilies& out, const MetricCounters& counters) {
  out.counter("settle_purchases_submitted_total", "Purchases taken.", counters.submitted);
  out.counter("settle_purchases_completed_total", "Purchases that ended completed.", counters.completed);
  out.counter("settle_purchases_cancelled_total", "Purchases that ended cancelled.", counters.cancelled);
  out.begin("settle_purchases_cancel_decided_total", "Cancels decided, by reason.", MetricKind::counter);
  for (int i = 1; i < cancel_reason_count; ++i)
    out.add({{"reason", name_of(static_cast<CancelReason>(i))}},
            counters.cancelled_by[static_cast<std::size_t>(i)]);
}

template <class Each>
void for_operations(bool queries, const Each& each) {
  for (int i = 1; i <= operation_count; ++i) {
    const auto operation = static_cast<Operation>(i);
    if (queries || operation != Operation::query) each(operation, static_cast<std::size_t>(i) - 1);
  }
}

void add_operations(MetricFamilies& out, const MetricCounters& counters) {
  const auto& all = counters.operations;
  out.begin("settle_calls_total", "Calls that were let leave.", MetricKind::counter);
  for_operations(true, [&](Operation op, std::size_t i) {
    out.add({{"operation", name_of(op)}}, all[i].calls);
  });
  out.begin("settle_operations_ended_total",
            "Operations that ended. The final success rate is succeeded over all but refused.",
            MetricKind::counter);
  for_operations(false, [&](Operation op, std::size_t i) {
    for (std::size_t how = 1; how < all[i].ended.size(); ++how)
      out.add({{"operation", name_of(op)}, {"ending", name_of(static_cast<Ending>(how))}}, all[i].ended[how]);
  });
  out.begin(
      "settle_operations_succeeded_total",
      "Operations that succeeded: with nothing having failed, recovered alone, or with a person's help.",
      MetricKind::counter);
  for_operations(false, [&](Operation op, std::size_t i) {
    out.add({{"operation", name_of(op)}, {"how", "first_try"}}, all[i].first_try);
    out.add({{"operation", name_of(op)}, {"how", "recovered_alone"}}, all[i].recovered_alone);
    out.add({{"operation", name_of(op)}, {"how", "recovered_by_hand"}},
            all[i].recovered - all[i].recovered_alone);
  });
  out.begin("settle_operation_attempts", "Attempts that an operation needed until it ended.",
            MetricKind::histogram);
  for_operations(false, [&](Operation op, std::size_t i) {
    out.histogram({{"operation", name_of(op)}}, attempts_bounds, all[i].attempts.bins, all[i].attempts.sum,
                  1);
  });
  out.begin("settle_retry_seconds",
            "From the first attempt to the end, of operations that needed more than one.",
            MetricKind::histogram);
  for_operations(false, [&](Operation op, std::size_t i) {
    out.histogram({{"operation", name_of(op)}}, retry_ms_bounds, all[i].retry_ms.bins, all[i].retry_ms.sum,
                  1e3);
  });
  out.begin("settle_attempts_failed_total", "Attempts that failed, by participant and cause.",
            MetricKind::counter);
  for (const auto& [participant, causes] : counters.failures)
    for (int i = 1; i < cause_count; ++i)
      if (causes[static_cast<std::size_t>(i)] != 0)
        out.add({{"participant", participant}, {"cause", name_of(static_cast<Cause>(i))}},
                causes[static_cast<std::size_t>(i)]);
  out.begin("settle_calls_held_total", "Calls that were due, and that a gate kept back.",
            MetricKind::counter);
  for (std::size_t by = 1; by < counters.held.size(); ++by)
    out.add({{"by", name_of(static_cast<HeldBy>(by))}}, counters.held[by]);
  out.begin("settle_alerts_total", "Alerts, by code.", MetricKind::counter);
  for (const auto& [code, count] : counters.alerts) out.add({{"code", code}}, count);
}

double seconds(DurationMs time) {
  return static_cast<double>(time.count) / 1'000;
}

// What the statistics fold: left out where they stand still, since a number would be no longer true.
void add_folded(MetricFamilies& out, const EngineGauges& gauges) {
  out.gauge("settle_stats_stopped", "1: the statistics stand still; the log says why.",
            gauges.stats_stopped ? 1U : 0U);
  out.gauge("settle_stats_behind_records", "Records that are not in the statistics and gauges yet.",
            gauges.stats_behind);
  if (gauges.stats_stopped) return;
  out.gauge("settle_purchases_open", "Purchases that are not finished.", gauges.open);
  out.gauge("settle_purchases_waiting", "Purchases that rest on disk until their time comes.",
            gauges.waiting);
  out.gauge("settle_in_doubt", "Steps whose try's outcome nobody knows.", gauges.in_doubt);
  out.gauge("settle_in_doubt_oldest_seconds", "Age of the oldest of these; 0: there is none.",
            seconds(gauges.oldest_doubt));
  out.begin("settle_dead_letters", "Steps that are with a person, by age.", MetricKind::gauge);
  static constexpr const char* ages[] = {"under_1h", "1h_to_6h", "6h_to_24h", "24h_to_72h", "over_72h"};
  for (std::size_t i = 0; i < gauges.dead_letters.size(); ++i)
    out.add({{"age", ages[i]}}, gauges.dead_letters[i]);
}

void add_gauges(MetricFamilies& out, const EngineGauges& gauges) {
  add_folded(out, gauges);
  out.gauge("settle_purchases_in_motion", "Purchases in memory.", gauges.in_motion);
  out.gauge("settle_due_lag_seconds", "How late the earliest wake-up is; 0: none is.",
            seconds(gauges.due_lag));
  out.gauge("settle_stretch_percent",
            "What load makes of the waits of deliveries; 100: they are as they are.", gauges.stretch_percent);
  out.gauge("settle_calls_out", "Calls whose answers are out, queued ones included.", gauges.calls_out);
  out.gauge("settle_client_queued", "Calls that wait for a connection.", gauges.client.queued);
  out.gauge("settle_client_queued_longest", "... of the participant or merchant that has the most.",
            gauges.client.queued_longest);
  out.gauge("settle_client_connections", "Connections to participants and merchants.",
            gauges.client.connections);
  out.gauge("settle_waiters", "Requests that wait for an outcome.", gauges.waiters);
  out.gauge("settle_engine_minus_wall_seconds", "Engine time minus wall clock.",
            seconds(gauges.engine_minus_wall));
}

void add_receivers(MetricFamilies& out, const std::vector<ReceiverGauge>& receivers) {
  const auto each = [&](const char* name, const char* help, MetricKind kind, const auto& value) {
    out.begin(name, help, kind);
    for (const ReceiverGauge& receiver : receivers) out.add({{"receiver", receiver.name}}, value(receiver));
  };
  each("settle_receiver_behind_records", "Records that a receiver of events was not told of yet.",
       MetricKind::gauge, [](const ReceiverGauge& receiver) { return receiver.behind; });
  each("settle_receiver_failing_seconds", "For how long nothing has arrived at it; 0: it does not fail.",
       MetricKind::gauge, [](const ReceiverGauge& receiver) { return seconds(receiver.failing); });
  each("settle_receiver_attempts_failed", "Requests in vain, since it was made.", MetricKind::gauge,
       [](const ReceiverGauge& receiver) { return receiver.failed; });
  each("settle_receiver_messages_lost", "Messages that it refused until they were given up, likewise.",
       MetricKind::gauge, [](const ReceiverGauge& receiver) { return receiver.lost; });
}

void add_journal(MetricFamilies& out, const JournalFigures& figures) {
  out.counter("settle_journal_appends_total", "Records appended.", figures.appends);
  out.counter("settle_journal_bytes_total", "Their bytes.", figures.bytes);
  out.begin("settle_journal_sync_seconds", "How long the syncs took, writing included.",
            MetricKind::histogram);
  out.histogram({}, sync_us_bounds, figures.sync_us, figures.sync_us_sum, 1e6);
  out.begin("settle_journal_sync_records", "Records that one sync carried.", MetricKind::histogram);
  out.histogram({}, sync_records_bounds, figures.sync_records, figures.sync_records_sum, 1);
}

// As operators read it: the higher, the worse.
unsigned rank_of(BreakerState state) {
  switch (state) {
    case BreakerState::closed:
      return 0;
    case BreakerState::half_open:
      return 1;
    case BreakerState::open:
      return 2;
    case BreakerState::disabled:
      return 3;
  }
  return 0;
}

// Each endpoint of a participant by name; of merchants, how many are in which state.
void add_breakers(MetricFamilies& out, const std::vector<EndpointView>& endpoints) {
  std::set<std::string_view> named;
  std::map<BreakerState, std::uint64_t> merchants;
  out.begin("settle_breaker_state", "Breakers of participants: 0 closed, 1 half-open, 2 open, 3 disabled.",
            MetricKind::gauge);
  for (const EndpointView& endpoint : endpoints) {
    if (endpoint.target.starts_with(merchant_target)) {
      ++merchants[endpoint.state];
      continue;
    }
    if (named.count(endpoint.target) == 0 && named.size() >= metric_participants_max) continue;
    named.insert(endpoint.target);
    out.add({{"target", endpoint.target}, {"operation", name_of(endpoint.operation)}},
            rank_of(endpoint.state));
  }
  out.begin("settle_merchant_breakers", "Merchants' endpoints, by the state of their breakers.",
            MetricKind::gauge);
  for (const BreakerState state :
       {BreakerState::closed, BreakerState::half_open, BreakerState::open, BreakerState::disabled})
    out.add({{"state", name_of(state)}}, merchants[state]);
}

void add_daemon(MetricFamilies& out, const ApiContext& api) {
  if (api.outlet != nullptr) add_receivers(out, api.outlet->gauges());
  out.gauge("settle_ready", "Whether new purchases are taken.", api.engine.ready().ok() ? 1U : 0U);
  out.gauge("settle_paused", "Whether an operator has paused new purchases.", api.engine.paused() ? 1U : 0U);
  out.gauge("settle_http_connections", "Connections to this daemon.",
            api.server != nullptr ? api.server->connections() : 0U);
  out.counter("settle_http_requests_total", "Requests that were answered.",
              api.server != nullptr ? api.server->requests() : 0U);
  out.begin("settle_build_info", "Always 1.", MetricKind::gauge);
  out.add({{"version", settle_version()}}, std::uint64_t{1});
}

}  // namespace

void add_engine(MetricFamilies& out, const Engine& engine) {
  add_purchases(out, engine.counters());
  add_operations(out, engine.counters());
  add_gauges(out, engine.gauges());
  add_journal(out, engine.figures().journal);
  add_breakers(out, engine.endpoints());
}

void show_metrics(ApiContext& api, const ApiCall& /*call*/, const Responder& responder) {
  MetricFamilies families;
  add_engine(families, api.engine);
  add_daemon(families, api);
  ServerResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = families.text();
  responder.send(std::move(response));
}

}  // namespace settle
