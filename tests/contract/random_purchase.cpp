#include "random_purchase.hpp"

namespace settle {
namespace {

// The structured bindings name every member: a new one does not compile until it is compared here, and then
// fails until it is encoded.
auto all(const Order& order) {
  const auto& [a, b, c, d, e, f, g, h, i, j, k] = order;
  return std::tie(a, b, c, d, e, f, g, h, i, j, k);
}
auto all(const Step& step) {
  const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, a1, b1, c1, d1,
               e1, f1, g1, h1, i1] = step;
  return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, a1, b1, c1,
                  d1, e1, f1, g1, h1, i1);
}
auto all(const Submitted& event) {
  const auto& [a, b, c, order, e, f, g] = event;
  return std::tuple_cat(std::tie(a, b, c, e, f, g), all(order));
}
auto all(const Answered& event) {
  const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = event;
  return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
}
auto all(const Told& event) {
  const auto& [a, b, c, d, e, f, g] = event;
  return std::tie(a, b, c, d, e, f, g);
}
auto all(const QueryAnswered& event) {
  const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = event;
  return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
}
auto all(const Due&) {
  return std::tie();
}
auto all(const Inquired&) {
  return std::tie();
}
auto all(const Held& event) {
  const auto& [a, b, c, d, e] = event;
  return std::tie(a, b, c, d, e);
}
auto all(const Released& event) {
  const auto& [a] = event;
  return std::tie(a);
}
auto all(const Noted& event) {
  const auto& [a, b] = event;
  return std::tie(a, b);
}
auto all(const Assigned& event) {
  const auto& [a, b, c] = event;
  return std::tie(a, b, c);
}
auto all(const Proposed& event) {
  const auto& [a, b, c, d, e, f] = event;
  return std::tie(a, b, c, d, e, f);
}
auto all(const Resumed&) {
  return std::tie();
}
auto all(const CancelRequested& event) {
  const auto& [a, b] = event;
  return std::tie(a, b);
}
auto all(const RetryRequested& event) {
  const auto& [a, b, c] = event;
  return std::tie(a, b, c);
}
auto all(const ResolveRequested& event) {
  const auto& [a, b, c, d, e, f, g] = event;
  return std::tie(a, b, c, d, e, f, g);
}
auto all(const Reopened& event) {
  const auto& [a, b, c] = event;
  return std::tie(a, b, c);
}
auto all(const Enlisted& event) {
  const auto& [a, b] = event;
  return std::tie(a, b);
}
auto all(const ClientDecided& event) {
  const auto& [a, b] = event;
  return std::tie(a, b);
}

}  // namespace

bool same(const Purchase& left, const Purchase& right) {
  const auto without_parts = [](const Purchase& purchase) {
    const auto& [a, b, c, order, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, steps] = purchase;
    return std::tuple_cat(std::tie(a, b, c, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w),
                          all(order));
  };
  if (without_parts(left) != without_parts(right) || left.steps.size() != right.steps.size()) return false;
  for (std::size_t i = 0; i < left.steps.size(); ++i) {
    if (all(left.steps[i]) != all(right.steps[i])) return false;
  }
  return true;
}

bool same(const Event& left, const Event& right) {
  const auto& [at, queryable, what, policies, stretch, notices, rules] = left;
  if (at != right.at || queryable != right.queryable || policies != right.policies ||
      stretch != right.stretch_percent || notices != right.notices || rules != right.rules ||
      what.index() != right.what.index())
    return false;
  return std::visit(
      [&](const auto& one) { return all(one) == all(std::get<std::decay_t<decltype(one)>>(right.what)); },
      what);
}

std::string RandomPurchases::text(std::size_t bytes_max) {
  std::string text(below(3) == 0 ? 0 : below(bytes_max + 1), '\0');
  for (char& byte : text) byte = static_cast<char>(random_());
  return text;
}

PurchaseId RandomPurchases::id() {
  PurchaseId id;
  if (below(4) != 0) {
    for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(random_());
  }
  return id;
}

std::array<std::uint8_t, 32> RandomPurchases::digest() {
  std::array<std::uint8_t, 32> digest{};
  for (auto& byte : digest) byte = static_cast<std::uint8_t>(random_());
  return digest;
}

Order RandomPurchases::order() {
  return {text(20),
          text(64),
          text(20),
          text(20),
          text(20),
          text(20),
          text(20),
          text(3),
          number<std::int64_t>(),
          number<std::int64_t>(),
          text(400)};
}

Step RandomPurchases::one_step() {
  Step step;
  step.state = one_of(StepState::idle, StepState::parked);
  step.operation = one_of(Operation::try_, Operation::query);
  step.parked_from = one_of(StepState::idle, StepState::parked);
  step.in_flight = number<bool>();
  step.query_in_flight = number<bool>();
  step.try_intended = number<bool>();
  for (auto& count : step.attempts) count = number<std::uint16_t>();
  for (auto& count : step.attempts_base) count = number<std::uint16_t>();
  for (auto& count : step.attempts_aside) count = number<std::uint16_t>();
  for (auto& at : step.first_attempt_at) at = time();
  step.last_attempt_at = time();
  step.wake_at = time();
  step.expires_at = time();
  step.parked_at = time();
  step.planned_wake = time();
  step.held_since = time();
  step.proposed_by = text(20);
  if (!step.proposed_by.empty()) step.proposed_as = one_of(Resolution::done, Resolution::abandoned);
  step.proposed_evidence = text(evidence_bytes_max);
  step.proposed_at = time();
  step.proposed_result = text(200);
  step.not_before = time();
  step.unanswered = number<std::uint16_t>();
  step.held_by = one_of(HeldBy::none, HeldBy::concurrency);
  step.probing = number<bool>();
  step.row_of = one_of(Cause::none, Cause::overload);
  step.row = number<std::uint16_t>();
  step.apart = number<std::uint16_t>();
  step.warned = {static_cast<std::uint8_t>(below(window_warnings_max + 1)), time(), time()};
  step.last_cause = one_of(Cause::none, Cause::overload);
  step.last_status = number<std::uint16_t>();
  step.error_code = text(30);
  step.error_detail = text(error_detail_bytes_max);
  step.try_result = text(200);
  step.confirm_result = text(200);
  return step;
}

Purchase RandomPurchases::purchase() {
  Purchase purchase{id(),
                    text(20),
                    number<std::uint32_t>(),
                    order(),
                    digest(),
                    one_of(PurchaseState::trying, PurchaseState::cancelled),
                    one_of(Decision::none, Decision::cancel),
                    text(20),
                    text(100),
                    text(20),
                    number<bool>(),
                    time(),
                    time(),
                    time(),
                    time(),
                    time(),
                    id(),
                    id(),
                    number<std::uint64_t>(),
                    text(20),
                    text(note_bytes_max),
                    text(20),
                    time(),
                    {}};
  purchase.steps.resize(below(steps_max + 1));
  for (auto& step : purchase.steps) step = one_step();
  return purchase;
}

std::vector<Transition> RandomPurchases::transitions() {
  std::vector<Transition> transitions(below(12));
  for (auto& transition : transitions) {
    transition = {static_cast<std::int8_t>(static_cast<int>(below(steps_max + 1)) - 1),
                  number<std::uint8_t>(), number<std::uint8_t>(), number<std::uint8_t>()};
  }
  return transitions;
}

Event RandomPurchases::event() {
  Event event{time(),   number<std::uint32_t>(), {}, number<std::uint32_t>(), number<std::uint32_t>(),
              text(30), number<std::uint32_t>()};
  const auto operation = one_of(Operation::try_, Operation::query);
  const auto outcome = one_of(Outcome::done, Outcome::fault);
  const auto cause = one_of(Cause::none, Cause::overload);
  const auto decision = one_of(Decision::none, Decision::cancel);
  switch (below(18)) {
    case 0:
      event.what = Submitted{id(), text(20), number<std::uint32_t>(), order(), digest(), time(), id()};
      break;
    case 1:
      event.what = Answered{step(),
                            operation,
                            number<std::uint16_t>(),
                            outcome,
                            cause,
                            number<std::uint16_t>(),
                            DurationMs{number<std::int64_t>()},
                            time(),
                            text(20),
                            text(50),
                            text(300),
                            number<std::uint32_t>(),
                            text(kept_url_bytes_max),
                            text(kept_answer_bytes_max),
                            text(kept_content_type_bytes_max)};
      break;
    case 2:
      event.what = Told{step(), operation, outcome, time(), text(20), text(50), text(300)};
      break;
    case 3:
      event.what = QueryAnswered{step(),
                                 number<std::uint16_t>(),
                                 one_of(QueryState::tried, QueryState::no_answer),
                                 cause,
                                 number<std::uint16_t>(),
                                 time(),
                                 text(20),
                                 text(50),
                                 text(300),
                                 number<std::uint32_t>(),
                                 DurationMs{number<std::int64_t>()},
                                 text(kept_url_bytes_max),
                                 text(kept_answer_bytes_max),
                                 text(kept_content_type_bytes_max)};
      break;
    case 4:
      event.what = Due{};
      break;
    case 5:
      event.what = Resumed{};
      break;
    case 6:
      event.what = CancelRequested{text(20), text(100)};
      break;
    case 7:
      event.what =
          RetryRequested{text(20), text(100), static_cast<std::int16_t>(static_cast<int>(below(33)) - 1)};
      break;
    case 8:
      event.what =
          ResolveRequested{text(20),  text(100), step(),   one_of(Resolution::done, Resolution::abandoned),
                           text(100), text(20),  text(300)};
      break;
    case 9:
      event.what = Reopened{text(20), text(100), id()};
      break;
    case 10:
      event.what = Enlisted{step(), text(300)};
      break;
    case 11:
      event.what = Inquired{};
      break;
    case 12:
      event.what = Held{step(), operation, number<std::uint16_t>(),
                        one_of(HeldBy::breaker, HeldBy::concurrency), time()};
      break;
    case 13:
      event.what = Released{step()};
      break;
    case 14:
      event.what = Noted{text(20), text(100)};
      break;
    case 15:
      event.what = Assigned{text(20), text(100), text(20)};
      break;
    case 16:
      event.what = Proposed{text(20),  text(100), step(), one_of(Resolution::done, Resolution::abandoned),
                            text(100), text(300)};
      break;
    default:
      event.what = ClientDecided{decision, text(100)};
  }
  return event;
}

}  // namespace settle
