#include "settle/participants/url.hpp"

#include <algorithm>
#include <charconv>

namespace settle {
namespace {

bool is_visible(char c) {
  return c > 0x20 && c < 0x7f;
}

bool is_host_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' ||
         c == '_';
}

bool is_ipv6_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
}

bool read_port(std::string_view text, std::uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0;
}

bool read_authority(Url& url) {
  std::string_view rest = url.authority;
  const bool bracketed = !rest.empty() && rest.front() == '[';
  const std::size_t close = bracketed ? rest.find(']') : rest.find(':');
  if (bracketed && close == std::string_view::npos) return false;
  url.host = bracketed ? rest.substr(1, close - 1) : rest.substr(0, close);
  rest.remove_prefix(bracketed ? close + 1 : url.host.size());
  if (url.host.empty() || url.host.size() > 253) return false;
  if (!std::all_of(url.host.begin(), url.host.end(), bracketed ? is_ipv6_char : is_host_char)) return false;
  if (rest.empty()) return true;
  return rest.front() == ':' && read_port(rest.substr(1), url.port);
}

}  // namespace

std::optional<Url> parse_url(std::string_view text) {
  constexpr std::string_view http = "http://";
  constexpr std::string_view https = "https://";
  if (text.size() > url_bytes_max || !std::all_of(text.begin(), text.end(), is_visible)) return std::nullopt;
  if (text.find('#') != std::string_view::npos) return std::nullopt;
  Url url;
  if (text.substr(0, http.size()) == http) {
    text.remove_prefix(http.size());
    url.port = 80;
  } else if (text.substr(0, https.size()) == https) {
    text.remove_prefix(https.size());
    url.https = true;
    url.port = 443;
  } else {
    return std::nullopt;
  }
  const std::size_t slash = text.find_first_of("/?");
  url.authority = text.substr(0, slash);
  url.target = slash == std::string_view::npos ? std::string_view() : text.substr(slash);
  if (!url.target.empty() && url.target.front() == '?') return std::nullopt;
  return read_authority(url) ? std::make_optional(url) : std::nullopt;
}

}  // namespace settle
