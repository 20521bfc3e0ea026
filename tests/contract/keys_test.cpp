// The key file, and what is derived from it.

#include "settle/crypto/keys.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "temporary_folder.hpp"

namespace settle {
namespace {

std::string slurp(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void spill(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

std::array<std::uint8_t, 32> master(std::uint8_t seed) {
  std::array<std::uint8_t, 32> bytes{};
  bytes.fill(seed);
  return bytes;
}

TEST(KeyFile, IsMadeOnceWithMode0600AndReadAgain) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "key";
  const auto made = KeyRing::open(file, true);
  ASSERT_TRUE(made.ok()) << made.error().detail;
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1)
      << "no draft stays behind";
  const auto again = KeyRing::open(file, false);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ((*again)->id(), (*made)->id());
  EXPECT_EQ((*again)->purchase_id("s", "k"), (*made)->purchase_id("s", "k"));
}

TEST(KeyFile, ThatIsMissingIsAnErrorOnceThereIsSealedData) {
  const TemporaryFolder folder;
  const auto ring = KeyRing::open(folder.path() / "key", false);
  ASSERT_FALSE(ring.ok());
  EXPECT_EQ(ring.error().code, "key_file_missing");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "key"));
  EXPECT_EQ(KeyRing::open(folder.path() / "no" / "key", true).error().code, "io");
}

TEST(KeyFile, ReadableByOthersIsRefused) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "key";
  ASSERT_TRUE(KeyRing::open(file, true).ok());
  for (const auto mode : {0640, 0604, 0620, 0601}) {
    ASSERT_EQ(::chmod(file.c_str(), static_cast<mode_t>(mode)), 0);
    EXPECT_EQ(KeyRing::open(file, true).error().code, "key_file_mode");
  }
}

TEST(KeyFile, ThatIsDamagedIsToldAndNeverReplaced) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "key";
  ASSERT_TRUE(KeyRing::open(file, true).ok());
  const auto whole = slurp(file);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto bent = whole;
    bent[at] = static_cast<char>(bent[at] ^ 1);
    spill(file, bent);
    const auto ring = KeyRing::open(file, true);
    ASSERT_FALSE(ring.ok()) << at;
    EXPECT_EQ(ring.error().code, "key_file_damaged");
    spill(file, whole.substr(0, at));
    EXPECT_EQ(KeyRing::open(file, true).error().code, "key_file_damaged") << at;
  }
  spill(file, whole + "x");
  EXPECT_EQ(KeyRing::open(file, true).error().code, "key_file_damaged");
  spill(file, whole);
  EXPECT_TRUE(KeyRing::open(file, true).ok());
}

TEST(Seal, OpensOnlyWithTheSameKeyAndContext) {
  const auto ring = KeyRing::from_bytes(master(1));
  const auto sealed = ring->seal("4111-1111", "purchase/issue/codes");
  EXPECT_EQ(sealed.substr(0, 20), "v1." + ring->id() + ".");
  EXPECT_EQ(sealed.find("4111"), std::string::npos);
  EXPECT_NE(sealed, ring->seal("4111-1111", "purchase/issue/codes")) << "a nonce is used once";
  EXPECT_EQ(*ring->unseal(sealed, "purchase/issue/codes"), "4111-1111");
  EXPECT_EQ(ring->unseal(sealed, "purchase/issue/code").error().code, "unseal_failed");
  EXPECT_EQ(KeyRing::from_bytes(master(2))->unseal(sealed, "purchase/issue/codes").error().code,
            "unseal_failed");
  EXPECT_EQ(*ring->unseal(ring->seal("", ""), ""), "");
}

TEST(Seal, EveryBitOfTheSealedTextCounts) {
  const auto ring = KeyRing::from_bytes(master(1));
  const auto sealed = ring->seal("secret", "c");
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      auto bent = sealed;
      bent[at] = static_cast<char>(bent[at] ^ (1 << bit));
      EXPECT_FALSE(ring->unseal(bent, "c").ok()) << bent;
    }
    EXPECT_FALSE(ring->unseal(sealed.substr(0, at), "c").ok());
  }
}

TEST(Derived, IdsAndMacsAreStableAndKeptApart) {
  const auto ring = KeyRing::from_bytes(master(1));
  const auto other = KeyRing::from_bytes(master(2));
  EXPECT_EQ(ring->id().size(), 16U);
  EXPECT_NE(ring->id(), other->id());
  EXPECT_EQ(ring->purchase_id("shop", "key"), KeyRing::from_bytes(master(1))->purchase_id("shop", "key"));
  EXPECT_NE(ring->purchase_id("shop", "key"), other->purchase_id("shop", "key"));
  EXPECT_NE(ring->purchase_id("ab", "c"), ring->purchase_id("a", "bc"));
  EXPECT_NE(ring->purchase_id("1", "1:x"), ring->purchase_id("11:1", "x"));
  EXPECT_EQ(ring->mac("callback", "m"), ring->mac("callback", "m"));
  EXPECT_NE(ring->mac("callback", "m"), ring->mac("cursor", "m"));
  EXPECT_NE(ring->mac("callback", "m"), ring->mac("callback", "n"));
  EXPECT_NE(ring->mac("callback", "m"), other->mac("callback", "m"));
}

// What is derived must never change: ids and sealed fields of older versions depend on it (I27).
TEST(Derived, I27_DerivedKeysAreTheSameInEveryVersion) {
  const auto ring = KeyRing::from_bytes(master(7));
  EXPECT_EQ(ring->id(), "23f3b2a3a3e64460");
  constexpr std::array<std::uint8_t, 16> id{0x5f, 0x4c, 0xe7, 0x2d, 0xb7, 0x5f, 0x5b, 0x18,
                                            0x8a, 0xe5, 0x16, 0x23, 0xdb, 0xb3, 0x65, 0x38};
  EXPECT_EQ(ring->purchase_id("shop-1", "key-1").bytes, id);
  constexpr std::array<std::uint8_t, 16> mac{0xd9, 0x38, 0xa1, 0x2f, 0x9a, 0x20, 0x90, 0xab,
                                             0xdc, 0x48, 0xd6, 0xbc, 0x31, 0xd3, 0x4c, 0x8c};
  EXPECT_EQ(ring->mac("callback", "m"), mac);
  // Sealed by another program, from docs/wal-format.md alone.
  const auto plain =
      ring->unseal("v1.23f3b2a3a3e64460.bm9uY2Utbm9uY2Ut.CWQQk0m2-V0_iexOE1QU-GLnmdLI7g", "p/issue");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(*plain, "code-1");
}

}  // namespace
}  // namespace settle
