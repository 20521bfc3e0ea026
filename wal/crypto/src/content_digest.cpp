// Content-Digest (RFC 9530): a dictionary (RFC 8941) of byte sequences, one per algorithm.

#include "settle/crypto/crypto.hpp"

namespace settle {
namespace {

std::string_view as_text(const std::array<std::uint8_t, 32>& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

// Reads the header from left to right; each `take` says whether it found what it wanted.
class DictionaryReader {
 public:
  explicit DictionaryReader(std::string_view text) : rest_(text) { skip_blanks(); }

  bool at_end() const { return rest_.empty(); }

  bool take_member(std::string_view& key, std::string_view& encoded) {
    return take_key(key) && take('=') && take(':') && take_until(':', encoded) && skip_parameters();
  }

  // After a member: the end, or a comma and another member.
  bool take_separator() {
    skip_blanks();
    if (at_end()) return true;
    if (!take(',')) return false;
    skip_blanks();
    return !at_end();
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
  }
  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_until(char end, std::string_view& before) {
    const auto at = rest_.find(end);
    if (at == std::string_view::npos) return false;
    before = rest_.substr(0, at);
    rest_.remove_prefix(at + 1);
    return true;
  }
  bool take_key(std::string_view& key) {
    const auto end = rest_.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-.*");
    key = rest_.substr(0, end);
    rest_.remove_prefix(key.size());
    return !key.empty() && (key.front() == '*' || (key.front() >= 'a' && key.front() <= 'z'));
  }
  // Parameters mean nothing here; a quoted one may hold a comma.
  bool skip_parameters() {
    while (take(';')) {
      for (bool quoted = false; !rest_.empty(); rest_.remove_prefix(1)) {
        const char next = rest_.front();
        if (!quoted && (next == ',' || next == ';')) break;
        if (quoted && next == '\\' && rest_.size() > 1) {
          rest_.remove_prefix(1);
        } else if (next == '"') {
          quoted = !quoted;
        }
      }
    }
    return true;
  }

  std::string_view rest_;
};

}  // namespace

std::string content_digest(std::string_view body) {
  return "sha-256=:" + base64(as_text(sha256(body))) + ":";
}

bool content_digest_matches(std::string_view header, std::string_view body) {
  DictionaryReader reader(header);
  while (!reader.at_end()) {
    std::string_view key, encoded;
    if (!reader.take_member(key, encoded)) return false;
    const auto digest = unbase64(encoded);
    if (!digest) return false;
    if (key == "sha-256" && !equal_in_constant_time(*digest, as_text(sha256(body)))) return false;
    if (!reader.take_separator()) return false;
  }
  return true;
}

}  // namespace settle
