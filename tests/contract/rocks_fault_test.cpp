// The disk fails: the journal stops at once, says so everywhere, and what it acknowledged is there
// afterwards.

#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <thread>

#include "fault_file_system.hpp"
#include "rocks_support.hpp"

namespace settle {
namespace {

constexpr ShardId one{1};

// Writes to a journal on a disk with faults, and remembers what was acknowledged.
class Patient {
 public:
  Patient() : files_(std::make_shared<FaultFileSystem>()), journal_(open_rocks(path(), files_)) {
    epoch_ = journal_->open_shard(one)->epoch;
    journal_->listen([this](Ticket durable, const Status& status) {
      const std::lock_guard lock(mutex_);
      if (status.ok()) {
        acknowledged_ = durable.number;
      } else {
        failures_ += 1;
        failure_ = status.error();
      }
    });
  }

  ~Patient() { journal_.reset(); }  // first: its thread tells what is below
  Patient(const Patient&) = delete;
  Patient& operator=(const Patient&) = delete;

  FaultFileSystem& files() { return *files_; }
  Journal& journal() { return *journal_; }
  std::filesystem::path path() const { return folder_.path() / "journal"; }
  std::uint64_t acknowledged() { return std::lock_guard(mutex_), acknowledged_; }
  int failures() { return std::lock_guard(mutex_), failures_; }

  Result<Appended> append(const std::string& event) {
    return journal_->append(purchase_append(purchase_in(one, 1), epoch_, TimeMs{1}, event));
  }
  // Appends and flushes one by one until it fails.
  Error write_until_failure() {
    for (int i = 1; i <= 1'000; ++i) {
      if (const auto appended = append("event " + std::to_string(i)); !appended.ok()) return appended.error();
      if (const auto flushed = journal_->flush(); !flushed.ok()) return flushed.error();
    }
    return {"none", "it never failed"};
  }
  // Opened anew on a disk without faults: LSNs 1 .. n as they were written.
  std::uint64_t records_after_reopening() {
    journal_.reset();
    journal_ = open_rocks(path());
    const auto opened = journal_->open_shard(one);
    EXPECT_TRUE(opened.ok()) << opened.error().detail;
    const auto records = journal_->scan({one, 1}, 10'000);
    EXPECT_TRUE(records.ok()) << records.error().detail;
    if (!records.ok()) return 0;
    for (std::size_t i = 0; i < records->size(); ++i) {
      EXPECT_EQ((*records)[i].event, "event " + std::to_string(i + 1));
    }
    return records->size();
  }
  void expect_stopped(const Error& error) {
    EXPECT_EQ(error.code, "failed") << error.detail;
    ASSERT_FALSE(journal_->health().ok());
    EXPECT_EQ(journal_->health().error().code, "failed");
    EXPECT_EQ(append("more").error().code, "failed");
    EXPECT_EQ(journal_->flush().error().code, "failed");
    EXPECT_EQ(journal_->open_shard(one).error().code, "failed");
  }

 private:
  TemporaryFolder folder_;
  std::shared_ptr<FaultFileSystem> files_;
  std::unique_ptr<Journal> journal_;
  Epoch epoch_;
  std::mutex mutex_;
  std::uint64_t acknowledged_ = 0;
  int failures_ = 0;
  Error failure_;
};

TEST(RocksFaults, I23_AFailedSyncStopsTheJournalForGood) {
  Patient patient;
  patient.files().fail_log_sync(8);
  const auto error = patient.write_until_failure();
  // The next sync would claim success: nothing may come of it.
  patient.expect_stopped(error);
  const auto acknowledged = patient.acknowledged();
  EXPECT_EQ(acknowledged, 7U);
  const auto syncs = patient.files().log_syncs();
  std::this_thread::sleep_for(std::chrono::milliseconds(3 * linger_ms_max));
  EXPECT_EQ(patient.files().log_syncs(), syncs) << "nobody tries again";
  EXPECT_EQ(patient.failures(), 1) << "the listener hears of it once";
  EXPECT_EQ(patient.acknowledged(), acknowledged);
  const auto records = patient.records_after_reopening();
  EXPECT_GE(records, acknowledged);
  EXPECT_LE(records, acknowledged + 1);
}

TEST(RocksFaults, I23_AFullDiskStopsTheJournalAndTearsAtMostTheTail) {
  for (const std::int64_t bytes : {0, 3, 40, 500, 2'000, 2'001, 2'200, 40'000}) {
    Patient patient;
    patient.files().fill_disk_after(bytes);
    const auto error = patient.write_until_failure();
    patient.expect_stopped(error);
    EXPECT_NE(error.detail.find("No space"), std::string::npos) << error.detail;
    const auto acknowledged = patient.acknowledged();
    EXPECT_EQ(patient.records_after_reopening(), acknowledged) << "the torn tail is cut, and only it";
  }
}

TEST(RocksFaults, I23_WhatFailsBehindTheScenesStopsTheJournalToo) {
  Patient patient;
  patient.files().fail_tables();
  const std::string large(record_bytes_max / 2, 'x');
  Error error{"none", ""};
  for (int i = 0; i < 300 && error.code == "none"; ++i) {
    const auto appended = patient.append(large);
    if (!appended.ok()) error = appended.error();
    if (const auto flushed = patient.journal().flush(); !flushed.ok()) error = flushed.error();
  }
  patient.expect_stopped(error);
}

TEST(RocksFaults, I22_AFailedReadIsAnErrorAndNotAnEnd) {
  Patient patient;
  for (int i = 1; i <= 50; ++i) ASSERT_TRUE(patient.append("event " + std::to_string(i)).ok());
  ASSERT_TRUE(patient.journal().flush().ok());
  ASSERT_EQ(patient.records_after_reopening(), 50U);  // which puts them into table files
  auto files = std::make_shared<FaultFileSystem>();
  const auto copy = patient.path().string() + "-copy";
  copy_folder(patient.path(), copy);
  const auto journal = open_rocks(copy, files);
  files->fail_reads(true);
  const auto records = journal->scan({one, 1}, 100);
  ASSERT_FALSE(records.ok());
  EXPECT_EQ(records.error().code, "io") << records.error().detail;
  EXPECT_EQ(journal->open_shard(one).error().code, "io");
  files->fail_reads(false);
  EXPECT_EQ(journal->scan({one, 1}, 100)->size(), 50U);
}

TEST(RocksFaults, I4_WithManyOutstandingNothingUnsyncedIsAcknowledged) {
  for (int sync = 2; sync <= 6; ++sync) {
    Patient patient;
    patient.files().fail_log_sync(sync);
    std::uint64_t appended = 0;
    while (patient.append("event " + std::to_string(appended + 1)).ok()) {
      ++appended;
      while (appended - patient.acknowledged() >= 1'000 && patient.journal().health().ok())
        std::this_thread::yield();
    }
    EXPECT_FALSE(patient.journal().flush().ok());
    const auto acknowledged = patient.acknowledged();
    const auto records = patient.records_after_reopening();
    EXPECT_GE(records, acknowledged);
    EXPECT_LE(records, appended);
  }
}

}  // namespace
}  // namespace settle
