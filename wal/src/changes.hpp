#pragma once
// What an append changes in the tables. Shared by the engines that are ordered maps of bytes.

#include <string_view>

#include "layout.hpp"

namespace settle {

class ChangeSink {
 public:
  virtual ~ChangeSink() = default;
  virtual void put(Table table, std::string_view key, std::string_view value) = 0;
  virtual void remove(Table table, std::string_view key) = 0;
};

// Whether the append keeps to the limits of journal.hpp. Errors: too_large, invalid_append.
Status check_append(const Append& append, std::uint16_t shard_count);

// How many bytes the append carries: what record_bytes_max limits.
std::size_t bytes_of(const Append& append);

// Emits the changes, in order, and returns the record's hash.
ChainHash emit_changes(const Append& append, Position position, const ChainHash& previous,
                       std::uint16_t shard_count, ChangeSink& sink);

}  // namespace settle
