#pragma once
// The folder of an embedded journal: who holds it, and the small text file that says what it is.
//
//   settle-journal 1      the format version
//   shards 64
//   key 0123456789abcdef  the id of the key ring; "-" for none
//   state ready           "new" until the journal has been made whole

#include <filesystem>
#include <string>

#include "settle/statemachine/result.hpp"

namespace settle {

inline constexpr unsigned journal_format = 1;

struct Manifest {
  unsigned format = journal_format;
  unsigned shard_count = 0;
  std::string key_id;
  bool ready = false;

  std::string text() const;
  // Errors: folder_foreign, format_unsupported, damaged.
  static Result<Manifest> parse(const std::string& text, const std::filesystem::path& folder);
};

// The folder, held against every other process and journal for as long as this lives.
class JournalFolder {
 public:
  // Makes the folder if need be. Errors: folder_in_use, folder_foreign, folder_unwritable,
  // format_unsupported, damaged, io.
  static Result<JournalFolder> hold(const std::filesystem::path& folder);
  ~JournalFolder();
  JournalFolder(JournalFolder&& other) noexcept;
  JournalFolder& operator=(JournalFolder&&) = delete;
  JournalFolder(const JournalFolder&) = delete;

  bool is_new() const { return !manifest_.ready; }
  const Manifest& manifest() const { return manifest_; }
  // Replaces the text file, durably. Errors: folder_unwritable.
  Status write(const Manifest& manifest);
  std::filesystem::path data() const { return folder_ / "rocksdb"; }
  const std::filesystem::path& path() const { return folder_; }

 private:
  JournalFolder(std::filesystem::path folder, int descriptor)
      : folder_(std::move(folder)), descriptor_(descriptor) {}
  Status read_manifest();

  std::filesystem::path folder_;
  int descriptor_;
  Manifest manifest_;
};

}  // namespace settle
