#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include <algorithm>
#include <climits>

#include "key_file.hpp"
#include "settle/crypto/crypto.hpp"
#include "settle/crypto/keys.hpp"

namespace settle {
namespace {

constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;

struct Free {
  void operator()(EVP_KDF* algorithm) const { EVP_KDF_free(algorithm); }
  void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

unsigned char* raw(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// A key derived from the master; wiped when it goes.
struct DerivedKey {
  std::array<std::uint8_t, 32> bytes{};
  ~DerivedKey() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

void derive(const MasterKey& master, std::string_view label, DerivedKey& out) {
  const std::unique_ptr<EVP_KDF, Free> algorithm(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  SETTLE_CHECK(algorithm != nullptr);
  const std::unique_ptr<EVP_KDF_CTX, Free> context(EVP_KDF_CTX_new(algorithm.get()));
  SETTLE_CHECK(context != nullptr);
  char digest[] = "SHA256";
  MasterKey key = master;
  std::string info(label);
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.data(), key.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end()};
  SETTLE_CHECK(EVP_KDF_derive(context.get(), out.bytes.data(), out.bytes.size(), params) == 1);
  OPENSSL_cleanse(key.data(), key.size());
}

const EVP_CIPHER* cipher() {
  static const EVP_CIPHER* const algorithm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  SETTLE_CHECK(algorithm != nullptr);
  return algorithm;
}

EVP_CIPHER_CTX* cipher_context() {
  thread_local const std::unique_ptr<EVP_CIPHER_CTX, Free> context(EVP_CIPHER_CTX_new());
  SETTLE_CHECK(context != nullptr);
  return context.get();
}

// Ciphertext with the tag behind it.
std::string encrypt(const DerivedKey& key, std::string_view nonce, std::string_view bound,
                    std::string_view plain) {
  SETTLE_CHECK(plain.size() < INT_MAX - tag_bytes && bound.size() < INT_MAX);
  EVP_CIPHER_CTX* const context = cipher_context();
  std::string out(plain.size() + tag_bytes, '\0');
  int length = 0;
  SETTLE_CHECK(EVP_EncryptInit_ex2(context, cipher(), key.bytes.data(), raw(nonce), nullptr) == 1);
  SETTLE_CHECK(EVP_EncryptUpdate(context, nullptr, &length, raw(bound), static_cast<int>(bound.size())) == 1);
  if (!plain.empty()) {
    SETTLE_CHECK(EVP_EncryptUpdate(context, raw(out), &length, raw(plain), static_cast<int>(plain.size())) ==
                 1);
  }
  SETTLE_CHECK(EVP_EncryptFinal_ex(context, raw(out) + plain.size(), &length) == 1);
  SETTLE_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, tag_bytes, raw(out) + plain.size()) == 1);
  return out;
}

bool decrypt(const DerivedKey& key, std::string_view nonce, std::string_view bound, std::string_view sealed,
             std::string& plain) {
  if (nonce.size() != nonce_bytes || sealed.size() < tag_bytes || sealed.size() > INT_MAX) return false;
  EVP_CIPHER_CTX* const context = cipher_context();
  const auto body = sealed.substr(0, sealed.size() - tag_bytes);
  std::string tag(sealed.substr(body.size()));
  plain.assign(body.size(), '\0');
  int length = 0;
  SETTLE_CHECK(EVP_DecryptInit_ex2(context, cipher(), key.bytes.data(), raw(nonce), nullptr) == 1);
  SETTLE_CHECK(EVP_DecryptUpdate(context, nullptr, &length, raw(bound), static_cast<int>(bound.size())) == 1);
  if (!body.empty()) {
    SETTLE_CHECK(EVP_DecryptUpdate(context, raw(plain), &length, raw(body), static_cast<int>(body.size())) ==
                 1);
  }
  SETTLE_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()) == 1);
  if (EVP_DecryptFinal_ex(context, raw(plain) + plain.size(), &length) == 1) return true;
  OPENSSL_cleanse(plain.data(), plain.size());  // not authentic: nobody may look at it
  plain.clear();
  return false;
}

class MasterKeyRing final : public KeyRing {
 public:
  explicit MasterKeyRing(const MasterKey& master) : id_(id_of(master)), prefix_("v1." + id_ + ".") {
    derive(master, "settle/v1/seal", seal_);
    derive(master, "settle/v1/purchase", purchase_);
    derive(master, "settle/v1/mac", mac_);
  }

  std::string id() const override { return id_; }

  std::string seal(std::string_view plain, std::string_view context) const override {
    const auto nonce = random_bytes(nonce_bytes);
    return prefix_ + base64url(nonce) + "." +
           base64url(encrypt(seal_key(context), nonce, bound(context), plain));
  }

  Result<std::string> unseal(std::string_view sealed, std::string_view context) const override {
    const Error failed{"unseal_failed", "a sealed field cannot be opened: damaged, or sealed by another key"};
    if (sealed.substr(0, prefix_.size()) != prefix_) return failed;
    sealed.remove_prefix(prefix_.size());
    const auto dot = sealed.find('.');
    if (dot == std::string_view::npos) return failed;
    const auto nonce = unbase64url(sealed.substr(0, dot));
    const auto body = unbase64url(sealed.substr(dot + 1));
    std::string plain;
    if (!nonce || !body || !decrypt(seal_key(context), *nonce, bound(context), *body, plain)) return failed;
    return plain;
  }

  PurchaseId purchase_id(std::string_view shop, std::string_view idempotency_key) const override {
    // The length in front keeps ("ab", "c") and ("a", "bc") apart.
    std::string message = std::to_string(shop.size());
    message.append(":").append(shop).append(idempotency_key);
    const auto hash = hmac_sha256(purchase_.view(), message);
    PurchaseId id;
    std::copy_n(hash.begin(), id.bytes.size(), id.bytes.begin());
    return id;
  }

  std::array<std::uint8_t, 16> mac(std::string_view purpose, std::string_view message) const override {
    DerivedKey key;
    key.bytes = hmac_sha256(mac_.view(), purpose);
    const auto hash = hmac_sha256(key.view(), message);
    std::array<std::uint8_t, 16> half{};
    std::copy_n(hash.begin(), half.size(), half.begin());
    return half;
  }

 private:
  // A key per context, so that the bound on random nonces (2^32 per key) is one per context, not one in all.
  DerivedKey seal_key(std::string_view context) const {
    DerivedKey key;
    key.bytes = hmac_sha256(seal_.view(), context);
    return key;
  }
  std::string bound(std::string_view context) const { return prefix_ + std::string(context); }

  std::string id_, prefix_;
  DerivedKey seal_, purchase_, mac_;
};

}  // namespace

std::string id_of(const MasterKey& master) {
  DerivedKey key;
  derive(master, "settle/v1/id", key);
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < 8; ++i) {
    text += digits[key.bytes[i] >> 4];
    text += digits[key.bytes[i] & 15];
  }
  return text;
}

Result<std::shared_ptr<const KeyRing>> KeyRing::open(const std::filesystem::path& file, bool may_create) {
  auto master = read_key_file(file);
  if (!master.ok() && master.error().code == "key_file_missing" && may_create) {
    if (auto made = make_key_file(file); !made.ok()) return made.error();
    master = read_key_file(file);
  }
  if (!master.ok()) return master.error();
  auto ring = from_bytes(*master);
  OPENSSL_cleanse(master->data(), master->size());
  return ring;
}

std::shared_ptr<const KeyRing> KeyRing::from_bytes(const std::array<std::uint8_t, 32>& master) {
  return std::make_shared<const MasterKeyRing>(master);
}

}  // namespace settle
