// What the relay does without: digest and signature of a call, the purchase id and token derivation, sealing.

#include <benchmark/benchmark.h>

#include "settle/crypto/crypto.hpp"
#include "settle/crypto/keys.hpp"

namespace {

using namespace settle;

const std::string body(400, 'x');  // about as long as a call's

void digest_of_a_body(benchmark::State& state) {
  while (state.KeepRunning()) benchmark::DoNotOptimize(content_digest(body));
}
BENCHMARK(digest_of_a_body);

void signature_of_a_call(benchmark::State& state) {
  const std::string key(32, 'k');
  const std::string id = "07070707070707070707070707070707:charge:confirm";
  while (state.KeepRunning()) benchmark::DoNotOptimize(webhook_signature(key, id, 1'800'000'000, body));
}
BENCHMARK(signature_of_a_call);

void purchase_id(benchmark::State& state) {
  const auto keys = KeyRing::from_bytes({1, 2, 3});
  while (state.KeepRunning()) benchmark::DoNotOptimize(keys->purchase_id("bench", "c256-r1-0-12345"));
}
BENCHMARK(purchase_id);

void callback_mac(benchmark::State& state) {
  const auto keys = KeyRing::from_bytes({1, 2, 3});
  const std::string message(20, 'm');
  while (state.KeepRunning()) benchmark::DoNotOptimize(keys->mac("callback", message));
}
BENCHMARK(callback_mac);

void seal_card_codes(benchmark::State& state) {
  const auto keys = KeyRing::from_bytes({1, 2, 3});
  const std::string plain = R"([{"code":"ABCD-EFGH-IJKL-MNOP"}])";
  while (state.KeepRunning())
    benchmark::DoNotOptimize(keys->seal(plain, "07070707070707070707070707070707:issue"));
}
BENCHMARK(seal_card_codes);

void unseal_card_codes(benchmark::State& state) {
  const auto keys = KeyRing::from_bytes({1, 2, 3});
  const std::string sealed =
      keys->seal(R"([{"code":"ABCD-EFGH-IJKL-MNOP"}])", "07070707070707070707070707070707:issue");
  while (state.KeepRunning())
    benchmark::DoNotOptimize(keys->unseal(sealed, "07070707070707070707070707070707:issue"));
}
BENCHMARK(unseal_card_codes);

}  // namespace

BENCHMARK_MAIN();
