#pragma once
// The file that holds the master key: three lines of text, mode 0600.
//
//   settle-key 1
//   BASE64 of 32 bytes
//   the key's id, 16 hexadecimal digits: tells a damaged file from another key

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>

#include "settle/statemachine/result.hpp"

namespace settle {

using MasterKey = std::array<std::uint8_t, 32>;

std::string id_of(const MasterKey& master);

// Errors: key_file_missing, key_file_mode, key_file_damaged, io.
Result<MasterKey> read_key_file(const std::filesystem::path& file);

// Makes a random key; if somebody else made the file meanwhile, theirs stands. Errors: io.
Status make_key_file(const std::filesystem::path& file);

}  // namespace settle
