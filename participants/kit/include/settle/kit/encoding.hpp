#pragma once
// Base64 (RFC 4648, padded, strict), lower-case hexadecimal and random names. Pure but for `random_bytes`.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace settle::kit {

std::string base64(std::string_view bytes);
// Nothing for a character outside the alphabet, wrong padding or a length that is no multiple of four.
std::optional<std::string> from_base64(std::string_view text);
std::string hex(std::string_view bytes);

// Cryptographically random. A machine without entropy stops the process: guessing would be worse.
std::string random_bytes(std::size_t count);
// Random letters and digits (no 0/O, 1/I), 5 bits each: for hold ids, charge ids and card codes.
std::string random_token(std::size_t length);

// Equal, compared in a time that depends on the lengths alone.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace settle::kit
