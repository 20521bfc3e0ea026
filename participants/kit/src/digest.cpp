#include "settle/kit/digest.hpp"

#include <openssl/sha.h>

#include "settle/kit/encoding.hpp"

namespace settle::kit {

std::string sha256(std::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

std::string content_digest(std::string_view body) {
  return "sha-256=:" + base64(sha256(body)) + ":";
}

bool digest_matches(std::string_view header, std::string_view body) {
  const std::string expected = content_digest(body);
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    std::string_view member = header.substr(0, comma);
    while (!member.empty() && (member.front() == ' ' || member.front() == '\t')) member.remove_prefix(1);
    while (!member.empty() && (member.back() == ' ' || member.back() == '\t')) member.remove_suffix(1);
    if (member.rfind("sha-256=", 0) == 0) return member == expected;
    if (comma == std::string_view::npos) break;
    header.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace settle::kit
