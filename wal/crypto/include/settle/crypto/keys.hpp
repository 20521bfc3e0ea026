#pragma once
// The key file and what is derived from it: sealing of secret fields, purchase ids, callback tokens.

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "settle/statemachine/ids.hpp"
#include "settle/statemachine/result.hpp"

namespace settle {

// A master key of 32 random bytes in a file of mode 0600, made at first start, and the keys derived from it
// by HKDF-SHA256. Immutable after open; any thread. Key bytes are wiped when it goes, and never printed.
class KeyRing {
 public:
  // Reads the file, or makes it when `may_create`. Errors: key_file_missing (and may not be created, since
  // the journal already has sealed data), key_file_mode (readable by others), key_file_damaged, io.
  static Result<std::shared_ptr<const KeyRing>> open(const std::filesystem::path& file, bool may_create);
  // A ring from 32 bytes, for tests and simulations.
  static std::shared_ptr<const KeyRing> from_bytes(const std::array<std::uint8_t, 32>& master);

  virtual ~KeyRing() = default;

  // Identifies the master key without giving anything of it away; 16 hexadecimal digits. The journal's
  // manifest holds it, so that a foreign key file is noticed at start.
  virtual std::string id() const = 0;

  // AES-256-GCM. `context` is bound to the ciphertext (additional data) and must be the same when unsealing.
  // The sealed text is printable: "v1.KEYID.NONCE.CIPHERTEXT", base64url parts.
  virtual std::string seal(std::string_view plain, std::string_view context) const = 0;
  // Errors: unseal_failed (damaged, another key, another context).
  virtual Result<std::string> unseal(std::string_view sealed, std::string_view context) const = 0;

  // The purchase of a shop's idempotency key: always the same, not to be guessed.
  virtual PurchaseId purchase_id(std::string_view shop, std::string_view idempotency_key) const = 0;
  // 128-bit HMAC under a key of its own for `purpose`; used for callback tokens and cursors.
  virtual std::array<std::uint8_t, 16> mac(std::string_view purpose, std::string_view message) const = 0;
};

}  // namespace settle
