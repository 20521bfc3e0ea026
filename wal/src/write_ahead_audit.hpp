#pragma once
// RocksDB takes a damaged length or a zeroed stretch near the end of its write-ahead log for a torn write,
// and drops all that follows, acknowledged or not. A real tear has nothing behind it: every batch was synced
// before the next began. So where a whole batch begins behind the first unreadable place, the log is damaged
// and not torn.

#include <filesystem>

#include "settle/statemachine/result.hpp"

namespace settle {

// Looks at every write-ahead log in `folder`. RocksDB begins one at each opening and would not miss it, so
// a journal that was open before must have one. Errors: damaged, with file and offset; io.
Status audit_write_ahead_logs(const std::filesystem::path& folder, bool must_exist);

}  // namespace settle
