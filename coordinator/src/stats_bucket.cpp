#include "stats_bucket.hpp"

#include <algorithm>
#include <bit>

namespace settle {
namespace {

constexpr std::size_t name_bytes_max = 512;

Counters& cell_of(StatsBucket& bucket, CellKey key) {
  const auto found = bucket.cells.find(key);
  if (found != bucket.cells.end()) return found->second;
  if (!key.merchant.empty() && key.merchant != other_merchant) {
    if (bucket.merchant_cells >= merchant_cells_max) {
      key.merchant = other_merchant;
    } else {
      ++bucket.merchant_cells;
    }
  } else if (bucket.cells.size() - bucket.merchant_cells >= participant_cells_max) {
    key = CellKey{other_target, "", key.operation};
  }
  return bucket.cells[std::move(key)];
}

void add_end(Counters& cell, const StepFact& fact) {
  using namespace cell_counter;  // NOLINT(google-build-using-namespace): its names are only read with it
  ++cell[ending(fact.ending)];
  if (fact.attempts > 0) ++cell[attempts_needed + std::min<std::size_t>(fact.attempts, attempts_bins) - 1];
  if (fact.ending == Ending::succeeded) {
    ++cell[fact.failed_before ? recovered : first_try];
    if (fact.failed_before && !fact.by_person) ++cell[recovered_alone];
  }
  if (fact.attempts < 2) return;
  ++cell[retried];
  cell[retry_ms] += static_cast<std::uint64_t>(fact.took.count);
  ++cell[retry_bin + retry_bin_of(fact.took)];
}

void add_step(StatsBucket& bucket, const RecordFacts& facts, const StepFact& fact) {
  using namespace total_counter;  // NOLINT(google-build-using-namespace): likewise
  const std::string& target = facts.definition->steps[fact.step].target;
  Counters& cell = cell_of(bucket, {target, target == merchant_target ? facts.merchant : "", fact.operation});
  const bool query = fact.operation == Operation::query;
  const auto hourly = [&](Hourly what) {
    if (!query) ++bucket.totals[hour(static_cast<std::size_t>(facts.at.count / 3'600'000 % 24), what)];
  };
  switch (fact.kind) {
    case StepFact::Kind::attempt:
      ++cell[cell_counter::attempts];
      hourly(attempts);
      break;
    case StepFact::Kind::held:
      ++cell[cell_counter::held];
      if (fact.attempts == 0) break;
      // Perhaps below 0, where the bucket before has the attempt: numbers wrap, and the sum is right again.
      --cell[cell_counter::attempts];
      if (!query) --bucket.totals[hour(static_cast<std::size_t>(facts.at.count / 3'600'000 % 24), attempts)];
      break;
    case StepFact::Kind::failure:
      ++cell[cell_counter::cause(fact.cause)];
      hourly(failures);
      break;
    case StepFact::Kind::ended:
      add_end(cell, fact);
      hourly(ended);
      if (fact.ending == Ending::succeeded) hourly(succeeded);
      break;
  }
}

bool take_text(std::string_view& in, std::string& text) {
  std::uint64_t size = 0;
  if (!take_number(in, size) || size > name_bytes_max || size > in.size()) return false;
  text = std::string(in.substr(0, size));
  in.remove_prefix(size);
  return true;
}

void put_text(std::string& out, const std::string& text) {
  put_number(out, text.size());
  out += text;
}

}  // namespace

void add(StatsBucket& bucket, const RecordFacts& facts) {
  if (facts.submitted) ++bucket.totals[total_counter::submitted];
  if (facts.completed) ++bucket.totals[total_counter::completed];
  if (facts.cancelled) ++bucket.totals[total_counter::cancelled];
  if (facts.reason != CancelReason::none) ++bucket.totals[total_counter::reason(facts.reason)];
  for (const StepFact& fact : facts.steps) add_step(bucket, facts, fact);
}

void add_to(Counters& sum, const Counters& more) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += more[i];
}

std::uint64_t failures_in(const Counters& cell) {
  std::uint64_t failures = 0;
  for (int i = 1; i < cause_count; ++i) failures += cell[cell_counter::cause(static_cast<Cause>(i))];
  return failures;
}

void keep_worst(std::map<CellKey, Counters>& merchants, std::size_t count) {
  if (merchants.size() <= count) return;
  std::vector<std::pair<std::uint64_t, CellKey>> by_failures;
  for (const auto& [key, cell] : merchants)
    if (key.merchant != other_merchant) by_failures.emplace_back(failures_in(cell), key);
  std::sort(by_failures.begin(), by_failures.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  for (std::size_t i = count; i < by_failures.size(); ++i) {
    const CellKey& key = by_failures[i].second;
    add_to(merchants[CellKey{key.target, other_merchant, key.operation}], merchants.at(key));
    merchants.erase(key);
  }
}

std::size_t retry_bin_of(DurationMs time) {
  const auto ms = static_cast<std::uint64_t>(std::clamp<std::int64_t>(time.count, 1, (1LL << 32) - 1));
  const auto octave = static_cast<std::size_t>(std::bit_width(ms)) - 1;
  // The upper half of an octave begins at sqrt(2), taken as 181/128.
  return 2 * octave + ((ms << 7) >= (std::uint64_t{181} << octave) && octave > 0 ? 1 : 0);
}

DurationMs retry_bin_begins(std::size_t bin) {
  const std::uint64_t octave = std::uint64_t{1} << (bin / 2);
  return DurationMs{static_cast<std::int64_t>(bin % 2 == 0 ? octave : (octave * 181 + 127) / 128)};
}

DurationMs retry_percentile(const Counters& cell, unsigned percent) {
  using namespace cell_counter;  // NOLINT(google-build-using-namespace): its names are only read with it
  const std::uint64_t all = cell[retried];
  if (all == 0) return DurationMs{0};
  const std::uint64_t wanted = (all * percent + 99) / 100;
  std::uint64_t seen = 0;
  for (std::size_t bin = 0; bin < retry_bins; ++bin) {
    const std::uint64_t here = cell[retry_bin + bin];
    if (seen + here < wanted) {
      seen += here;
      continue;
    }
    // Within the bin as if its times were spread evenly.
    const std::int64_t begin = retry_bin_begins(bin).count;
    const std::int64_t end = bin + 1 < retry_bins ? retry_bin_begins(bin + 1).count : begin;
    return DurationMs{begin + static_cast<std::int64_t>(static_cast<std::uint64_t>(end - begin) *
                                                        (2 * (wanted - seen) - 1) / (2 * here))};
  }
  return DurationMs{0};
}

void put_number(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out += static_cast<char>(number | 0x80U);
  out += static_cast<char>(number);
}

bool take_number(std::string_view& in, std::uint64_t& number) {
  number = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    number |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) return true;
  }
  return false;
}

void put_counters(std::string& out, const Counters& counters) {
  put_number(out, static_cast<std::uint64_t>(std::count_if(counters.begin(), counters.end(),
                                                           [](auto value) { return value != 0; })));
  for (std::size_t i = 0; i < counters.size(); ++i) {
    if (counters[i] == 0) continue;
    put_number(out, i);
    put_number(out, counters[i]);
  }
}

bool take_counters(std::string_view& in, Counters& counters) {
  std::uint64_t count = 0, index = 0, value = 0;
  if (!take_number(in, count)) return false;
  for (; count > 0; --count) {
    if (!take_number(in, index) || !take_number(in, value)) return false;
    if (index < counters.size()) counters[index] = value;  // a newer writer's are passed over
  }
  return true;
}

std::string encode(const StatsBucket& bucket) {
  std::string out;
  put_number(out, 1);
  put_counters(out, bucket.totals);
  put_number(out, bucket.cells.size());
  for (const auto& [key, cell] : bucket.cells) {
    put_text(out, key.target);
    put_text(out, key.merchant);
    put_number(out, static_cast<std::uint64_t>(key.operation));
    put_counters(out, cell);
  }
  return out;
}

Result<StatsBucket> decode_bucket(std::string_view in) {
  const Error damaged{"damaged", "a bucket of the statistics cannot be read"};
  StatsBucket bucket;
  std::uint64_t version = 0, cells = 0, operation = 0;
  if (!take_number(in, version) || version != 1 || !take_counters(in, bucket.totals) ||
      !take_number(in, cells))
    return damaged;
  for (; cells > 0; --cells) {
    CellKey key;
    Counters counters{};
    if (!take_text(in, key.target) || !take_text(in, key.merchant) || !take_number(in, operation) ||
        operation < 1 || operation > operation_count || !take_counters(in, counters))
      return damaged;
    key.operation = static_cast<Operation>(operation);
    const bool named = !key.merchant.empty() && key.merchant != other_merchant;
    if (named && bucket.cells.count(key) == 0) ++bucket.merchant_cells;
    add_to(bucket.cells[std::move(key)], counters);
  }
  return bucket;  // what follows is a newer writer's
}

}  // namespace settle
