#pragma once
// The real file system below RocksDB, as a disk that may lose its power, fail and fill up.
//
// What was written and not synced is there for whoever reads, as in the page cache; at the cut of the power
// it goes: wholly, partly or not at all. So does a file whose folder was not synced since it was made, and a
// rename. A failed sync loses what it was asked to keep for good, and a later one claims success, as Linux
// does. Files that are deleted stay deleted. The cues are for the write-ahead log, whose syncs are what is
// acknowledged. All threads may use it at once.

#include <rocksdb/file_system.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>

namespace settle {

// What goes wrong, counted from the start. 0: never.
struct DiskPlan {
  std::uint64_t seed = 1;
  std::uint64_t cut_before_sync = 0;  // the power goes before sync number N of the log …
  std::uint64_t cut_after_sync = 0;   // … or after it, before anybody is told
  std::uint64_t eio_sync = 0;         // sync number N of the log fails, once
  std::uint64_t eio_write = 0;        // write number N to the log fails, once
  std::uint64_t full_after = 0;       // no room any more after so many bytes of the log
  bool reads_fail = false;
};

// From the environment variable FAULTY_DISK: "seed=7 cut_after_sync=31". An unknown word ends the process.
DiskPlan disk_plan();

class FaultyDisk final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultyDisk(const DiskPlan& plan);
  const char* Name() const override { return "FaultyDisk"; }

  // Drops what was not synced, and ends the process with 137, as kill -9 would show.
  [[noreturn]] void cut_power();
  void fail_next_sync();
  void fill_up();
  void fail_reads();

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& name, const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                        rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* folder,
                                 rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override;

  // For the files that it hands out.
  rocksdb::IOStatus append(const std::string& name, rocksdb::FSWritableFile& file, const rocksdb::Slice& data,
                           const rocksdb::IOOptions& options, rocksdb::IODebugContext* context);
  rocksdb::IOStatus sync(const std::string& name, rocksdb::FSWritableFile& file,
                         const rocksdb::IOOptions& options, rocksdb::IODebugContext* context);
  rocksdb::IOStatus read();
  void folder_synced(const std::string& folder);

 private:
  struct File {
    std::uint64_t written = 0, synced = 0;  // bytes
    bool lost = false;                      // a sync failed: no later one keeps anything
    bool in_folder = false;                 // its folder was synced since it was made
  };
  // A name that was another file's until its folder is synced.
  struct Renamed {
    std::optional<std::string> before;  // its content
  };

  void drop_unsynced();
  [[noreturn]] void end_locked();

  std::mutex mutex_;
  DiskPlan plan_;
  std::mt19937_64 draw_;
  std::map<std::string, File> files_;
  std::map<std::string, Renamed> renamed_;
  std::uint64_t syncs_ = 0, writes_ = 0, bytes_ = 0;
  bool full_ = false;
};

}  // namespace settle
