#pragma once
// HTTP as the kit's handlers see it: two plain structs, so that everything but the server itself is tested
// without a socket, and so that no author ever includes cpprestsdk.

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace settle::kit {

inline constexpr std::size_t body_bytes_max = 65'536;

struct Request {
  std::string method;
  std::string path;                            // without the query string
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // at most body_bytes_max

  // The header's value, or empty. `name` in lower case.
  std::string_view header(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// A problem detail (RFC 9457): `code` for programs, `detail` for people; neither may hold a secret.
Response problem(int status, std::string_view code, std::string_view detail);

// Answers a request, at once or later, from any thread; the first call counts, further ones do nothing.
using Reply = std::function<void(Response)>;
using Route = std::function<void(const std::shared_ptr<const Request>&, const Reply&)>;

// "METHOD /path" → route. An unknown path answers 404, a known one with another method 405.
using Routes = std::map<std::string, Route>;

}  // namespace settle::kit
