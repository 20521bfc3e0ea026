#pragma once
// URLs as far as calls need them: http and https, a host, a port, a target. Views into the text that was
// parsed.

#include <cstdint>
#include <optional>
#include <string_view>

namespace settle {

struct Url {
  bool https = false;
  std::string_view authority;  // as written: host and, if any, port; what Host carries
  std::string_view host;       // without the brackets of an IPv6 literal
  std::uint16_t port = 0;      // 80 or 443 when none was written
  std::string_view target;     // path and query; empty: "/"
};

inline constexpr std::size_t url_bytes_max = 2048;

// Visible ASCII only, no user, no fragment; so nothing in it can break out of a request's head.
std::optional<Url> parse_url(std::string_view text);

}  // namespace settle
