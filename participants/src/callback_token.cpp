// Callback tokens: who holds one may report for one operation of one step of one purchase, and for nothing
// else (I13).

#include "settle/crypto/crypto.hpp"
#include "settle/participants/protocol.hpp"
#include "settle/statemachine/bug.hpp"

namespace settle {
namespace {

// shard (2, big endian), purchase (16), step (1), operation (1), MAC over these (16).
constexpr std::size_t message_size = 20;
constexpr std::size_t token_size = message_size + 16;
constexpr std::size_t token_text_size = token_size / 3 * 4;
static_assert(token_size % 3 == 0, "each token has exactly one spelling");
constexpr std::string_view purpose = "callback";

}  // namespace

std::string callback_token(const CallbackTarget& target, ShardId shard, const KeyRing& keys) {
  std::string token;
  token += static_cast<char>(shard.number >> 8);
  token += static_cast<char>(shard.number & 0xff);
  token.append(target.purchase.bytes.begin(), target.purchase.bytes.end());
  token += static_cast<char>(target.step);
  token += static_cast<char>(target.operation);
  const auto mac = keys.mac(purpose, token);
  token.append(mac.begin(), mac.end());
  return base64url(token);
}

std::optional<CallbackTarget> parse_callback_token(std::string_view text, const KeyRing& keys) {
  if (text.size() != token_text_size) return std::nullopt;
  const auto token = unbase64url(text);
  if (!token || token->size() != token_size) return std::nullopt;
  const std::string_view message = std::string_view(*token).substr(0, message_size);
  const auto mac = keys.mac(purpose, message);
  const std::string expected(mac.begin(), mac.end());
  if (!equal_in_constant_time(expected, std::string_view(*token).substr(message_size)) &&
      !SETTLE_BUG(token_unchecked))
    return std::nullopt;
  CallbackTarget target;
  for (std::size_t i = 0; i < target.purchase.bytes.size(); ++i) {
    target.purchase.bytes[i] = static_cast<std::uint8_t>(message[i + 2]);
  }
  target.step = static_cast<std::uint8_t>(message[18]);
  target.operation = static_cast<Operation>(message[19]);
  return target;
}

}  // namespace settle
