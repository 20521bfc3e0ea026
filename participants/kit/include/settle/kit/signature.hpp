#pragma once
// Standard Webhooks signatures: HMAC-SHA256 over "id.timestamp.body", several secrets while one rotates.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "settle/statemachine/result.hpp"

namespace settle::kit {

inline constexpr std::int64_t timestamp_tolerance_s = 300;
inline constexpr std::size_t secrets_max = 8;

// The raw keys, 24 to 64 bytes each. Never printed, never logged.
class Secrets {
 public:
  // Texts of the form "whsec_BASE64". Errors: secret_malformed (which one, not what it holds), secret_missing
  // (none given), secrets_too_many.
  static Result<Secrets> parse(const std::vector<std::string>& texts);
  // One secret a line; empty lines and lines that begin with '#' are skipped. Errors also: file_unreadable.
  static Result<Secrets> read_file(const std::string& path);

  // "v1,BASE64" for each secret, separated by spaces: the header webhook-signature.
  std::string sign(std::string_view id, std::int64_t timestamp_s, std::string_view body) const;

  // Does any signature of the header fit any of the secrets? All are compared, each in constant time.
  bool verify(std::string_view id, std::string_view timestamp, std::string_view body,
              std::string_view header) const;

 private:
  std::vector<std::string> keys_;
};

// Is `timestamp` a whole number of seconds within the tolerance of `now_s`, on either side?
bool timestamp_fresh(std::string_view timestamp, std::int64_t now_s);

}  // namespace settle::kit
