#pragma once
// How RocksDB is set up, and why.

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include <memory>
#include <vector>

#include "failure_relay.hpp"
#include "layout.hpp"

namespace settle {

// What fails behind the scenes is told to `relay`; RocksDB writes no more afterwards.
rocksdb::DBOptions database_options(rocksdb::Env* env, bool create, std::shared_ptr<FailureRelay> relay);

// One family per table, in the order of Table, and the default one last.
std::vector<rocksdb::ColumnFamilyDescriptor> family_descriptors(std::size_t block_cache_bytes);

}  // namespace settle
