#include "random_definition.hpp"

#include <algorithm>
#include <numeric>

namespace settle::test {
namespace {

RetryPolicy random_other(Random& random) {
  RetryPolicy policy;
  policy.kind = chance(random, 50) ? RetryKind::fixed : RetryKind::schedule;
  policy.base.count = between(random, 1, 5'000);
  policy.waits = {policy.base, DurationMs{2 * policy.base.count}, DurationMs{20 * policy.base.count}};
  policy.attempts_max = static_cast<std::uint32_t>(between(random, 0, 4));
  return policy;
}

OperationSpec random_spec(Random& random, Operation op) {
  OperationSpec spec;
  spec.timeout.count = between(random, 1, 10'000);
  spec.retry.base.count = between(random, 1, 5'000);
  spec.retry.cap.count = spec.retry.base.count * between(random, 1, 10);
  spec.retry.factor_percent = static_cast<std::uint32_t>(between(random, 100, 400));
  spec.retry.jitter_percent = static_cast<std::uint32_t>(between(random, 0, 100));
  spec.retry.attempts_max = static_cast<std::uint32_t>(between(random, 1, 4));
  if (op == Operation::query || (op == Operation::try_ && chance(random, 20))) spec.retry.attempts_max = 0;
  if (chance(random, 40)) spec.retry.window.count = spec.retry.base.count + between(random, 1'000, 200'000);
  spec.probe.count = chance(random, 20) ? 0 : between(random, 60'000, 200'000);
  if (chance(random, 30)) spec.on.push_back({Cause::answer_timeout, random_other(random), ""});
  if (chance(random, 30)) {
    CausePolicy busy{Cause::throttled, random_other(random), "", true};
    busy.apart = ends_apart(spec, op, busy) && chance(random, 60);
    spec.on.push_back(std::move(busy));
  }
  return spec;
}

// Some of the steps that come earlier in `order`, as far as `may` allows.
template <class May>
std::vector<std::uint8_t> some_before(Random& random, const std::vector<std::uint8_t>& order,
                                      std::size_t place, May may) {
  std::vector<std::uint8_t> chosen;
  for (std::size_t i = 0; i < place; ++i)
    if (may(order[i]) && chance(random, 40)) chosen.push_back(order[i]);
  return chosen;
}

std::vector<std::uint8_t> shuffled(Random& random, std::size_t count) {
  std::vector<std::uint8_t> order(count);
  std::iota(order.begin(), order.end(), std::uint8_t{0});
  std::shuffle(order.begin(), order.end(), random);
  return order;
}

}  // namespace

Definition random_definition(Random& random) {
  Definition d;
  d.name = "random";
  d.decided_by = chance(random, 25) ? DecidedBy::client : DecidedBy::engine;
  d.on_deadline = chance(random, 30) ? OnDeadline::person : OnDeadline::cancel;
  d.deadline.count = between(random, 1'000, 300'000);
  d.decision_margin.count = between(random, 0, std::min<std::int64_t>(d.deadline.count, 5'000));
  d.steps.resize(static_cast<std::size_t>(between(random, 1, 6)));
  for (std::size_t i = 0; i < d.steps.size(); ++i) {
    StepDefinition& step = d.steps[i];
    step.name = std::string(1, static_cast<char>('a' + i));
    step.target = "somebody";
    step.mode = static_cast<StepMode>(between(random, 1, d.decided_by == DecidedBy::client ? 4 : 3));
    step.await.count = between(random, 1'000, 30'000);
    for (int op = 1; op <= operation_count; ++op)
      step.spec(static_cast<Operation>(op)) = random_spec(random, static_cast<Operation>(op));
  }
  if (d.steps[0].mode == StepMode::deliver) d.steps[0].mode = StepMode::tcc;
  const auto delivers = [&](std::uint8_t i) { return d.steps[i].mode == StepMode::deliver; };
  const std::vector<std::uint8_t> tries = shuffled(random, d.steps.size()),
                                  confirms = shuffled(random, d.steps.size());
  for (std::size_t place = 0; place < d.steps.size(); ++place) {
    StepDefinition& step = d.steps[tries[place]];
    step.after = some_before(random, tries, place, [&](std::uint8_t before) {
      return step.mode == StepMode::deliver || !delivers(before);
    });
    StepDefinition& confirming = d.steps[confirms[place]];
    if (confirming.mode == StepMode::tcc || confirming.mode == StepMode::enlisted)
      confirming.confirm_after =
          some_before(random, confirms, place, [&](std::uint8_t before) { return !delivers(before); });
  }
  return d;
}

}  // namespace settle::test
