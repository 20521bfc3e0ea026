#pragma once
// The strong types that every room speaks: times, durations, purchase ids.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace settle {

// A span of time in milliseconds.
struct DurationMs {
  std::int64_t count = 0;
  friend constexpr bool operator==(DurationMs a, DurationMs b) { return a.count == b.count; }
  friend constexpr bool operator!=(DurationMs a, DurationMs b) { return a.count != b.count; }
  friend constexpr bool operator<(DurationMs a, DurationMs b) { return a.count < b.count; }
  friend constexpr bool operator<=(DurationMs a, DurationMs b) { return a.count <= b.count; }
};

// A point of engine time: milliseconds since 1970-01-01 UTC. 0 means "never" or "not yet".
struct TimeMs {
  std::int64_t count = 0;
  explicit constexpr operator bool() const { return count != 0; }
  friend constexpr bool operator==(TimeMs a, TimeMs b) { return a.count == b.count; }
  friend constexpr bool operator!=(TimeMs a, TimeMs b) { return a.count != b.count; }
  friend constexpr bool operator<(TimeMs a, TimeMs b) { return a.count < b.count; }
  friend constexpr bool operator<=(TimeMs a, TimeMs b) { return a.count <= b.count; }
  friend constexpr bool operator>(TimeMs a, TimeMs b) { return a.count > b.count; }
  friend constexpr bool operator>=(TimeMs a, TimeMs b) { return a.count >= b.count; }
};

constexpr TimeMs operator+(TimeMs t, DurationMs d) {
  return TimeMs{t.count + d.count};
}
constexpr TimeMs operator-(TimeMs t, DurationMs d) {
  return TimeMs{t.count - d.count};
}
constexpr DurationMs operator-(TimeMs a, TimeMs b) {
  return DurationMs{a.count - b.count};
}

// The earlier of two times, where 0 means never.
constexpr TimeMs earlier(TimeMs a, TimeMs b) {
  if (!a) return b;
  if (!b) return a;
  return a < b ? a : b;
}

// 128 bits, derived by HMAC from shop and idempotency key, so that it can be found again and not guessed.
// Written as 32 lower-case hexadecimal digits.
struct PurchaseId {
  std::array<std::uint8_t, 16> bytes{};

  std::string text() const;
  static std::optional<PurchaseId> parse(std::string_view text);
  bool is_zero() const { return bytes == std::array<std::uint8_t, 16>{}; }
  // The first eight bytes as a number: seeds jitter and hashes tables.
  std::uint64_t prefix() const;

  friend bool operator==(const PurchaseId& a, const PurchaseId& b) { return a.bytes == b.bytes; }
  friend bool operator!=(const PurchaseId& a, const PurchaseId& b) { return a.bytes != b.bytes; }
  friend bool operator<(const PurchaseId& a, const PurchaseId& b) { return a.bytes < b.bytes; }
};

struct PurchaseIdHash {
  std::size_t operator()(const PurchaseId& id) const { return static_cast<std::size_t>(id.prefix()); }
};

// One of a journal's logs. A purchase belongs to the shard that its id hashes to, from its first record on.
struct ShardId {
  std::uint16_t number = 0;
  friend bool operator==(ShardId a, ShardId b) { return a.number == b.number; }
  friend bool operator<(ShardId a, ShardId b) { return a.number < b.number; }
};

ShardId shard_of(const PurchaseId& id, std::uint16_t shard_count);

}  // namespace settle
