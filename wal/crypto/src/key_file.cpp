#include "key_file.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "settle/crypto/crypto.hpp"

namespace settle {
namespace {

constexpr std::string_view first_line = "settle-key 1\n";
constexpr std::size_t file_bytes = first_line.size() + 44 + 1 + 16 + 1;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  bool open() const { return number_ >= 0; }

 private:
  int number_;
};

// Wipes a text that held key bytes, on every way out.
struct Wiped {
  std::string text;
  ~Wiped() { OPENSSL_cleanse(text.data(), text.size()); }
};

Error io_error(const std::string& what, const std::filesystem::path& file) {
  return {"io", what + " " + file.string() + ": " + std::generic_category().message(errno)};
}

Error damaged(const std::filesystem::path& file) {
  return {"key_file_damaged", file.string() + " is not a whole key file; restore it from your backup"};
}

Result<MasterKey> parse(const std::string& text, const std::filesystem::path& file) {
  if (text.size() != file_bytes || text.compare(0, first_line.size(), first_line) != 0) return damaged(file);
  auto decoded = unbase64(std::string_view(text).substr(first_line.size(), 44));
  if (!decoded || decoded->size() != 32) return damaged(file);
  const Wiped bytes{*std::move(decoded)};
  MasterKey master{};
  std::copy(bytes.text.begin(), bytes.text.end(), master.begin());
  if (text.substr(first_line.size() + 44) != "\n" + id_of(master) + "\n") return damaged(file);
  return master;
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Status sync_folder(const std::filesystem::path& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor.open() || ::fsync(descriptor.number()) != 0) return io_error("cannot sync", folder);
  return ok();
}

Status write_new(const std::filesystem::path& file, std::string_view text) {
  const Descriptor descriptor(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!descriptor.open()) return io_error("cannot create", file);
  if (!write_all(descriptor.number(), text)) return io_error("cannot write", file);
  if (::fsync(descriptor.number()) != 0) return io_error("cannot sync", file);
  return ok();
}

}  // namespace

Result<MasterKey> read_key_file(const std::filesystem::path& file) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!descriptor.open()) {
    if (errno == ENOENT) return Error{"key_file_missing", "there is no key file " + file.string()};
    return io_error("cannot open", file);
  }
  struct stat facts {};
  if (::fstat(descriptor.number(), &facts) != 0) return io_error("cannot inspect", file);
  if (!S_ISREG(facts.st_mode)) return damaged(file);
  if ((facts.st_mode & 077) != 0) {
    return Error{"key_file_mode", file.string() + " is open to others; it must have mode 0600"};
  }
  Wiped content{std::string(file_bytes + 1, '\0')};  // one more than there should be
  std::size_t length = 0;
  while (length < content.text.size()) {
    const auto got = ::read(descriptor.number(), content.text.data() + length, content.text.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_error("cannot read", file);
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
  }
  const Wiped text{content.text.substr(0, length)};
  return parse(text.text, file);
}

Status make_key_file(const std::filesystem::path& file) {
  const Wiped bytes{random_bytes(32)};
  MasterKey master{};
  std::copy(bytes.text.begin(), bytes.text.end(), master.begin());
  const Wiped encoded{base64(bytes.text)};
  const Wiped text{std::string(first_line) + encoded.text + "\n" + id_of(master) + "\n"};
  OPENSSL_cleanse(master.data(), master.size());

  // Written whole under another name and then linked: a crash leaves a whole key file or none.
  auto draft = file;
  draft += ".new-" + base64url(random_bytes(6));
  auto written = write_new(draft, text.text);
  if (written.ok() && ::link(draft.c_str(), file.c_str()) != 0 && errno != EEXIST) {
    written = io_error("cannot create", file);
  }
  ::unlink(draft.c_str());
  if (!written.ok()) return written;
  return sync_folder(file.has_parent_path() ? file.parent_path() : std::filesystem::path("."));
}

}  // namespace settle
