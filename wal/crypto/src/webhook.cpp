// Standard Webhooks: how a call is signed.

#include "settle/crypto/crypto.hpp"

namespace settle {

Result<std::string> webhook_key(std::string_view secret) {
  constexpr std::string_view prefix = "whsec_";
  // The detail never quotes the secret.
  const Error invalid{"invalid_secret", "a secret is \"whsec_\" followed by 24 to 64 bytes in base64"};
  if (secret.substr(0, prefix.size()) != prefix || secret.size() > 128) return invalid;
  auto key = unbase64(secret.substr(prefix.size()));
  if (!key || key->size() < 24 || key->size() > 64) return invalid;
  return *std::move(key);
}

std::string webhook_signature(std::string_view raw_key, std::string_view id, std::int64_t timestamp_s,
                              std::string_view body) {
  const std::string timestamp = std::to_string(timestamp_s);
  std::string signed_text;
  signed_text.reserve(id.size() + timestamp.size() + body.size() + 2);
  signed_text.append(id).append(".").append(timestamp).append(".").append(body);
  const auto hash = hmac_sha256(raw_key, signed_text);
  return "v1," + base64({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

}  // namespace settle
