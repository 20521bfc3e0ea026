#include "metrics_add.hpp"

namespace settle {
namespace {

void add_end(OperationCounters& of, const StepFact& fact) {
  ++of.ended[static_cast<std::size_t>(fact.ending)];
  of.attempts.add(attempts_bounds, fact.attempts);
  if (fact.ending == Ending::succeeded) {
    ++(fact.failed_before ? of.recovered : of.first_try);
    if (fact.failed_before && !fact.by_person) ++of.recovered_alone;
  }
  if (fact.attempts > 1) of.retry_ms.add(retry_ms_bounds, static_cast<std::uint64_t>(fact.took.count));
}

}  // namespace

void MetricCounters::alert(std::string_view code) {
  auto found = alerts.find(code);
  if (found == alerts.end())
    found = alerts.emplace(alerts.size() < metric_alerts_max ? code : metric_other, 0).first;
  ++found->second;
}

MetricCounters::ByCause& MetricCounters::failures_of(std::string_view target) {
  if (target == merchant_target) target = metric_merchants;
  if (const auto found = failures.find(target); found != failures.end()) return found->second;
  const bool always = target == metric_merchants || target == metric_other;
  const std::size_t named = failures.size() - failures.count(metric_merchants) - failures.count(metric_other);
  return failures[std::string(always || named < metric_participants_max ? target : metric_other)];
}

void add(MetricCounters& counters, const RecordFacts& facts) {
  counters.submitted += facts.submitted ? 1 : 0;
  counters.completed += facts.completed ? 1 : 0;
  counters.cancelled += facts.cancelled ? 1 : 0;
  if (facts.reason != CancelReason::none) ++counters.cancelled_by[static_cast<std::size_t>(facts.reason)];
  for (const StepFact& fact : facts.steps) {
    OperationCounters& of = counters.operations[static_cast<std::size_t>(fact.operation) - 1];
    switch (fact.kind) {
      case StepFact::Kind::attempt:
        ++of.calls;
        break;
      case StepFact::Kind::held:
        ++counters.held[static_cast<std::size_t>(fact.held_by)];
        break;
      case StepFact::Kind::failure:
        ++counters.failures_of(
            facts.definition->steps[fact.step].target)[static_cast<std::size_t>(fact.cause)];
        break;
      case StepFact::Kind::ended:
        add_end(of, fact);
        break;
    }
  }
}

}  // namespace settle
