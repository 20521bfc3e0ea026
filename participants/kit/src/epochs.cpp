#include "settle/kit/epochs.hpp"

namespace settle::kit {

void create_epochs(Transaction& transaction) {
  transaction.run("CREATE TABLE IF NOT EXISTS kit_epoch (shard INTEGER PRIMARY KEY, epoch INTEGER NOT NULL)");
}

bool epoch_current(Transaction& transaction, const Epoch& epoch) {
  const auto seen = transaction.row("SELECT epoch FROM kit_epoch WHERE shard = ?", {epoch.shard});
  if (seen && seen->integer(0) > epoch.epoch) return false;
  if (!seen || seen->integer(0) < epoch.epoch) {
    transaction.run(
        "INSERT INTO kit_epoch (shard, epoch) VALUES (?, ?) ON CONFLICT (shard) DO UPDATE SET epoch = "
        "excluded.epoch",
        {epoch.shard, epoch.epoch});
  }
  return true;
}

}  // namespace settle::kit
