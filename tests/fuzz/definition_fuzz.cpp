// Definitions, as a person puts them and as the journal keeps them: what is accepted satisfies `validate`, is
// written out and read again unchanged (I27), and can be lived by a purchase.

#include "drive.hpp"
#include "settle/coordinator/engine.hpp"

namespace settle::fuzz {
namespace {

void defined(std::string_view text, Input& life) {
  const auto parsed = parse_definition("fuzzed", text);
  if (!parsed) {
    SETTLE_CHECK(parsed.error().code == "invalid_definition" && !parsed.error().detail.empty());
    return;
  }
  SETTLE_CHECK(validate(*parsed).ok());
  const std::string written = definition_json(*parsed);
  const auto again = parse_definition("fuzzed", written);
  SETTLE_CHECK(again.ok() && definition_json(*again) == written);
  drive(*parsed, submitted(*parsed), life);
}

}  // namespace
}  // namespace settle::fuzz

// The text up to a NUL, which no JSON holds; behind it, what happens to a purchase of this definition.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  settle::fuzz::Input input(data, size);
  const std::string_view whole(reinterpret_cast<const char*>(data), size);
  const std::string_view text = input.some(std::min(whole.find('\0'), size));
  input.byte();
  settle::fuzz::defined(text, input);
  return 0;
}
