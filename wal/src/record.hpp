#pragma once
// A record as bytes, and the chain. docs/wal-format.md, "Records".

#include <string>
#include <string_view>

#include "settle/wal/journal.hpp"

namespace settle {

// Appends the record to `out` and returns its hash. `previous`: of the record before, zero for the first.
ChainHash write_record(std::string& out, const Append& append, Position position, const ChainHash& previous);

// Checks the hash against `previous`. Errors: damaged, with the position.
Result<Record> read_record(std::string_view bytes, Position position, const ChainHash& previous);

// The hash that the record holds, unchecked. Errors: damaged, with the position.
Result<ChainHash> hash_of_record(std::string_view bytes, Position position);

Error damaged_at(Position position, const std::string& what);

}  // namespace settle
