// The data folder before anything is opened in it: ours, or empty, and writable.

#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "settle/coordinator/config.hpp"

namespace settle {
namespace {

namespace fs = std::filesystem;

Error unwritable(const fs::path& folder, const std::string& why) {
  return Error{"folder_unwritable", "the data folder " + folder.string() + " cannot be written: " + why};
}

// The first thing in it that settled did not put there; empty: none.
std::string foreign_entry(const Config& config, std::error_code& error) {
  for (const auto& entry : fs::directory_iterator(config.data, error)) {
    std::string name = entry.path().filename().string();
    const bool ours = name == config.journal_path().filename() || name.starts_with("settle.key") ||
                      entry.path().lexically_normal() == config.key_path().lexically_normal() ||
                      name == "lost+found";
    if (!ours) return name;
  }
  return {};
}

}  // namespace

Status prepare_data_folder(const Config& config) {
  std::error_code error;
  const fs::file_status status = fs::status(config.data, error);
  if (fs::exists(status) && !fs::is_directory(status)) {
    return Error{"folder_foreign", config.data.string() + " is not a folder"};
  }
  if (!fs::exists(status)) {
    fs::create_directories(config.data, error);
    if (error) return unwritable(config.data, error.message());
    fs::permissions(config.data, fs::perms::owner_all, error);
  }
  if (!fs::exists(config.journal_path(), error)) {
    const std::string foreign = foreign_entry(config, error);
    if (error) return unwritable(config.data, error.message());
    if (!foreign.empty()) {
      return Error{"folder_foreign",
                   "the data folder " + config.data.string() + " is not empty (" + foreign +
                       ") and holds no journal; settled touches no folder that is not its own"};
    }
  }
  if (::access(config.data.c_str(), W_OK | X_OK) != 0) {
    return unwritable(config.data, std::error_code(errno, std::generic_category()).message());
  }
  return ok();
}

}  // namespace settle
