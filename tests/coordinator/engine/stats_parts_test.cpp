// The parts of the statistics by themselves: ages, buckets, their bounds and their bytes.

#include <gtest/gtest.h>

#include "age_book.hpp"
#include "metrics_add.hpp"
#include "stats_bucket.hpp"

namespace settle::test {
namespace {

constexpr std::int64_t minute = 60'000, hour = 60 * minute, day = 24 * hour;
constexpr TimeMs noon{1'700'000'000'000};

TEST(AgeBook, KeepsMinutesThenHoursThenDays) {
  AgeBook book;
  for (int i = 0; i < 1'000; ++i) book.add(noon + DurationMs{i * minute});
  book.coarsen(noon + DurationMs{1'000 * minute});
  EXPECT_EQ(book.count(), 1'000U);
  EXPECT_EQ(book.oldest(), TimeMs{noon.count - noon.count % hour});
  EXPECT_EQ(book.since(noon + DurationMs{1'000 * minute}), 1'000U);
  EXPECT_LT(book.since(noon + DurationMs{500 * minute}), 600U);
  std::string bytes;
  book.encode(bytes);
  EXPECT_LT(bytes.size(), 3'000U) << "a thousand minutes do not stay a thousand numbers";
  book.coarsen(noon + DurationMs{30 * day});
  EXPECT_EQ(book.count(), 1'000U);
  for (int i = 0; i < 1'000; ++i) book.remove(noon + DurationMs{i * minute});
  EXPECT_EQ(book.count(), 0U) << "found again in whatever they became part of";
  EXPECT_FALSE(book.oldest());
}

TEST(AgeBook, ReadsBackWhatItWrote) {
  AgeBook book, read;
  book.add(noon);
  book.add(noon);
  book.add(noon + DurationMs{2 * day});
  std::string bytes;
  book.encode(bytes);
  std::string_view in = bytes;
  ASSERT_TRUE(AgeBook::take(in, read));
  EXPECT_TRUE(in.empty());
  EXPECT_TRUE(book == read);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    std::string_view part(bytes.data(), cut);
    AgeBook none;
    EXPECT_FALSE(AgeBook::take(part, none)) << cut;
  }
}

StepFact failure(Cause cause) {
  StepFact fact;
  fact.kind = StepFact::Kind::failure;
  fact.cause = cause;
  return fact;
}

RecordFacts facts_at(const std::string& target, const std::string& merchant, StepFact fact) {
  auto definition = std::make_shared<Definition>(purchase_definition());
  definition->steps[0].target = target;
  RecordFacts facts;
  facts.at = noon;
  facts.definition = definition;
  facts.merchant = merchant;
  facts.steps.push_back(fact);
  return facts;
}

TEST(StatsBucket, ReadsBackWhatItWroteAndNothingLess) {
  StatsBucket bucket;
  StepFact end;
  end.kind = StepFact::Kind::ended;
  end.ending = Ending::succeeded;
  end.failed_before = true;
  end.attempts = 12;
  end.took = DurationMs{70'000};
  add(bucket, facts_at("payment", "", end));
  add(bucket, facts_at(merchant_target, "m-1", failure(Cause::tls)));
  const std::string bytes = encode(bucket);
  const auto read = decode_bucket(bytes);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->totals, bucket.totals);
  EXPECT_EQ(read->cells, bucket.cells);
  const Counters& cell = read->cells.at({"payment", "", Operation::try_});
  EXPECT_EQ(cell[cell_counter::attempts_needed + 9], 1U) << "ten or more";
  EXPECT_EQ(cell[cell_counter::retry_ms], 70'000U);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(decode_bucket(std::string_view(bytes).substr(0, cut)).ok()) << cut;
}

TEST(StatsBucket, ManyMerchantsBecomeOther) {
  StatsBucket bucket;
  for (int i = 0; i < 5'000; ++i)
    add(bucket, facts_at(merchant_target, "m-" + std::to_string(i), failure(Cause::reset)));
  EXPECT_EQ(bucket.cells.size(), merchant_cells_max + 1);
  EXPECT_EQ(
      bucket.cells.at({merchant_target, other_merchant, Operation::try_})[cell_counter::cause(Cause::reset)],
      5'000 - merchant_cells_max)
      << "the sum is exact all the same";
  for (int i = 0; i < 50; ++i)
    add(bucket, facts_at("participant-" + std::to_string(i), "", failure(Cause::reset)));
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(bucket.cells.count({"participant-" + std::to_string(i), "", Operation::try_}), 1U)
        << "merchants take no participant's place";
  const auto read = decode_bucket(encode(bucket));
  ASSERT_TRUE(read.ok());
  StatsBucket again = *read;
  add(again, facts_at(merchant_target, "late", failure(Cause::reset)));
  EXPECT_EQ(again.cells.size(), bucket.cells.size()) << "a full bucket is full when it is read again";
}

TEST(StatsBucket, ParticipantsHaveABoundOfTheirOwn) {
  StatsBucket bucket;
  for (int i = 0; i < 2'000; ++i)
    add(bucket, facts_at("participant-" + std::to_string(i), "", failure(Cause::reset)));
  add(bucket, facts_at(merchant_target, "m-1", failure(Cause::reset)));
  EXPECT_EQ(bucket.cells.size(), participant_cells_max + 2);
  EXPECT_EQ(bucket.cells.count({merchant_target, "m-1", Operation::try_}), 1U);
  EXPECT_LE(bucket.cells.size(), bucket_cells_max);
}

TEST(StatsBucket, TheWorstMerchantsKeepTheirNames) {
  std::map<CellKey, Counters> merchants;
  for (std::uint64_t i = 0; i < 1'000; ++i)
    merchants[{merchant_target, "m-" + std::to_string(i), Operation::deliver}]
             [cell_counter::cause(Cause::reset)] = i;
  keep_worst(merchants, 10);
  EXPECT_EQ(merchants.size(), 11U);
  EXPECT_EQ(merchants.count({merchant_target, "m-999", Operation::deliver}), 1U);
  EXPECT_EQ(failures_in(merchants.at({merchant_target, other_merchant, Operation::deliver})),
            989U * 990U / 2);
  merchants[{merchant_target, "m-0", Operation::deliver}] = {};
  keep_worst(merchants, 10);
  EXPECT_EQ(merchants.size(), 11U);
  EXPECT_EQ(failures_in(merchants.at({merchant_target, other_merchant, Operation::deliver})),
            989U * 990U / 2);
}

TEST(StatsBucket, PercentilesAreWithinTheirBin) {
  Counters cell{};
  std::vector<std::int64_t> times;
  for (std::int64_t i = 1; i <= 1'000; ++i) times.push_back(i * i * 37);  // sorted
  for (const std::int64_t time : times) {
    ++cell[cell_counter::retried];
    ++cell[cell_counter::retry_bin + retry_bin_of(DurationMs{time})];
  }
  for (const unsigned percent : {1U, 10U, 50U, 95U, 100U}) {
    const std::int64_t exact = times[std::size_t{percent} * 10 - 1];
    const std::int64_t told = retry_percentile(cell, percent).count;
    EXPECT_EQ(retry_bin_of(DurationMs{told}), retry_bin_of(DurationMs{exact})) << percent;
    if (percent < 100) {
      EXPECT_LE(std::abs(told - exact), exact / 8) << percent;
    }
  }
  EXPECT_EQ(retry_percentile(Counters{}, 50).count, 0);
}

TEST(StatsBucket, EachTimeIsInTheBinThatBeginsAtOrBeforeIt) {
  for (std::int64_t ms : {1, 2, 3, 5, 6, 100, 999, 1'000, 86'400'000}) {
    const std::size_t bin = retry_bin_of(DurationMs{ms});
    EXPECT_LE(retry_bin_begins(bin).count, ms);
    EXPECT_GT(retry_bin_begins(bin + 1).count, ms);
  }
  EXPECT_EQ(retry_bin_of(DurationMs{0}), 0U);
  EXPECT_LT(retry_bin_of(DurationMs{INT64_MAX}), cell_counter::retry_bins);
}

TEST(MetricCounters, LabelsAreBounded) {
  MetricCounters counters;
  for (int i = 0; i < 1'000; ++i)
    add(counters, facts_at("p-" + std::to_string(i), "", failure(Cause::reset)));
  for (int i = 0; i < 1'000; ++i)
    add(counters, facts_at(merchant_target, "m-" + std::to_string(i), failure(Cause::tls)));
  EXPECT_EQ(counters.failures.size(), metric_participants_max + 2);
  EXPECT_EQ(counters.failures.at(metric_other)[static_cast<std::size_t>(Cause::reset)], 800U);
  EXPECT_EQ(counters.failures.at(metric_merchants)[static_cast<std::size_t>(Cause::tls)], 1'000U);
  EXPECT_EQ(counters.failures.at("p-0")[static_cast<std::size_t>(Cause::reset)], 1U);
  for (int i = 0; i < 500; ++i) counters.alert("code-" + std::to_string(i));
  EXPECT_EQ(counters.alerts.size(), metric_alerts_max + 1);
  EXPECT_EQ(counters.alerts.at(metric_other), 500 - metric_alerts_max);
}

}  // namespace
}  // namespace settle::test
