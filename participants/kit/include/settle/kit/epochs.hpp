#pragma once
// The newest epoch seen of each shard. A call with an older one comes from a coordinator that has been
// replaced.

#include "settle/kit/call.hpp"
#include "settle/kit/sqlite.hpp"

namespace settle::kit {

// Creates the table kit_epoch (shard, epoch).
void create_epochs(Transaction& transaction);

// False if a newer one was seen; else notes it, durable with the transaction.
bool epoch_current(Transaction& transaction, const Epoch& epoch);

}  // namespace settle::kit
