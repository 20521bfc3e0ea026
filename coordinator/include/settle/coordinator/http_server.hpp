#pragma once
// The HTTP/1.1 server of the daemon: bytes to requests and back, and nothing of what they mean. It lives on
// the engine's io_context and thread; there is no lock. All limits are enforced before anything is allocated
// for what breaks them.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "settle/statemachine/ids.hpp"
#include "settle/statemachine/result.hpp"

namespace settle {

struct HttpLimits {
  std::uint32_t connections_max = 4096;       // past it: 503 and close
  std::uint32_t header_bytes_max = 16 << 10;  // request line and headers; past it: 431
  std::uint32_t body_bytes_max = 64 << 10;    // past it: 413
  DurationMs header_timeout{10'000};  // from the first byte (or the connection) to the last of the headers
  DurationMs body_timeout{20'000};    // from the headers to the body's last byte
  DurationMs idle_timeout{60'000};    // between requests
  DurationMs answer_timeout{90'000};  // for the handler; past it the connection is closed
  DurationMs write_timeout{30'000};   // for a client that does not read
  DurationMs linger{2'000};           // how long what comes after the last answer is read over
  DurationMs tick{250};               // how often the deadlines are looked at
};

// A request, whole. Its views are good until the handler returns.
class ServerRequest {
 public:
  std::string_view method, path, query, body;  // path and query as sent; query without the question mark
  // How often the header is there, and the first one's value.
  virtual int header(std::string_view name, std::string_view& value) const = 0;

 protected:
  ~ServerRequest() = default;
};

struct ServerResponse {
  int status = 200;
  std::string body;
  const char* content_type = "application/json";
  std::string headers;  // further ones, each "Name: value\r\n"
  bool close = false;   // the connection, after this answer
};

class HttpSession;

// The way back to a client: once, now or later, on the server's thread. Where the client has gone meanwhile,
// nothing happens. Copies are the same way back.
class Responder {
 public:
  Responder() = default;
  Responder(std::weak_ptr<HttpSession> session, std::uint64_t serial);
  void send(ServerResponse response) const;
  // An answer in pieces, without end: `then` is called when the client has taken a piece; when it has gone,
  // never.
  void begin_stream(const char* content_type) const;
  void write(const std::string& piece, std::function<void()> then) const;
  void end_stream() const;
  // Whether somebody still waits for this answer.
  bool open() const;
  // The same way back, by which each answer passes through `finish` before it leaves.
  using Finish = void (*)(ServerResponse& response);
  Responder finished_by(Finish finish) const;

 private:
  std::weak_ptr<HttpSession> session_;
  std::uint64_t serial_ = 0;
  Finish finish_ = nullptr;
};

class HttpServer {
 public:
  using Handler = std::function<void(const ServerRequest&, Responder)>;

  // Binds and listens. Port 0: any. Errors: address_in_use, io.
  static Result<std::unique_ptr<HttpServer>> listen(boost::asio::io_context& io,
                                                    const boost::asio::ip::tcp::endpoint& endpoint,
                                                    HttpLimits limits, Handler handler);
  virtual ~HttpServer() = default;

  virtual boost::asio::ip::tcp::endpoint endpoint() const = 0;
  virtual std::uint32_t connections() const = 0;
  virtual std::uint64_t requests() const = 0;  // answered

  // From here no connection is taken, and each is closed with its next answer.
  virtual void stop_accepting() = 0;
  // Calls `then` when every request in flight has its answer, or after `patience`; then all connections are
  // closed.
  virtual void drain(DurationMs patience, std::function<void()> then) = 0;
};

}  // namespace settle
