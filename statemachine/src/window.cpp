#include "window.hpp"

namespace settle {
namespace {

struct Warning {
  std::int64_t percent;  // of the window
  const char* code;
};
constexpr Warning warnings[window_warnings_max] = {
    {50, "window_half"}, {75, "window_ending"}, {95, "window_last_chance"}};

// When the window began to run, as StepContext::window_end reckons; 0: there is none, or nothing waits for
// its end.
TimeMs running_since(const Step& step, const RetryPolicy& policy) {
  const bool undelivered = step.state == StepState::delivering || step.state == StepState::awaiting ||
                           step.state == StepState::parked;
  if (!undelivered || step.operation != Operation::deliver || policy.window.count == 0) return TimeMs{};
  const TimeMs first = step.first_attempt_at[static_cast<std::size_t>(Operation::deliver) - 1];
  return first ? first : step.held_since;
}

// Rounded down, without a product that could overflow.
DurationMs part(DurationMs window, std::int64_t percent) {
  return DurationMs{window.count / 100 * percent + window.count % 100 * percent / 100};
}

}  // namespace

void watch_window(const StepDefinition& defined, TimeMs at, bool due, std::uint8_t index, Advanced& out) {
  Step& step = out.purchase.steps[index];
  const RetryPolicy& policy = defined.spec(Operation::deliver).retry;
  const TimeMs since = defined.mode == StepMode::deliver ? running_since(step, policy) : TimeMs{};
  step.warned.next_at = TimeMs{};
  if (!since) return;
  if (since + policy.window <= at)
    step.warned.given = window_warnings_max;  // there is no end to warn of any more
  for (; step.warned.given < window_warnings_max; ++step.warned.given) {
    const Warning& next = warnings[step.warned.given];
    const TimeMs next_at = since + part(policy.window, next.percent);
    if (!due || at < next_at) {
      step.warned.next_at = next_at;
      return;
    }
    out.effects.push_back(
        {Effect::Kind::alert, index, Operation::deliver, step.attempts_of(Operation::deliver), next.code});
  }
}

}  // namespace settle
