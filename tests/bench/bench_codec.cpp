// How long it takes to write what a whole purchase leaves in the journal, to read it back, and how large it
// is.

#include <benchmark/benchmark.h>

#include "sample_purchase.hpp"
#include "settle/statemachine/result.hpp"
#include "settle/wal/codec.hpp"

namespace {

using namespace settle;

void encode_whole_purchase(benchmark::State& state) {
  const auto story = sample_purchase(purchase_definition());
  std::size_t bytes = 0;
  while (state.KeepRunning()) {
    bytes = 0;
    for (const SampleStep& step : story) {
      bytes += encode(step.event).size() + encode(step.advanced.transitions).size();
    }
    benchmark::DoNotOptimize(bytes);
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(encode_whole_purchase);

void decode_whole_purchase(benchmark::State& state) {
  std::vector<std::string> events;
  for (const SampleStep& step : sample_purchase(purchase_definition())) events.push_back(encode(step.event));
  while (state.KeepRunning()) {
    for (const std::string& event : events) {
      auto decoded = decode_event(event);
      SETTLE_CHECK(decoded.ok());
      benchmark::DoNotOptimize(decoded);
    }
  }
}
BENCHMARK(decode_whole_purchase);

void encode_snapshot(benchmark::State& state) {
  const Purchase purchase = sample_purchase(purchase_definition()).back().advanced.purchase;
  std::size_t bytes = 0;
  while (state.KeepRunning()) {
    bytes = encode(purchase).size();
    benchmark::DoNotOptimize(bytes);
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(encode_snapshot);

void decode_snapshot(benchmark::State& state) {
  const std::string bytes = encode(sample_purchase(purchase_definition()).back().advanced.purchase);
  while (state.KeepRunning()) {
    auto decoded = decode_purchase(bytes);
    SETTLE_CHECK(decoded.ok());
    benchmark::DoNotOptimize(decoded);
  }
}
BENCHMARK(decode_snapshot);

}  // namespace

BENCHMARK_MAIN();
