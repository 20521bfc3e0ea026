#include "rocks_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

#include "settle/wal/rocks_journal.hpp"

namespace settle {
namespace {

namespace fs = std::filesystem;
constexpr const char* file_name = "SETTLE_JOURNAL";
constexpr const char* draft_name = "SETTLE_JOURNAL.new";

Error unwritable(const fs::path& folder, int error) {
  return {"folder_unwritable",
          "cannot write to " + folder.string() + ": " + std::generic_category().message(error)};
}

Error foreign(const fs::path& folder) {
  return {"folder_foreign", folder.string() + " is not empty and holds no journal; name another folder"};
}

bool write_synced(const fs::path& file, const std::string& text) {
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return false;
  const bool written = ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(descriptor) == 0;
  return ::close(descriptor) == 0 && written;
}

}  // namespace

std::string Manifest::text() const {
  return "settle-journal " + std::to_string(format) + "\nshards " + std::to_string(shard_count) + "\nkey " +
         (key_id.empty() ? "-" : key_id) + "\nstate " + (ready ? "ready" : "new") + "\n";
}

Result<Manifest> Manifest::parse(const std::string& text, const fs::path& folder) {
  std::istringstream in(text);
  std::string title, shards, key, state, value;
  Manifest manifest;
  if (!(in >> title) || title != "settle-journal") return foreign(folder);
  const Error damaged{"damaged", (folder / file_name).string() + " is damaged"};
  if (!(in >> manifest.format)) return damaged;
  if (manifest.format != journal_format) {
    return Error{"format_unsupported", folder.string() + " was written in format " +
                                           std::to_string(manifest.format) + "; this version reads format " +
                                           std::to_string(journal_format)};
  }
  if (!(in >> shards >> manifest.shard_count >> key >> manifest.key_id >> state >> value)) return damaged;
  if (manifest.key_id == "-") manifest.key_id.clear();
  manifest.ready = value == "ready";
  // Whatever was read must have been written like that.
  if (manifest.text() != text || manifest.shard_count == 0 || manifest.shard_count > 65'535) return damaged;
  return manifest;
}

Result<JournalFolder> JournalFolder::hold(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return unwritable(folder, error.value());
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return unwritable(folder, errno);
  JournalFolder held(folder, descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return unwritable(folder, errno);
    return Error{"folder_in_use", folder.string() + " is in use by another process"};
  }
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return unwritable(folder, errno);
  if (const auto read = held.read_manifest(); !read.ok()) return read.error();
  return held;
}

Status JournalFolder::read_manifest() {
  fs::remove(folder_ / draft_name);  // of a writing that a crash cut short
  std::error_code error;
  if (!fs::exists(folder_ / file_name, error)) return fs::is_empty(folder_, error) ? ok() : foreign(folder_);
  std::ifstream in(folder_ / file_name, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  if (in.bad()) return Error{"io", "cannot read " + (folder_ / file_name).string()};
  auto manifest = Manifest::parse(text, folder_);
  if (!manifest.ok()) return manifest.error();
  manifest_ = *std::move(manifest);
  if (manifest_.ready && !fs::exists(data() / "CURRENT", error)) {
    return Error{"damaged", "the journal in " + folder_.string() + " has lost its data"};
  }
  return ok();
}

Status JournalFolder::write(const Manifest& manifest) {
  if (!write_synced(folder_ / draft_name, manifest.text()) ||
      ::rename((folder_ / draft_name).c_str(), (folder_ / file_name).c_str()) != 0 ||
      ::fsync(descriptor_) != 0) {
    return unwritable(folder_, errno);
  }
  manifest_ = manifest;
  return ok();
}

JournalFolder::~JournalFolder() {
  if (descriptor_ >= 0) ::close(descriptor_);  // and the hold with it
}

JournalFolder::JournalFolder(JournalFolder&& other) noexcept
    : folder_(std::move(other.folder_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      manifest_(std::move(other.manifest_)) {}

bool holds_journal(const fs::path& folder) {
  std::ifstream in(folder / file_name, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  // In doubt there is one: a damaged or newer file of ours must not make anybody create keys.
  return text.rfind("settle-journal", 0) == 0 && text.find("\nstate new\n") == std::string::npos;
}

}  // namespace settle
