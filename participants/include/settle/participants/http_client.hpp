#pragma once
// The seam between the engine and the network: a request goes out, an answer or a cause comes back. The
// engine sees only this interface; behind it is Beast in production and a modelled world in the tests (the
// third law).

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "settle/statemachine/ids.hpp"
#include "settle/statemachine/purchase.hpp"

namespace settle {

struct Limits {
  DurationMs connect_timeout{1'000};
  std::uint32_t connections_max = 64;  // to this group; further calls wait in its queue
  std::uint32_t queue_max = 100'000;   // waiting calls of this group; past it: Cause::overload
  DurationMs queue_wait_max{
      30'000};  // a call that waited longer fails with Cause::overload, never having left
};

struct HttpRequest {
  std::string group;              // participant or merchant: what connections and limits belong to
  std::vector<std::string> urls;  // full URLs, the same endpoint at each base URL; the next is tried when a
                                  // connection to the one before cannot be made (so: before a byte was sent)
  std::vector<std::pair<std::string, std::string>>
      headers;                       // Host, Content-Length and Connection are the client's
  std::string body;                  // sent by POST
  DurationMs answer_timeout{5'000};  // from the connection being there to the answer's last byte
  Limits limits;
  // Who finds no connection at once waits behind all of the same number or a lower one.
  std::uint8_t importance = 0;  // below importances
};
inline constexpr std::size_t importances = 4;

inline constexpr std::size_t answer_header_bytes_max = 16 << 10;
inline constexpr std::size_t answer_body_bytes_max = 64 << 10;

struct HttpAnswer {
  Cause failure = Cause::none;  // none: a whole answer came; else dns, refused, connect_timeout,
                                // answer_timeout, reset, tls, format (unreadable or too large), overload
  std::string failure_detail;   // for people, names host and port, never a secret
  int status = 0;
  std::string content_type, content_digest, retry_after;  // header values as they came; empty: absent
  std::string body;
  std::uint32_t took_ms = 0;
  std::string url;  // of `urls` the one that was called, or else tried last; empty: none was
};

// What waits for a connection now.
struct ClientLoad {
  std::uint64_t queued = 0;          // calls, over all groups
  std::uint64_t queued_longest = 0;  // ... of the group that has the most
  std::uint64_t connections = 0;
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // On the client's own thread; costs a look at each group.
  virtual ClientLoad load() const { return {}; }
  // `then` is called exactly once, later, on the client's own thread (never from within send), unless the
  // client is destroyed first: then never. A request whose connection was closed by the server before any
  // byte of an answer came, on a reused keep-alive connection, is a reset like any other: it may have been
  // worked on, so it is not repeated here.
  virtual void send(HttpRequest request, std::function<void(HttpAnswer)> then) = 0;
};

}  // namespace settle
