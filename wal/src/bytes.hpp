#pragma once
// Big-endian numbers, so that the order of keys is the order of what they mean.

#include <cstdint>
#include <string>
#include <string_view>

#include "settle/statemachine/ids.hpp"

namespace settle {

template <class Unsigned>
void put_big_endian(std::string& out, Unsigned value) {
  for (int shift = static_cast<int>(sizeof(Unsigned)) * 8 - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(value >> shift);
  }
}

// The first bytes of `in`, which must be long enough.
template <class Unsigned>
Unsigned get_big_endian(std::string_view in) {
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
    value = static_cast<Unsigned>(value << 8 | static_cast<unsigned char>(in[i]));
  }
  return value;
}

// The sign bit is turned, so that times before 1970 sort before the others.
inline void put_time(std::string& out, TimeMs at) {
  put_big_endian(out, static_cast<std::uint64_t>(at.count) ^ (std::uint64_t{1} << 63));
}
inline TimeMs get_time(std::string_view in) {
  return TimeMs{static_cast<std::int64_t>(get_big_endian<std::uint64_t>(in) ^ (std::uint64_t{1} << 63))};
}

inline void put_id(std::string& out, const PurchaseId& id) {
  out.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
}
inline PurchaseId get_id(std::string_view in) {
  PurchaseId id;
  in.copy(reinterpret_cast<char*>(id.bytes.data()), id.bytes.size());
  return id;
}

}  // namespace settle
