// SHA-256, HMAC, random bytes. Contexts are kept per thread: making one costs more than hashing a short text,
// and every purchase needs several.

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <climits>
#include <memory>

#include "settle/crypto/crypto.hpp"

namespace settle {
namespace {

struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

// Fetched once, for as long as the process lives.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  SETTLE_CHECK(algorithm != nullptr);
  return algorithm;
}

EVP_MD_CTX* digest_context() {
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  SETTLE_CHECK(context != nullptr);
  return context.get();
}

EVP_MAC_CTX* new_hmac_context() {
  static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  SETTLE_CHECK(algorithm != nullptr);
  EVP_MAC_CTX* const context = EVP_MAC_CTX_new(algorithm);
  SETTLE_CHECK(context != nullptr);
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  SETTLE_CHECK(EVP_MAC_CTX_set_params(context, params) == 1);
  return context;
}

EVP_MAC_CTX* hmac_context() {
  thread_local const std::unique_ptr<EVP_MAC_CTX, Free> context(new_hmac_context());
  return context.get();
}

const unsigned char* bytes_of(std::string_view text) {
  // OpenSSL takes a null key for "the one before".
  return reinterpret_cast<const unsigned char*>(text.data() != nullptr ? text.data() : "");
}

}  // namespace

std::array<std::uint8_t, 32> sha256(std::string_view bytes) {
  std::array<std::uint8_t, 32> hash{};
  EVP_MD_CTX* const context = digest_context();
  SETTLE_CHECK(EVP_DigestInit_ex2(context, sha256_algorithm(), nullptr) == 1);
  SETTLE_CHECK(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
  SETTLE_CHECK(EVP_DigestFinal_ex(context, hash.data(), nullptr) == 1);
  return hash;
}

std::array<std::uint8_t, 32> hmac_sha256(std::string_view key, std::string_view message) {
  std::array<std::uint8_t, 32> hash{};
  std::size_t length = 0;
  EVP_MAC_CTX* const context = hmac_context();
  SETTLE_CHECK(EVP_MAC_init(context, bytes_of(key), key.size(), nullptr) == 1);
  SETTLE_CHECK(EVP_MAC_update(context, bytes_of(message), message.size()) == 1);
  SETTLE_CHECK(EVP_MAC_final(context, hash.data(), &length, hash.size()) == 1 && length == hash.size());
  return hash;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_bytes(std::size_t count) {
  SETTLE_CHECK(count <= INT_MAX);
  std::string bytes(count, '\0');
  SETTLE_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) == 1);
  return bytes;
}

}  // namespace settle
