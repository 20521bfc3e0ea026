#include "journal_cursor.hpp"

#include "settle/crypto/crypto.hpp"

namespace settle {
namespace {

constexpr char version = '\x01';
constexpr int shift_max = 7 * (cursor_lsn_bytes_max - 1);

// The number at `at`, which is moved behind it; 0: there is none.
std::uint64_t read_lsn(const std::string& bytes, std::size_t& at) {
  std::uint64_t lsn = 0;
  for (int shift = 0; at < bytes.size() && shift <= shift_max; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    lsn |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) return lsn;
  }
  return 0;
}

}  // namespace

std::string journal_cursor(const std::vector<std::uint64_t>& next) {
  std::string bytes(1, version);
  for (std::uint64_t lsn : next) {
    for (; lsn >= 0x80; lsn >>= 7) bytes += static_cast<char>(lsn | 0x80);
    bytes += static_cast<char>(lsn);
  }
  return base64url(bytes);
}

std::optional<std::vector<std::uint64_t>> parse_journal_cursor(std::string_view cursor, std::size_t shards) {
  if (cursor.empty()) return std::vector<std::uint64_t>(shards, 1);
  if (cursor.size() > ((1 + shards * cursor_lsn_bytes_max) * 4 + 2) / 3) return std::nullopt;
  const std::optional<std::string> bytes = unbase64url(cursor);
  if (!bytes || bytes->empty() || bytes->front() != version) return std::nullopt;
  std::vector<std::uint64_t> next;
  for (std::size_t at = 1; at < bytes->size();) {
    next.push_back(read_lsn(*bytes, at));
    if (next.back() == 0) return std::nullopt;
  }
  if (next.size() != shards) return std::nullopt;
  return next;
}

}  // namespace settle
