#include "json_object.hpp"

#include <algorithm>
#include <cstdint>

namespace settle {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Walks over JSON without building anything. Every step checks its bounds.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool take(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool at_end() {
    skip_space();
    return at_ == text_.size();
  }

  std::optional<std::string_view> quoted() {
    if (!take('"')) return std::nullopt;
    const std::size_t from = at_;
    if (!pass_string()) return std::nullopt;
    return text_.substr(from, at_ - 1 - from);
  }

  std::optional<std::string_view> value() {
    skip_space();
    const std::size_t from = at_;
    if (!pass_value() || at_ == from) return std::nullopt;
    return text_.substr(from, at_ - from);
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  // From behind the opening quote to behind the closing one.
  bool pass_string() {
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '"') {
        return ++at_, true;
      }
    }
    return false;
  }

  bool pass_value() {
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (depth == 0 && (c == ',' || c == '}' || c == ']' || is_space(c))) return true;
      ++at_;
      if (c == '"' && !pass_string()) return false;
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      if (depth == 0 && (c == '"' || c == '}' || c == ']')) return true;
    }
    return depth == 0;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void append_utf8(std::string& out, std::uint32_t point) {
  const auto tail = [&out](std::uint32_t bits) { out += static_cast<char>(0x80 | (bits & 0x3f)); };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xc0 | (point >> 6));
    tail(point);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xe0 | (point >> 12));
    tail(point >> 6);
    tail(point);
  } else {
    out += static_cast<char>(0xf0 | (point >> 18));
    tail(point >> 12);
    tail(point >> 6);
    tail(point);
  }
}

std::uint32_t hex4(std::string_view text, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = at; i < at + 4 && i < text.size(); ++i) {
    const char c = text[i];
    const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    number = number * 16 + static_cast<std::uint32_t>(digit & 15);
  }
  return number;
}

// `at` stands on the 'u'; afterwards on the escape's last character.
std::uint32_t code_point(std::string_view text, std::size_t& at) {
  std::uint32_t point = hex4(text, at + 1);
  at += 4;
  if (point >= 0xd800 && point < 0xdc00 && at + 6 < text.size() && text[at + 1] == '\\') {
    const std::uint32_t low = hex4(text, at + 3);
    point = 0x10000 + ((point - 0xd800) << 10) + ((low - 0xdc00) & 0x3ff);
    at += 6;
  }
  return point;
}

}  // namespace

std::string_view json_trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::vector<JsonMember>> json_members(std::string_view object) {
  Scanner scan(object);
  std::vector<JsonMember> members;
  if (!scan.take('{')) return std::nullopt;
  if (scan.take('}')) return scan.at_end() ? std::make_optional(members) : std::nullopt;
  do {
    const auto key = scan.quoted();
    if (!key || !scan.take(':')) return std::nullopt;
    const auto value = scan.value();
    if (!value) return std::nullopt;
    members.push_back({*key, *value});
  } while (scan.take(','));
  if (!scan.take('}') || !scan.at_end()) return std::nullopt;
  return members;
}

std::string json_unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u':
        append_utf8(out, code_point(text, i));
        break;
      default:
        out += text[i];
    }
  }
  return out;
}

bool json_key_is(const JsonMember& member, std::string_view name) {
  if (member.key.find('\\') == std::string_view::npos) return member.key == name;
  return json_unescape(member.key) == name;
}

std::optional<std::string> json_string(const JsonMember& member) {
  const std::string_view value = member.value;
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::nullopt;
  return json_unescape(value.substr(1, value.size() - 2));
}

const JsonMember* json_find(const std::vector<JsonMember>& members, std::string_view name) {
  const auto found = std::find_if(members.rbegin(), members.rend(),
                                  [name](const JsonMember& member) { return json_key_is(member, name); });
  return found == members.rend() ? nullptr : &*found;
}

}  // namespace settle
