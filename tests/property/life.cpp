#include "life.hpp"

#include "random_definition.hpp"

namespace settle::test {
namespace {

template <class T>
T one_of(std::uint8_t number, int count) {
  return static_cast<T>(1 + number % count);
}

// 0 to a day, mostly little: a mantissa of 12 bits and an exponent of 4.
DurationMs passed(std::uint16_t later) {
  const std::int64_t mantissa = later & 0xfff;
  return DurationMs{std::min<std::int64_t>(mantissa << (later >> 12) >> 4, 24LL * 3'600'000)};
}

Event answer(const Effect& call, const Move& move, TimeMs now) {
  if (call.operation == Operation::query) {
    QueryAnswered says;
    says.step = call.step;
    says.attempt = call.attempt;
    says.says = one_of<QueryState>(move.what, 7);
    return {now, move.which, says};
  }
  Answered said;
  said.step = call.step;
  said.operation = call.operation;
  said.attempt = call.attempt;
  said.outcome = move.what % 3 == 0 ? one_of<Outcome>(move.which, 6) : Outcome::done;
  if (said.outcome == Outcome::refused)
    said.cause = call.operation == Operation::try_ ? Cause::business_refusal : Cause::contradiction;
  if (move.which % 8 == 7) said.retry_after.count = move.what * 1'000;
  if (move.which % 8 == 6 && call.operation == Operation::try_)
    said.expires_at = now + DurationMs{move.what * 1'000};
  return {now, 0xffffffff, said};
}

Event a_person(const Move& move, std::uint8_t step, TimeMs now) {
  switch (move.what % 11) {
    case 0:
      return {now, 0, CancelRequested{"ann", "because"}};
    case 1:
      return {now, 0, ResolveRequested{"ann", "because", step, one_of<Resolution>(move.which, 2)}};
    case 2:
      return {now, 0, ClientDecided{one_of<Decision>(move.which, 2), "because"}};
    case 3:
      return {now, 0, Reopened{"ann", "because", PurchaseId{{9}}}};
    case 4:
      return {now, 0xffffffff, Inquired{}};
    case 5:
      return {now, 0, Released{step}};
    case 6:
      return {now, 0,
              Held{step, one_of<Operation>(move.which, 4), 0, HeldBy::budget, now + DurationMs{60'000}}};
    case 7:
      return {now, 0,
              Proposed{"ann", "because", step, one_of<Resolution>(move.which, 2), "the bank's letter"}};
    case 8:
      return {now, 0, ResolveRequested{"bob", "because", step, one_of<Resolution>(move.which, 2), "", "ann"}};
    case 9:
      if (move.which % 2 == 0) return {now, 0, Noted{"ann", "asked the bank"}};
      return {now, 0, Assigned{"ann", "on duty", "bob"}};
    default:
      return {now, 0,
              RetryRequested{"ann", "because", static_cast<std::int16_t>(move.which % 2 == 0 ? -1 : step)}};
  }
}

// Answers and reports that nobody asked for, or no longer; of one step more than there are.
Event out_of_the_blue(const Move& move, std::uint8_t step, TimeMs now) {
  const auto operation = one_of<Operation>(move.which, 4);
  if (move.what % 3 == 0) {
    Told told;
    told.step = step;
    told.operation = operation;
    told.outcome = move.what % 2 == 0 ? Outcome::done : Outcome::refused;
    return {now, 0xffffffff, told};
  }
  const Effect call{Effect::Kind::call, step, move.what % 3 == 1 ? operation : Operation::query,
                    static_cast<std::uint16_t>(1 + move.which % 4), ""};
  return answer(call, move, now);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Move& move) {
  return out << '{' << int(move.kind) << ' ' << int(move.step) << ' ' << int(move.what) << ' '
             << int(move.which) << " +" << passed(move.later).count << "ms}";
}

std::ostream& operator<<(std::ostream& out, const Life& life) {
  out << "definition " << life.definition_seed << ':';
  for (const Move& move : life.moves) out << ' ' << move;
  return out;
}

Definition Life::definition() const {
  Random random(definition_seed);
  return random_definition(random);
}

Event submission(const Definition& definition) {
  Submitted event;
  event.id.bytes[3] = 7;
  event.definition = definition.name;
  event.definition_version = definition.version;
  return {TimeMs{1'700'000'000'000}, 0xffffffff, event};
}

Event event_of(const Definition& definition, const Purchase& purchase, const Move& move, TimeMs now) {
  const auto step = static_cast<std::uint8_t>(move.step % definition.steps.size());
  const TimeMs then = now + passed(move.later);
  const std::vector<Effect> calls = pending_effects(definition, purchase);
  if (move.kind % 16 < 8) {  // what the purchase waits for: an answer, or its wake-up
    if (!calls.empty()) return answer(calls[move.step % calls.size()], move, then);
    const TimeMs wake = next_wake(definition, purchase);
    return {then < wake ? wake : then, 0xffffffff, Due{}};
  }
  switch (move.kind % 16) {
    case 8:
    case 9:
      return {then, 0xffffffff, Due{}};
    case 10:
      return {then, move.which, Resumed{}};
    case 11:
      return a_person(move, step, then);
    case 12:
    case 13:
      return {then, 0, Enlisted{step, "{}"}};
    default:
      return out_of_the_blue(move, static_cast<std::uint8_t>(move.step % (definition.steps.size() + 1)),
                             then);
  }
}

}  // namespace settle::test

namespace rc {

using settle::test::Life;
using settle::test::Move;

// Sizes of the numbers do not grow with RapidCheck's size: each byte means another thing, not a larger one.
Gen<Life> Arbitrary<Life>::arbitrary() {
  const auto byte = gen::resize(kNominalSize, gen::arbitrary<std::uint8_t>());
  const auto move =
      gen::build<Move>(gen::set(&Move::kind, byte), gen::set(&Move::step, byte), gen::set(&Move::what, byte),
                       gen::set(&Move::which, byte),
                       gen::set(&Move::later, gen::resize(kNominalSize, gen::arbitrary<std::uint16_t>())));
  return gen::build<Life>(
      gen::set(&Life::definition_seed, gen::resize(kNominalSize, gen::arbitrary<std::uint64_t>())),
      gen::set(&Life::moves, gen::container<std::vector<Move>>(move)));
}

}  // namespace rc
