// What participants and merchants answer: the HTTP, in any pieces, and what the answer is taken for. What
// cannot be understood is never guessed (I7), and whatever it is, `advance` can live with it.

#include "answer_body.hpp"
#include "answer_parser.hpp"
#include "drive.hpp"
#include "json_object.hpp"
#include "settle/participants/protocol.hpp"
#include "text.hpp"

namespace settle::fuzz {
namespace {

using State = AnswerParser::State;

struct Parsed {
  State state = State::more;
  HttpAnswer answer;
  bool keep_alive = false;
};

// As a connection reads: what was not used is given again, with more behind it; then the connection ends.
Parsed parsed(std::string_view bytes, std::size_t piece) {
  AnswerParser parser;
  Parsed out;
  std::size_t given = 0, taken = 0;
  while (out.state == State::more && given < bytes.size()) {
    given = std::min(bytes.size(), given + piece);
    for (std::size_t used = 1; used > 0 && taken < given && out.state == State::more;) {
      out.state = parser.feed(bytes.substr(taken, given - taken), used);
      SETTLE_CHECK(used <= given - taken);
      taken += used;
      if (out.state == State::interim) parser.reset(), out.state = State::more, used = 1;
    }
  }
  if (out.state == State::more && parser.has_started()) out.state = parser.finish();
  if (out.state != State::done) return out;
  out.keep_alive = parser.keep_alive();
  parser.take(out.answer);
  return out;
}

void same(const Parsed& one, const Parsed& other) {
  SETTLE_CHECK((one.state == State::done) == (other.state == State::done));
  if (one.state != State::done) return;
  SETTLE_CHECK(one.keep_alive == other.keep_alive && one.answer.status == other.answer.status);
  SETTLE_CHECK(one.answer.body == other.answer.body && one.answer.retry_after == other.answer.retry_after);
  SETTLE_CHECK(one.answer.content_digest == other.answer.content_digest);
  SETTLE_CHECK(one.answer.content_type == other.answer.content_type);
}

void bounded(std::string_view result, std::string_view code, std::string_view detail) {
  SETTLE_CHECK(result.empty() || is_json_object(result));
  SETTLE_CHECK(result.size() <= stored_result_bytes_max);
  SETTLE_CHECK(code.empty() || is_code(code));
  SETTLE_CHECK(detail.size() <= error_detail_bytes_max && is_utf8_text(detail));
}

void plausible(const Answered& event, const HttpAnswer& answer) {
  bounded(event.result, event.code, event.detail);
  SETTLE_CHECK(event.outcome != Outcome::done || (answer.status >= 200 && answer.status < 300));
  SETTLE_CHECK(event.result.empty() || event.outcome == Outcome::done);
  SETTLE_CHECK(event.retry_after.count >= 0);
}

void plausible(const QueryAnswered& event, const HttpAnswer& answer) {
  bounded(event.result, event.code, event.detail);
  SETTLE_CHECK(event.says == QueryState::no_answer || answer.status == 200);
}

void classified(const HttpAnswer& answer, std::uint8_t choice) {
  static const Definition definition = purchase_definition();
  static const auto keys = KeyRing::from_bytes({1, 2, 3});
  static const Registry registry = [] {
    Registry made;
    Participant payment;
    payment.name = "payment";
    payment.require_digest = true;
    made.put(payment);
    Merchant merchant;
    merchant.id = "m-1";
    merchant.success.exact_body = "success";
    made.put(merchant);
    return made;
  }();
  const auto step = static_cast<std::uint8_t>(choice % definition.steps.size());
  const auto operation = static_cast<Operation>(1 + choice / 4 % operation_count);
  static const Purchase purchase = submitted(definition);
  const CallContext call{.definition = definition,
                         .purchase = purchase,
                         .step = step,
                         .operation = operation,
                         .attempt = 1,
                         .shard = ShardId{},
                         .epoch = 1,
                         .now = TimeMs{1'700'000'000'000},
                         .callback_base = ""};
  const auto event = classify(call, answer, registry, *keys);
  std::visit(
      [&](const auto& what) {
        plausible(what, answer);
        advanced(definition, purchase, Event{TimeMs{1'700'000'000'100}, 0xffffffff, what});
      },
      event);
}

}  // namespace
}  // namespace settle::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace settle::fuzz;
  Input input(data, size);
  const std::uint8_t choice = input.byte();
  const std::size_t piece = std::size_t{1} + input.byte();
  const std::string_view bytes = input.rest();
  const Parsed whole = parsed(bytes, bytes.size());
  same(whole, parsed(bytes, piece));
  if (whole.state == State::done) classified(whole.answer, choice);
  return 0;
}
