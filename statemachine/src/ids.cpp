#include "settle/statemachine/ids.hpp"

namespace settle {
namespace {

constexpr char digits[] = "0123456789abcdef";

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string PurchaseId::text() const {
  std::string out(32, '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
  return out;
}

std::optional<PurchaseId> PurchaseId::parse(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  PurchaseId id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    const int high = digit_of(text[2 * i]);
    const int low = digit_of(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return id;
}

std::uint64_t PurchaseId::prefix() const {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8 | bytes[i];
  return value;
}

// The id's last eight bytes, since the first seed the jitter; both are HMAC output and so evenly spread.
ShardId shard_of(const PurchaseId& id, std::uint16_t shard_count) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i < 16; ++i) value = value << 8 | id.bytes[i];
  return ShardId{static_cast<std::uint16_t>(value % shard_count)};
}

}  // namespace settle
