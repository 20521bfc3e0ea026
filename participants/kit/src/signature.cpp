#include "settle/kit/signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <charconv>
#include <fstream>

#include "settle/kit/encoding.hpp"

namespace settle::kit {

namespace {

constexpr std::size_t key_bytes_min = 24;
constexpr std::size_t key_bytes_max = 64;

std::string hmac(std::string_view key, std::string_view id, std::string_view timestamp,
                 std::string_view body) {
  std::string message;
  message.reserve(id.size() + timestamp.size() + body.size() + 2);
  message.append(id).append(".").append(timestamp).append(".").append(body);
  std::string mac(EVP_MAX_MD_SIZE, '\0');
  unsigned int length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(),
       reinterpret_cast<unsigned char*>(mac.data()), &length);
  mac.resize(length);
  return mac;
}

// Splits off the part before the next blank.
std::string_view next_word(std::string_view& text) {
  const std::size_t end = text.find(' ');
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return word;
}

}  // namespace

Result<Secrets> Secrets::parse(const std::vector<std::string>& texts) {
  if (texts.empty()) return Error{"secret_missing", "at least one secret is needed"};
  if (texts.size() > secrets_max) return Error{"secrets_too_many", "at most 8 secrets at a time"};
  Secrets secrets;
  for (const std::string& text : texts) {
    const bool prefixed = text.rfind("whsec_", 0) == 0;
    const auto key = prefixed ? from_base64(std::string_view(text).substr(6)) : std::nullopt;
    if (!key || key->size() < key_bytes_min || key->size() > key_bytes_max) {
      return Error{"secret_malformed", "secret number " + std::to_string(secrets.keys_.size() + 1) +
                                           " is not whsec_ and base64 of 24 to 64 bytes"};
    }
    secrets.keys_.push_back(*key);
  }
  return secrets;
}

Result<Secrets> Secrets::read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Error{"file_unreadable", "cannot read the secret file " + path};
  std::vector<std::string> texts;
  for (std::string line; std::getline(file, line) && texts.size() <= secrets_max;) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (!line.empty() && line.front() != '#') texts.push_back(line);
  }
  return parse(texts);
}

std::string Secrets::sign(std::string_view id, std::int64_t timestamp_s, std::string_view body) const {
  std::string header;
  for (const std::string& key : keys_) {
    if (!header.empty()) header += ' ';
    header += "v1," + base64(hmac(key, id, std::to_string(timestamp_s), body));
  }
  return header;
}

bool Secrets::verify(std::string_view id, std::string_view timestamp, std::string_view body,
                     std::string_view header) const {
  if (header.size() > 128 * secrets_max) return false;
  std::vector<std::string> expected;
  expected.reserve(keys_.size());
  for (const std::string& key : keys_) expected.push_back("v1," + base64(hmac(key, id, timestamp, body)));
  bool fits = false;
  while (!header.empty()) {
    const std::string_view word = next_word(header);
    for (const std::string& one : expected) fits = equal_constant_time(one, word) || fits;
  }
  return fits;
}

bool timestamp_fresh(std::string_view timestamp, std::int64_t now_s) {
  std::int64_t seconds = 0;
  const char* end = timestamp.data() + timestamp.size();
  const auto [stopped, error] = std::from_chars(timestamp.data(), end, seconds);
  if (error != std::errc() || stopped != end || seconds < 0) return false;
  return seconds >= now_s - timestamp_tolerance_s && seconds <= now_s + timestamp_tolerance_s;
}

}  // namespace settle::kit
