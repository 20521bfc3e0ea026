// What participants report: the token in the path, which only we can have made (I13), and the body.

#include <algorithm>

#include "answer_body.hpp"
#include "drive.hpp"
#include "json_object.hpp"
#include "settle/participants/protocol.hpp"
#include "text.hpp"

namespace settle::fuzz {
namespace {

const KeyRing& keys() {
  static const auto ring = KeyRing::from_bytes({1, 2, 3});
  return *ring;
}

// Nobody was given a token of this one: the fuzzer remembers what it has seen compared.
const KeyRing& unused_keys() {
  static const auto ring = KeyRing::from_bytes({4, 5, 6});
  return *ring;
}

// A token that nobody was given opens nothing.
void any_token(std::string_view text) {
  SETTLE_CHECK(!parse_callback_token(text, unused_keys()));
}

// One that was given says what it was made for; and with one character changed, nothing.
void our_token(Input& input) {
  CallbackTarget target;
  const std::string_view id = input.some(target.purchase.bytes.size());
  std::copy(id.begin(), id.end(), target.purchase.bytes.begin());
  target.step = input.byte() % steps_max;
  target.operation = static_cast<Operation>(1 + input.byte() % operation_count);
  const ShardId shard{static_cast<std::uint16_t>(input.number(2))};
  const std::string token = callback_token(target, shard, keys());
  const auto read = parse_callback_token(token, keys());
  SETTLE_CHECK(read && read->purchase == target.purchase && read->step == target.step &&
               read->operation == target.operation);
  std::string bent = token;
  bent[input.byte() % bent.size()] = static_cast<char>(input.byte());
  SETTLE_CHECK(bent == token || !parse_callback_token(bent, keys()));
}

void told(Input& input) {
  static const Definition definition = purchase_definition();
  static const Purchase purchase = submitted(definition);
  const std::uint8_t step = input.byte() % 5;  // one more than there are
  const auto operation = static_cast<Operation>(1 + input.byte() % operation_count);
  const std::string_view body = input.rest();
  const auto read = parse_callback(body, definition, purchase, step, operation, keys());
  if (!read) {
    SETTLE_CHECK(read.error().code == "invalid_callback" && is_utf8_text(read.error().detail));
    return;
  }
  SETTLE_CHECK(read->step == step && read->operation == operation && step < definition.steps.size());
  SETTLE_CHECK(read->outcome == Outcome::done || read->outcome == Outcome::refused);
  SETTLE_CHECK(read->result.empty() || is_json_object(read->result));
  SETTLE_CHECK(read->result.size() <= stored_result_bytes_max);
  SETTLE_CHECK(read->outcome != Outcome::refused || is_code(read->code));
  SETTLE_CHECK(read->detail.size() <= error_detail_bytes_max && is_utf8_text(read->detail));
  if (!read->result.empty()) {
    const std::string context = purchase.id.text() + ":" + definition.steps[step].name;
    SETTLE_CHECK(unseal_fields(read->result, context, keys()).ok());
  }
  advanced(definition, purchase, Event{TimeMs{1'700'000'000'100}, 0, *read});
}

}  // namespace
}  // namespace settle::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace settle::fuzz;
  Input input(data, size);
  switch (input.byte() % 4) {
    case 1:
      any_token(input.rest());
      break;
    case 2:
      our_token(input);
      break;
    default:
      told(input);
  }
  return 0;
}
