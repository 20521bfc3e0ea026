#pragma once
// Small pieces of cryptography that both sides of the protocol need, over OpenSSL. Any thread.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "settle/statemachine/ids.hpp"
#include "settle/statemachine/result.hpp"

namespace settle {

std::array<std::uint8_t, 32> sha256(std::string_view bytes);
std::array<std::uint8_t, 32> hmac_sha256(std::string_view key, std::string_view message);
std::string base64(std::string_view bytes);
std::optional<std::string> unbase64(std::string_view text);  // strict, with padding
std::string base64url(std::string_view bytes);               // without padding
std::optional<std::string> unbase64url(std::string_view text);
bool equal_in_constant_time(std::string_view a, std::string_view b);
std::string random_bytes(std::size_t count);

// RFC 9530: "sha-256=:BASE64:".
std::string content_digest(std::string_view body);
// False when a sha-256 member is there and does not match, or the header cannot be read. Other algorithms are
// skipped.
bool content_digest_matches(std::string_view header, std::string_view body);

// Standard Webhooks. The secret is "whsec_" + base64 of 24..64 bytes.
Result<std::string> webhook_key(std::string_view secret);  // the raw key; errors: invalid_secret
std::string webhook_signature(std::string_view raw_key, std::string_view id, std::int64_t timestamp_s,
                              std::string_view body);

}  // namespace settle
