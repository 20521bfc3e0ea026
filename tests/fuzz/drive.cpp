#include "drive.hpp"

#include "settle/wal/codec.hpp"

namespace settle::fuzz {
namespace {

constexpr TimeMs beginning{1'700'000'000'000};
constexpr int events_max = 200;

std::variant<Answered, QueryAnswered> an_answer(Input& input, const Effect& call) {
  if (call.operation == Operation::query) {
    QueryAnswered says;
    says.step = call.step;
    says.attempt = call.attempt;
    says.says = static_cast<QueryState>(1 + input.byte() % 7);
    return says;
  }
  Answered answer;
  answer.step = call.step;
  answer.operation = call.operation;
  answer.attempt = call.attempt;
  answer.outcome = static_cast<Outcome>(1 + input.byte() % 6);
  if (input.byte() % 4 == 0) answer.retry_after.count = static_cast<std::int64_t>(input.number(3));
  return answer;
}

}  // namespace

Purchase submitted(const Definition& definition) {
  Submitted event;
  event.id.bytes[0] = 1;
  event.definition = definition.name;
  event.definition_version = definition.version;
  event.order.shop = "shop";
  event.order.merchant = "m-1";
  return advance(definition, Purchase{}, Event{beginning, 0xffffffff, event}).purchase;
}

Purchase advanced(const Definition& definition, Purchase purchase, const Event& event) {
  const Purchase before = purchase;
  const auto stored = decode_event(encode(event));
  SETTLE_CHECK(stored.ok() && encode(*stored) == encode(event));
  Advanced out = advance(definition, std::move(purchase), event);
  const Purchase& after = out.purchase;
  if (out.verdict == Verdict::refused) {
    SETTLE_CHECK(out.transitions.empty() && out.effects.empty() && encode(before) == encode(after));
    return before;
  }
  SETTLE_CHECK(before.decision == Decision::none || before.decision == after.decision);
  SETTLE_CHECK(!is_terminal(before.state) || before.state == after.state);
  SETTLE_CHECK(is_terminal(after.state) || next_wake(definition, after) || needs_person(after));
  const std::string bytes = encode(after);
  const auto read = decode_purchase(bytes);
  SETTLE_CHECK(read.ok() && encode(*read) == bytes);
  const auto rows = decode_transitions(encode(out.transitions));
  SETTLE_CHECK(rows.ok() && *rows == out.transitions);
  return std::move(out.purchase);
}

void drive(const Definition& definition, Purchase purchase, Input& input) {
  TimeMs now = beginning;
  for (int n = 0; n < events_max && !input.empty(); ++n) {
    const std::vector<Effect> calls = pending_effects(definition, purchase);
    const std::uint8_t choice = input.byte();
    if (!calls.empty() && choice % 4 != 0) {
      const auto answer = an_answer(input, calls[choice % calls.size()]);
      now.count += 5;
      std::visit(
          [&](const auto& what) {
            purchase = advanced(definition, purchase, {now, 0xffffffff, what});
          },
          answer);
      continue;
    }
    const TimeMs wake = next_wake(definition, purchase);
    if (!wake && calls.empty()) return;
    if (now < wake) now = wake;
    purchase = advanced(definition, std::move(purchase),
                        choice % 16 == 8 ? Event{now, 0, Resumed{}} : Event{now, 0xffffffff, Due{}});
  }
}

}  // namespace settle::fuzz
