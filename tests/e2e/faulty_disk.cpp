#include "faulty_disk.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace settle {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

bool is_log(const std::string& name) {
  return name.ends_with(".log");
}

std::string folder_of(const std::string& name) {
  return std::filesystem::path(name).parent_path().lexically_normal().string();
}

std::optional<std::string> content_of(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

class File final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  File(std::unique_ptr<rocksdb::FSWritableFile>&& file, FaultyDisk& disk, std::string name)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk), name_(std::move(name)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* context) override {
    return disk_.append(name_, *target(), data, options, context);
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* context) override {
    return disk_.append(name_, *target(), data, options, context);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* context) override {
    return disk_.sync(name_, *target(), options, context);
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* context) override {
    return disk_.sync(name_, *target(), options, context);
  }
  // Starts writing early, and promises nothing.
  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  FaultyDisk& disk_;
  std::string name_;
};

class Reader final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  Reader(std::unique_ptr<rocksdb::FSRandomAccessFile>&& file, FaultyDisk& disk)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), disk_(disk) {}
  IOStatus Read(std::uint64_t offset, std::size_t count, const IOOptions& options, Slice* result,
                char* scratch, IODebugContext* context) const override {
    auto fault = disk_.read();
    return fault.ok() ? FSRandomAccessFileOwnerWrapper::Read(offset, count, options, result, scratch, context)
                      : fault;
  }
  IOStatus Prefetch(std::uint64_t, std::size_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported();
  }

 private:
  FaultyDisk& disk_;
};

class Folder final : public rocksdb::FSDirectoryWrapper {
 public:
  Folder(std::unique_ptr<rocksdb::FSDirectory>&& folder, FaultyDisk& disk, std::string name)
      : FSDirectoryWrapper(std::move(folder)), disk_(disk), name_(std::move(name)) {}
  IOStatus Fsync(const IOOptions& options, IODebugContext* context) override {
    auto status = FSDirectoryWrapper::Fsync(options, context);
    if (status.ok()) disk_.folder_synced(name_);
    return status;
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* context,
                               const rocksdb::DirFsyncOptions& how) override {
    auto status = FSDirectoryWrapper::FsyncWithDirOptions(options, context, how);
    if (status.ok()) disk_.folder_synced(name_);
    return status;
  }

 private:
  FaultyDisk& disk_;
  std::string name_;
};

}  // namespace

DiskPlan disk_plan() {
  DiskPlan plan;
  const char* const text = std::getenv("FAULTY_DISK");
  std::istringstream words(text == nullptr ? "" : text);
  for (std::string word; words >> word;) {
    const auto equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const std::uint64_t value =
        equals == std::string::npos ? 1 : std::strtoull(word.c_str() + equals + 1, nullptr, 10);
    if (name == "seed")
      plan.seed = value;
    else if (name == "cut_before_sync")
      plan.cut_before_sync = value;
    else if (name == "cut_after_sync")
      plan.cut_after_sync = value;
    else if (name == "eio_sync")
      plan.eio_sync = value;
    else if (name == "eio_write")
      plan.eio_write = value;
    else if (name == "full_after")
      plan.full_after = value;
    else if (name == "reads_fail")
      plan.reads_fail = value != 0;
    else {
      std::fprintf(stderr, "FAULTY_DISK: %s is not known\n", word.c_str());
      std::_Exit(2);
    }
  }
  return plan;
}

FaultyDisk::FaultyDisk(const DiskPlan& plan)
    : FileSystemWrapper(rocksdb::FileSystem::Default()), plan_(plan), draw_(plan.seed) {}

void FaultyDisk::cut_power() {
  const std::lock_guard lock(mutex_);
  end_locked();
}

// The lock is held to the end, so that no other thread writes or answers that it has synced.
void FaultyDisk::end_locked() {
  drop_unsynced();
  std::_Exit(137);
}

void FaultyDisk::drop_unsynced() {
  for (const auto& [name, file] : files_) {
    if (!file.in_folder && draw_() % 2 == 0) {
      ::unlink(name.c_str());
      continue;
    }
    const std::uint64_t unsynced = file.written - file.synced;
    const std::uint64_t kept = draw_() % 2 == 0 || unsynced == 0 ? 0 : draw_() % (unsynced + 1);
    std::error_code error;
    std::filesystem::resize_file(name, file.synced + kept, error);
    if (error || !is_log(name) || draw_() % 3 != 0) continue;
    // The length was written and the bytes were not.
    std::filesystem::resize_file(name, file.synced, error);
    std::filesystem::resize_file(name, file.synced + kept, error);
  }
  for (const auto& [name, renamed] : renamed_) {
    if (draw_() % 2 == 0) continue;
    if (!renamed.before)
      ::unlink(name.c_str());
    else
      std::ofstream(name, std::ios::binary | std::ios::trunc) << *renamed.before;
  }
}

void FaultyDisk::fail_next_sync() {
  const std::lock_guard lock(mutex_);
  plan_.eio_sync = syncs_ + 1;
}
void FaultyDisk::fill_up() {
  const std::lock_guard lock(mutex_);
  full_ = true;
}
void FaultyDisk::fail_reads() {
  const std::lock_guard lock(mutex_);
  plan_.reads_fail = true;
}

IOStatus FaultyDisk::append(const std::string& name, rocksdb::FSWritableFile& file, const Slice& data,
                            const IOOptions& options, IODebugContext* context) {
  const std::lock_guard lock(mutex_);
  std::size_t fits = data.size();
  IOStatus fault = IOStatus::OK();
  if (is_log(name)) {
    if (++writes_ == plan_.eio_write) {
      fits = draw_() % (data.size() + 1);
      fault = IOStatus::IOError("Input/output error");
    } else if (full_ || (plan_.full_after != 0 && bytes_ + data.size() > plan_.full_after)) {
      fits = full_ || bytes_ > plan_.full_after ? 0 : plan_.full_after - bytes_;
      full_ = true;
      fault = IOStatus::NoSpace("No space left on device");
    }
    bytes_ += fits;
  }
  if (fits > 0) {
    auto status = file.Append(Slice(data.data(), fits), options, context);
    if (!status.ok()) return status;
    files_[name].written += fits;
  }
  return fault;
}

IOStatus FaultyDisk::sync(const std::string& name, rocksdb::FSWritableFile& file, const IOOptions& options,
                          IODebugContext* context) {
  const std::lock_guard lock(mutex_);
  const bool counted = is_log(name);
  if (counted && ++syncs_ == plan_.cut_before_sync) end_locked();
  File& known = files_[name];
  if (counted && syncs_ == plan_.eio_sync) {
    known.lost = true;
    auto fault = IOStatus::IOError("Input/output error");
    fault.SetRetryable(true);  // so that RocksDB would like to try again
    return fault;
  }
  auto status = file.Sync(options, context);
  if (status.ok() && !known.lost) known.synced = known.written;
  if (counted && syncs_ == plan_.cut_after_sync) end_locked();
  return status;
}

IOStatus FaultyDisk::read() {
  const std::lock_guard lock(mutex_);
  if (plan_.reads_fail) return IOStatus::IOError("Input/output error");
  return IOStatus::OK();
}

void FaultyDisk::folder_synced(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  for (auto& [name, file] : files_)
    if (folder_of(name) == folder) file.in_folder = true;
  std::erase_if(renamed_, [&](const auto& entry) { return folder_of(entry.first) == folder; });
}

IOStatus FaultyDisk::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                     std::unique_ptr<rocksdb::FSWritableFile>* file,
                                     IODebugContext* context) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<rocksdb::FSWritableFile> real;
  auto status = FileSystemWrapper::NewWritableFile(name, options, &real, context);
  if (!status.ok()) return status;
  files_[name] = {};
  *file = std::make_unique<settle::File>(std::move(real), *this, name);
  return status;
}

IOStatus FaultyDisk::NewRandomAccessFile(const std::string& name, const rocksdb::FileOptions& options,
                                         std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                                         IODebugContext* context) {
  std::unique_ptr<rocksdb::FSRandomAccessFile> real;
  auto status = FileSystemWrapper::NewRandomAccessFile(name, options, &real, context);
  if (status.ok()) *file = std::make_unique<Reader>(std::move(real), *this);
  return status;
}

IOStatus FaultyDisk::NewDirectory(const std::string& name, const IOOptions& options,
                                  std::unique_ptr<rocksdb::FSDirectory>* folder, IODebugContext* context) {
  std::unique_ptr<rocksdb::FSDirectory> real;
  auto status = FileSystemWrapper::NewDirectory(name, options, &real, context);
  if (status.ok()) *folder = std::make_unique<Folder>(std::move(real), *this, folder_of(name + "/x"));
  return status;
}

IOStatus FaultyDisk::DeleteFile(const std::string& name, const IOOptions& options, IODebugContext* context) {
  const std::lock_guard lock(mutex_);
  files_.erase(name);
  renamed_.erase(name);
  return FileSystemWrapper::DeleteFile(name, options, context);
}

IOStatus FaultyDisk::RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                                IODebugContext* context) {
  const std::lock_guard lock(mutex_);
  const auto before = content_of(to);
  auto status = FileSystemWrapper::RenameFile(from, to, options, context);
  if (!status.ok()) return status;
  renamed_.try_emplace(to, Renamed{before});
  const auto moved = files_.extract(from);
  if (!moved.empty()) files_[to] = moved.mapped();
  files_[to].in_folder = true;  // whether the name is there is up to the rename
  return status;
}

}  // namespace settle
