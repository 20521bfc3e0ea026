#pragma once
// The protobuf wire format, as much of it as we use: varints and length-delimited fields. Writer and Reader
// have the same methods, so that one function per message ("fields", see messages.hpp) describes both
// directions; it is found by its arguments, and so must be in this namespace and in no unnamed one. Reading
// is strict: what is out of range, cut off or of another wire type makes the reader fail; unknown field
// numbers are skipped.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "settle/statemachine/ids.hpp"

namespace settle::wire {

// The last number of an enum that this version knows, and whether it has a zero.
template <class E>
struct EnumRange;

constexpr std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

enum WireType : std::uint8_t { varint_type = 0, fixed64_type = 1, bytes_type = 2, fixed32_type = 5 };

// Appends to a string. Fields at zero or empty are left out; messages are always written.
class Writer {
 public:
  static constexpr bool writing = true;
  template <class T>
  using Ref = const T&;

  explicit Writer(std::string& out) : out_(out) {}

  template <class T>
  void number(int field, T value) {
    if (static_cast<std::uint64_t>(value) == 0) return;
    tag(field, varint_type);
    varint(static_cast<std::uint64_t>(value));
  }
  void integer(int field, std::int64_t value) { number(field, zigzag(value)); }
  void time(int field, TimeMs value) { integer(field, value.count); }
  void duration(int field, DurationMs value) { integer(field, value.count); }
  // A step's index where -1 means "none": written one higher.
  template <class T>
  void index_or_none(int field, T value) {
    number(field, static_cast<std::uint64_t>(value + 1));
  }
  void text(int field, std::string_view value) {
    if (value.empty()) return;
    tag(field, bytes_type);
    varint(value.size());
    out_.append(value);
  }
  template <std::size_t N>
  void fixed(int field, const std::array<std::uint8_t, N>& value) {
    if (value == std::array<std::uint8_t, N>{}) return;
    text(field, {reinterpret_cast<const char*>(value.data()), N});
  }
  template <class M>
  void message(int field, const M& value) {
    tag(field, bytes_type);
    const std::size_t start = out_.size();
    out_ += '\0';  // room for the usual length of one byte
    fields(*this, value);
    close(start);
  }
  template <class M>
  void repeated(int field, const std::vector<M>& values, std::size_t) {
    for (const M& value : values) message(field, value);
  }

 private:
  void tag(int field, WireType type) { varint(static_cast<std::uint64_t>(field) << 3 | type); }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }
  void close(std::size_t start);

  std::string& out_;
};

// Reads a message field by field: `fields` is run once per field found, and the one method whose number
// fits takes the value.
class Reader {
 public:
  static constexpr bool writing = false;
  template <class T>
  using Ref = T&;

  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  // All of the message into `out`. False: damaged.
  template <class M>
  bool read(M& out) {
    while (next()) {
      fields(*this, out);
      if (!taken_) skip();
    }
    return !failed_;
  }

  template <class T>
  void number(int field, T& value) {
    if (!take(field, varint_type)) return;
    const std::uint64_t read = varint();
    if constexpr (std::is_enum_v<T>) {
      require(read <= EnumRange<T>::last && (read > 0 || EnumRange<T>::has_zero));
      if (!failed_) value = static_cast<T>(read);
    } else {
      value = static_cast<T>(read);
      require(static_cast<std::uint64_t>(value) == read);
    }
  }
  void integer(int field, std::int64_t& value) {
    if (take(field, varint_type)) value = unzigzag(varint());
  }
  void time(int field, TimeMs& value) { integer(field, value.count); }
  void duration(int field, DurationMs& value) { integer(field, value.count); }
  template <class T>
  void index_or_none(int field, T& value) {
    if (!take(field, varint_type)) return;
    const std::uint64_t read = varint();
    require(read <= 127);
    value = static_cast<T>(static_cast<int>(read & 127) - 1);
  }
  void text(int field, std::string& value) {
    if (take(field, bytes_type)) value.assign(bytes());
  }
  template <std::size_t N>
  void fixed(int field, std::array<std::uint8_t, N>& value) {
    if (!take(field, bytes_type)) return;
    const std::string_view read = bytes();
    require(read.size() == N);
    if (!failed_) read.copy(reinterpret_cast<char*>(value.data()), N);
  }
  template <class M>
  void message(int field, M& value) {
    if (take(field, bytes_type)) require(Reader(bytes()).read(value));
  }
  // At most `count_max`, so that no input makes us allocate more than a multiple of what it is worth.
  template <class M>
  void repeated(int field, std::vector<M>& values, std::size_t count_max) {
    if (!take(field, bytes_type)) return;
    const std::string_view one = bytes();
    require(values.size() < count_max);
    if (!failed_) require(Reader(one).read(values.emplace_back()));
  }
  // For what `fields` itself finds wrong.
  void require(bool condition) { failed_ = failed_ || !condition; }
  // Whether the field at hand is `field`, a message; its bytes are then read with message().
  bool at(int field) const { return !taken_ && field_ == field; }

 private:
  bool next();
  bool take(int field, WireType type);
  void skip();
  std::uint64_t varint();
  std::string_view bytes();

  std::string_view rest_;
  int field_ = 0;
  std::uint8_t type_ = 0;
  bool taken_ = false;
  bool failed_ = false;
};

}  // namespace settle::wire
