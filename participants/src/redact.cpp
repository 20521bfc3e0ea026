#include "settle/participants/redact.hpp"

#include <algorithm>

#include "json_object.hpp"
#include "settle/participants/json_text.hpp"

namespace settle {
namespace {

constexpr std::string_view seal_key = "$sealed";
constexpr std::string_view sealed_value = R"({"$sealed":true})";
constexpr std::string_view replacement = "\xEF\xBF\xBD";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool same_letter(char a, char b) {
  return lower(a) == lower(b);
}

bool is_name(std::string_view text, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [text](const std::string& name) {
    return std::equal(text.begin(), text.end(), name.begin(), name.end(), same_letter);
  });
}

// Whether what stands behind a name makes it one that is given a value: `name: v`, `"name":v`, `name=v`.
bool has_value(std::string_view behind) {
  const std::size_t at = behind.find_first_not_of(" \t\"'\\");
  return at != std::string_view::npos && (behind[at] == ':' || behind[at] == '=');
}

bool mentions(std::string_view text, const std::string& name, bool only_with_value) {
  for (std::string_view rest = text; !name.empty();) {
    const auto found = std::search(rest.begin(), rest.end(), name.begin(), name.end(), same_letter);
    if (found == rest.end()) return false;
    rest.remove_prefix(static_cast<std::size_t>(found - rest.begin()) + name.size());
    if (!only_with_value || has_value(rest)) return true;
  }
  return false;
}

// Words of everyday use, which an error page may well contain ("401 Authorization Required").
constexpr std::string_view common_names[] = {"cards", "authorization", "webhook-signature",
                                             "settle-callback"};

bool mentions(std::string_view text, const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (mentions(text, names[i], i < std::size(common_names))) return true;
  return false;
}

// Copies a JSON object that is known to be well-formed, value by value.
class Redactor {
 public:
  Redactor(std::string_view text, const std::vector<std::string>& names, Redact how)
      : text_(text), names_(names), how_(how) {
    out_.reserve(text.size());
  }

  std::string run() {
    while (at_ < text_.size()) one();
    return std::move(out_);
  }

 private:
  void one() {
    const char c = text_[at_];
    if (c != '"') {
      out_ += c;
      ++at_;
      return;
    }
    const std::string_view quoted = text_.substr(at_, string_end(at_) - at_);
    at_ += quoted.size();
    const std::string content = json_unescape(quoted.substr(1, quoted.size() - 2));
    if (!is_key()) {
      const bool hides = how_ == Redact::mentions && mentions(content, names_);
      out_ += hides ? sealed_value : quoted;
      return;
    }
    out_ += quoted;
    const bool sealed = content == seal_key;
    if (!sealed && !is_name(content, names_)) return;
    while (text_[at_] != ':') ++at_;
    ++at_;
    at_ = value_end(at_);
    out_.append(":").append(sealed ? std::string_view("true") : sealed_value);
  }

  // Behind the closing quote of the string that begins at `from`.
  std::size_t string_end(std::size_t from) const {
    for (std::size_t i = from + 1; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == '"') {
        return i + 1;
      }
    }
    return text_.size();
  }

  // Only a key has a colon behind it.
  bool is_key() const {
    const std::size_t next = text_.find_first_not_of(" \t\r\n", at_);
    return next != std::string_view::npos && text_[next] == ':';
  }

  // Behind the value that begins at `from`, or the space before it.
  std::size_t value_end(std::size_t from) const {
    std::size_t depth = 0;
    for (std::size_t i = text_.find_first_not_of(" \t\r\n", from); i < text_.size();) {
      const char c = text_[i];
      if (depth == 0 && (c == ',' || c == '}' || c == ']')) return i;
      i = c == '"' ? string_end(i) : i + 1;
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      if (depth == 0 && (c == '"' || c == '}' || c == ']')) return i;
    }
    return text_.size();
  }

  std::string_view text_;
  const std::vector<std::string>& names_;
  Redact how_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::vector<std::string> secret_names(const Definition& definition) {
  std::vector<std::string> names(std::begin(common_names), std::end(common_names));
  for (const StepDefinition& step : definition.steps)
    names.insert(names.end(), step.secrets.begin(), step.secrets.end());
  return names;
}

std::string redacted(std::string_view body, const std::vector<std::string>& names, Redact how) {
  if (is_json_object(body)) return Redactor(body, names, how).run();
  // What is no JSON may be half of it, with its escapes: read as it would be.
  return mentions(body, names) || mentions(json_unescape(body), names) ? std::string() : std::string(body);
}

Clipped clipped(std::string_view text, std::size_t bytes_max) {
  Clipped out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_sequence_length(text, at);
    const std::string_view next = length == 0 ? replacement : text.substr(at, length);
    if (out.text.size() + next.size() > bytes_max) {
      out.cut = true;
      break;
    }
    out.text += next;
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string shown_url(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t from = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::string_view authority = url.substr(from, url.find_first_of("/?#", from) - from);
  const std::size_t user = authority.rfind('@');
  std::string shown(url.substr(0, from));
  std::string_view rest = url.substr(from + (user == std::string_view::npos ? 0 : user + 1));
  const std::size_t query = rest.find_first_of("?#");
  shown += rest.substr(0, query);
  if (query != std::string_view::npos && rest[query] == '?') shown += "?...";
  return shown;
}

}  // namespace settle
