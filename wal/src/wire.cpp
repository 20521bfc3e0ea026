#include "wire.hpp"

namespace settle::wire {

// Puts the length of what was written since `start` into the byte that was left for it, and makes room
// behind it if it needs more.
void Writer::close(std::size_t start) {
  std::size_t length = out_.size() - start - 1;
  char digits[10];
  std::size_t count = 0;
  for (; length >= 0x80; length >>= 7) digits[count++] = static_cast<char>(length | 0x80);
  digits[count++] = static_cast<char>(length);
  out_[start] = digits[0];
  if (count > 1) out_.insert(start + 1, digits + 1, count - 1);
}

bool Reader::next() {
  if (failed_ || rest_.empty()) return false;
  const std::uint64_t tag = varint();
  require(tag >> 3 >= 1 && tag >> 3 < (1U << 29));
  field_ = static_cast<int>(tag >> 3);
  type_ = static_cast<std::uint8_t>(tag & 7);
  taken_ = false;
  return !failed_;
}

bool Reader::take(int field, WireType type) {
  if (taken_ || failed_ || field != field_) return false;
  taken_ = true;
  require(type_ == type);
  return !failed_;
}

void Reader::skip() {
  if (failed_) return;
  switch (type_) {
    case varint_type:
      varint();
      break;
    case bytes_type:
      bytes();
      break;
    case fixed64_type:
    case fixed32_type: {
      const std::size_t width = type_ == fixed64_type ? 8 : 4;
      require(rest_.size() >= width);
      if (!failed_) rest_.remove_prefix(width);
      break;
    }
    default:
      failed_ = true;
  }
}

std::uint64_t Reader::varint() {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 10 && i < rest_.size(); ++i) {
    const auto byte = static_cast<unsigned char>(rest_[i]);
    if (i == 9 && byte > 1) break;  // more than 64 bits
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      rest_.remove_prefix(i + 1);
      return value;
    }
  }
  failed_ = true;
  return 0;
}

std::string_view Reader::bytes() {
  const std::uint64_t length = varint();
  require(length <= rest_.size());
  if (failed_) return {};
  const std::string_view read = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return read;
}

}  // namespace settle::wire
