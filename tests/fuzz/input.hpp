#pragma once
// The fuzzer's bytes, taken from the front: first the few that choose, then the rest, which is what is read.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace settle::fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  // 0 where there is none left.
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return first;
  }
  std::uint64_t number(int bytes) {
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | byte();
    return value;
  }
  bool empty() const { return rest_.empty(); }
  // The next `count` bytes, or fewer.
  std::string_view some(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view rest() { return some(rest_.size()); }

 private:
  std::string_view rest_;
};

}  // namespace settle::fuzz

// What each target is; the main function is libFuzzer's, or replay.cpp's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
