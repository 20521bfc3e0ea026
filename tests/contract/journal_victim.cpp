// The process that is killed: appends on all shards, and reports to its standard output what became durable.
// With "hold" as second argument it only opens the journal and says so.

#include <unistd.h>

#include <array>
#include <cstring>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "journal_engine.hpp"
#include "journal_victim.hpp"
#include "rocks_support.hpp"

namespace settle {
namespace {

[[noreturn]] void write_until_killed(Journal& journal, int out) {
  std::array<Epoch, contract_shards> epochs;
  for (std::uint16_t i = 0; i < contract_shards; ++i) {
    const auto shard = journal.open_shard(ShardId{i});
    if (!shard.ok()) ::_exit(2);
    epochs[i] = shard->epoch;
  }
  // Tickets rise with the appends, so what is durable is a prefix of these.
  std::mutex mutex;
  std::vector<Acknowledged> appended;
  std::uint64_t told = 0;
  journal.listen([&](Ticket durable, const Status&) {
    const std::lock_guard lock(mutex);
    for (; told < durable.number && told < appended.size(); ++told) {
      if (::write(out, &appended[told], sizeof(Acknowledged)) != sizeof(Acknowledged)) ::_exit(3);
    }
  });
  std::mt19937_64 random(static_cast<std::uint64_t>(::getpid()));
  for (;;) {
    const ShardId shard{static_cast<std::uint16_t>(random() % contract_shards)};
    auto append = purchase_append(purchase_in(shard, static_cast<std::uint32_t>(random() % 50)),
                                  epochs[shard.number], TimeMs{1}, std::string(random() % 2'000, 'e'));
    append.sync = random() % 3 != 0;
    append.snapshot = "snapshot";
    const std::lock_guard lock(mutex);
    const auto done = journal.append(std::move(append));
    if (!done.ok()) ::_exit(4);
    appended.push_back({shard.number, done->position.lsn});
    if (appended.size() % 64 == 0) std::this_thread::yield();
  }
}

}  // namespace
}  // namespace settle

int main(int argc, char** argv) {
  if (argc < 2) return 9;
  const auto opened = settle::open_rocks_journal(settle::rocks_options(argv[1]));
  if (!opened.ok()) return 1;
  if (argc == 2) settle::write_until_killed(**opened, STDOUT_FILENO);
  const settle::Acknowledged opened_it{};
  if (::write(STDOUT_FILENO, &opened_it, sizeof opened_it) != sizeof opened_it) return 3;
  for (;;) ::pause();
}
