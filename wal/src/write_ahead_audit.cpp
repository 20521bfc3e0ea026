#include "write_ahead_audit.hpp"

#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

namespace settle {
namespace {

// RocksDB's log format: blocks of 32 KiB, filled with fragments of a header (CRC-32C masked, length, type;
// little endian) and a payload. A block's last bytes are zero where no header fits.
constexpr std::size_t block_bytes = 32'768, header_bytes = 7;
enum Fragment : std::uint8_t { full = 1, first = 2, middle = 3, last = 4 };

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78U : 0);
    table[i] = crc;
  }
  return table;
}

std::uint32_t masked_crc32c(std::string_view bytes) {
  static constexpr auto table = crc_table();
  std::uint32_t crc = 0xffffffffU;
  for (const char byte : bytes) crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(byte)) & 255];
  crc = ~crc;
  return (crc >> 15 | crc << 17) + 0xa282ead8U;
}

std::uint32_t little_endian(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[at + i - 1]);
  return value;
}

class LogFile {
 public:
  explicit LogFile(std::string bytes) : bytes_(std::move(bytes)) {}

  // Where the fragments stop making sense; npos: nowhere. RocksDB itself checks the sums of what it reads, so
  // only the lengths are followed here.
  std::size_t first_anomaly() const {
    std::size_t at = 0;
    while (at < bytes_.size()) {
      const std::size_t left = block_bytes - at % block_bytes;
      if (left < header_bytes) {
        at += left;
      } else if (!fits(at) || type(at) == 0) {
        return at;
      } else {
        at += header_bytes + length(at);
      }
    }
    return std::string::npos;
  }

  // Whether a whole fragment that begins a batch lies at or behind `from`.
  std::size_t batch_behind(std::size_t from) const {
    for (std::size_t at = from; at + header_bytes <= bytes_.size(); ++at) {
      if ((type(at) == full || type(at) == first) && length(at) > 0 && fits(at) && sum_is_right(at))
        return at;
    }
    return std::string::npos;
  }

 private:
  std::size_t length(std::size_t at) const { return little_endian(bytes_, at + 4, 2); }
  std::uint8_t type(std::size_t at) const { return static_cast<std::uint8_t>(bytes_[at + 6]); }
  bool fits(std::size_t at) const {
    return at + header_bytes <= bytes_.size() &&
           at % block_bytes + header_bytes + length(at) <= block_bytes &&
           at + header_bytes + length(at) <= bytes_.size();
  }
  bool sum_is_right(std::size_t at) const {
    return little_endian(bytes_, at, 4) ==
           masked_crc32c(std::string_view(bytes_).substr(at + 6, 1 + length(at)));
  }

  std::string bytes_;
};

Status audit(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  if (!in.is_open() || in.bad()) return Error{"io", "cannot read " + path.string()};
  const LogFile file(std::move(bytes));
  const std::size_t anomaly = file.first_anomaly();
  if (anomaly == std::string::npos || file.batch_behind(anomaly) == std::string::npos) return ok();
  return Error{"damaged", "the journal is damaged: " + path.filename().string() + " at byte " +
                              std::to_string(anomaly) + ", with whole records behind it"};
}

}  // namespace

Status audit_write_ahead_logs(const std::filesystem::path& folder, bool must_exist) {
  std::error_code error;
  int found = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".log") continue;
    ++found;
    if (auto audited = audit(entry.path()); !audited.ok()) return audited;
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return Error{"io", "cannot list " + folder.string() + ": " + error.message()};
  }
  if (must_exist && found == 0) return Error{"damaged", folder.string() + " has lost its write-ahead log"};
  return ok();
}

}  // namespace settle
