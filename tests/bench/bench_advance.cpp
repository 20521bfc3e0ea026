// How long the pure core takes for a whole purchase (eight events), and for one event in the middle of it.

#include <benchmark/benchmark.h>

#include "sample_purchase.hpp"
#include "settle/statemachine/result.hpp"

namespace {

using namespace settle;

void whole_purchase(benchmark::State& state) {
  const Definition definition = purchase_definition();
  const auto story = sample_purchase(definition);
  SETTLE_CHECK(story.size() == 8 && story.back().advanced.purchase.state == PurchaseState::completed);
  while (state.KeepRunning()) {
    Purchase purchase;
    for (const SampleStep& step : story) {
      purchase = advance(definition, std::move(purchase), step.event).purchase;
    }
    benchmark::DoNotOptimize(purchase);
  }
}
BENCHMARK(whole_purchase);

void one_answer(benchmark::State& state) {
  const Definition definition = purchase_definition();
  const auto story = sample_purchase(definition);
  while (state.KeepRunning()) {
    benchmark::DoNotOptimize(advance(definition, story[1].advanced.purchase, story[2].event));
  }
}
BENCHMARK(one_answer);

}  // namespace

BENCHMARK_MAIN();
