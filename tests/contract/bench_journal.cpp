// How fast the embedded journal makes records durable, by how many a writer keeps outstanding. The folder is
// below the temporary one ($TMPDIR), whose disk is what is measured.

#include <benchmark/benchmark.h>

#include <condition_variable>
#include <mutex>

#include "rocks_support.hpp"

namespace settle {
namespace {

void AppendAndSync(benchmark::State& state) {
  const TemporaryFolder folder;
  const auto journal = open_rocks_journal(rocks_options(folder.path() / "journal"));
  SETTLE_CHECK(journal.ok());
  const ShardId shard{1};
  const Epoch epoch = (*journal)->open_shard(shard)->epoch;
  std::mutex mutex;
  std::condition_variable told;
  std::uint64_t durable = 0, appended = 0;
  (*journal)->listen([&](Ticket ticket, const Status& status) {
    SETTLE_CHECK(status.ok());
    const std::lock_guard lock(mutex);
    durable = ticket.number;
    told.notify_one();
  });
  auto append = purchase_append(purchase_in(shard, 1), epoch, TimeMs{1}, std::string(120, 'e'));
  append.transitions.assign(60, 't');
  const auto outstanding_max = static_cast<std::uint64_t>(state.range(0));
  for ([[maybe_unused]] auto _ : state) {
    {
      std::unique_lock lock(mutex);
      told.wait(lock, [&] { return appended - durable < outstanding_max; });
    }
    SETTLE_CHECK((*journal)->append(append).ok());
    ++appended;
  }
  SETTLE_CHECK((*journal)->flush().ok());
  const auto figures = (*journal)->figures();
  state.SetItemsProcessed(static_cast<std::int64_t>(appended));
  state.counters["appends_per_sync"] =
      static_cast<double>(figures.appends) / static_cast<double>(figures.syncs);
}
BENCHMARK(AppendAndSync)->Arg(1)->Arg(64)->Arg(256)->UseRealTime();

}  // namespace
}  // namespace settle

BENCHMARK_MAIN();
