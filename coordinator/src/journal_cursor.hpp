#pragma once
// Where a reader of the journal goes on: the next LSN of every shard, as text that is opaque to readers.
// The bytes are 1 and then the LSNs as LEB128 numbers; the text is base64url of them.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace settle {

// What a new journal may have. Each shard costs a reader's cursor up to 12 characters, and the cursor travels
// in a request line.
constexpr std::size_t journal_shards_max = 1'024;
// LSNs count records, so that 63 bits last.
constexpr std::size_t cursor_lsn_bytes_max = 9;
// The longest text of all: 12,290 characters, which leave about 4 KiB of HttpLimits::header_bytes_max.
constexpr std::size_t journal_cursor_max = ((1 + journal_shards_max * cursor_lsn_bytes_max) * 4 + 2) / 3;

// `next` holds one LSN per shard, each from 1 to 2^63 - 1.
std::string journal_cursor(const std::vector<std::uint64_t>& next);
// Empty text: the beginning. nullopt: nothing that journal_cursor() made for so many shards.
std::optional<std::vector<std::uint64_t>> parse_journal_cursor(std::string_view cursor, std::size_t shards);

}  // namespace settle
