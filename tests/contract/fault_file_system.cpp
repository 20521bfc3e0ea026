#include "fault_file_system.hpp"

#include <algorithm>

namespace settle {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

FaultFileSystem::Kind kind_of(const std::string& name) {
  if (ends_with(name, ".log")) return FaultFileSystem::Kind::log;
  if (ends_with(name, ".sst")) return FaultFileSystem::Kind::table;
  return FaultFileSystem::Kind::other;
}

class FaultyFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, FaultFileSystem& faults,
             FaultFileSystem::Kind kind)
      : FSWritableFileOwnerWrapper(std::move(file)), faults_(faults), kind_(kind) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* context) override {
    std::size_t fits = data.size();
    auto fault = faults_.before_write(kind_, data.size(), &fits);
    if (fault.ok()) return FSWritableFileOwnerWrapper::Append(data, options, context);
    if (fits > 0) (void)FSWritableFileOwnerWrapper::Append(Slice(data.data(), fits), options, context);
    return fault;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* context) override {
    return Append(data, options, context);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* context) override {
    auto fault = faults_.before_sync(kind_);
    return fault.ok() ? FSWritableFileOwnerWrapper::Sync(options, context) : fault;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* context) override {
    auto fault = faults_.before_sync(kind_);
    return fault.ok() ? FSWritableFileOwnerWrapper::Fsync(options, context) : fault;
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* context) override {
    auto fault = faults_.before_write(FaultFileSystem::Kind::other, 0, nullptr);
    return fault.ok() ? FSWritableFileOwnerWrapper::Truncate(size, options, context) : fault;
  }

 private:
  FaultFileSystem& faults_;
  FaultFileSystem::Kind kind_;
};

class FaultyReader final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  FaultyReader(std::unique_ptr<rocksdb::FSRandomAccessFile>&& file, const FaultFileSystem& faults)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), faults_(faults) {}
  IOStatus Read(std::uint64_t offset, std::size_t count, const IOOptions& options, Slice* result,
                char* scratch, IODebugContext* context) const override {
    auto fault = faults_.before_read();
    if (!fault.ok()) return fault;
    return FSRandomAccessFileOwnerWrapper::Read(offset, count, options, result, scratch, context);
  }
  IOStatus Prefetch(std::uint64_t, std::size_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported();
  }

 private:
  const FaultFileSystem& faults_;
};

}  // namespace

IOStatus FaultFileSystem::before_write(Kind kind, std::size_t bytes, std::size_t* fits) {
  if (fits != nullptr) *fits = 0;
  if (frozen_) return IOStatus::IOError("frozen");
  if (kind == Kind::table && tables_fail_) return IOStatus::IOError("no table today");
  if (kind == Kind::log && bytes_left_ >= 0) {
    const std::int64_t left = bytes_left_;
    bytes_left_ = std::max<std::int64_t>(0, left - static_cast<std::int64_t>(bytes));
    if (left < static_cast<std::int64_t>(bytes)) {
      if (fits != nullptr) *fits = static_cast<std::size_t>(left);
      return IOStatus::NoSpace("No space left on device");
    }
  }
  return IOStatus::OK();
}

IOStatus FaultFileSystem::before_sync(Kind kind) {
  if (frozen_) return IOStatus::IOError("frozen");
  if (kind != Kind::log) return IOStatus::OK();
  ++log_syncs_;
  if (log_syncs_left_ == 1) {
    // As the kernel does: the error is told once and forgotten, and a later sync would claim success.
    log_syncs_left_ = 0;
    auto fault = IOStatus::IOError("fsync failed");
    fault.SetRetryable(true);  // so that RocksDB would like to try again
    return fault;
  }
  if (log_syncs_left_ > 1) --log_syncs_left_;
  return IOStatus::OK();
}

IOStatus FaultFileSystem::before_read() const {
  if (reads_fail_) return IOStatus::IOError("the disk cannot be read");
  return IOStatus::OK();
}

IOStatus FaultFileSystem::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSWritableFile>* file,
                                          IODebugContext* context) {
  if (frozen_) return IOStatus::IOError("frozen");
  std::unique_ptr<rocksdb::FSWritableFile> real;
  auto status = FileSystemWrapper::NewWritableFile(name, options, &real, context);
  if (status.ok()) *file = std::make_unique<FaultyFile>(std::move(real), *this, kind_of(name));
  return status;
}

IOStatus FaultFileSystem::NewRandomAccessFile(const std::string& name, const rocksdb::FileOptions& options,
                                              std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                              IODebugContext* context) {
  std::unique_ptr<rocksdb::FSRandomAccessFile> real;
  auto status = FileSystemWrapper::NewRandomAccessFile(name, options, &real, context);
  if (status.ok()) *file = std::make_unique<FaultyReader>(std::move(real), *this);
  return status;
}

IOStatus FaultFileSystem::DeleteFile(const std::string& name, const IOOptions& options,
                                     IODebugContext* context) {
  if (frozen_) return IOStatus::IOError("frozen");
  return FileSystemWrapper::DeleteFile(name, options, context);
}

IOStatus FaultFileSystem::RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                                     IODebugContext* context) {
  if (frozen_) return IOStatus::IOError("frozen");
  return FileSystemWrapper::RenameFile(from, to, options, context);
}

}  // namespace settle
