#pragma once
// The real file system with faults on demand, below RocksDB.

#include <rocksdb/file_system.h>

#include <atomic>
#include <memory>
#include <string>

namespace settle {

class FaultFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FaultFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FaultFileSystem"; }

  // From now on nothing reaches the disk: as if the process had been killed at this moment.
  void freeze() { frozen_ = true; }
  // The write-ahead log's sync number `count` from now (1: the next) fails, once.
  void fail_log_sync(int count) { log_syncs_left_ = count; }
  // The disk is full once the write-ahead log has taken `bytes` more; what fits is written.
  void fill_disk_after(std::int64_t bytes) { bytes_left_ = bytes; }
  // Every table file that is written fails.
  void fail_tables() { tables_fail_ = true; }
  // Reads of table files fail, until told otherwise.
  void fail_reads(bool fail) { reads_fail_ = fail; }
  int log_syncs() const { return log_syncs_; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus NewRandomAccessFile(const std::string& name, const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                        rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* context) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options, rocksdb::IODebugContext* context) override;

  // For the files.
  enum class Kind { log, table, other };
  rocksdb::IOStatus before_write(Kind kind, std::size_t bytes, std::size_t* fits);
  rocksdb::IOStatus before_sync(Kind kind);
  rocksdb::IOStatus before_read() const;

 private:
  std::atomic<bool> frozen_{false}, tables_fail_{false}, reads_fail_{false};
  std::atomic<int> log_syncs_left_{0}, log_syncs_{0};
  std::atomic<std::int64_t> bytes_left_{-1};
};

}  // namespace settle
