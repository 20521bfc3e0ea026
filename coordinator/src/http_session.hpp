#pragma once
// One connection of the HTTP server. Requests are worked on one after the other; nothing is read while one is
// being answered, so that a client that pipelines is slowed down by TCP and costs no memory.

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "settle/coordinator/http_server.hpp"

namespace settle {

// What a session needs of its server.
class HttpSessionHost {
 public:
  virtual void handle(const ServerRequest& request, Responder responder) = 0;
  virtual const HttpLimits& limits() const = 0;
  virtual bool stopping() const = 0;
  virtual std::string_view date() = 0;      // "Date: ...\r\n", of this second
  virtual std::int64_t now_ms() const = 0;  // any steady clock
  virtual void answered() = 0;
  virtual void closed(HttpSession& session) = 0;

 protected:
  ~HttpSessionHost() = default;
};

class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  HttpSession(Socket socket, HttpSessionHost& host);

  void start();
  // Instead of start(): 503 and close.
  void turn_away();
  void check_deadline(std::int64_t now_ms);
  // Closes at once when nothing is under way; else after the answer.
  void wind_down();
  void close();

  // For Responder; `serial` names the request that is meant.
  bool awaits(std::uint64_t serial) const { return phase_ == Phase::handling && serial == serial_; }
  void respond(std::uint64_t serial, ServerResponse response);
  void begin_stream(std::uint64_t serial, const char* content_type);
  void write_piece(std::uint64_t serial, const std::string& piece, std::function<void()> then);
  void end_stream(std::uint64_t serial);

  std::size_t slot = 0;  // where the server keeps it

 private:
  enum class Phase { idle, head, body, handling, writing, lingering, closed };
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void read();
  void on_read(const boost::system::error_code& error, std::size_t count);
  void process();
  bool parse();  // false: more is needed, or it was refused
  bool head_complete();
  void dispatch();
  void refuse(const char* code, std::string_view detail);
  bool wants_chinese() const;
  void format(ServerResponse& response);
  void write_out();
  void on_written(const boost::system::error_code& error);
  void after_answer();
  void watch_stream();
  void linger();
  void linger_read();
  void set_deadline(DurationMs from_now);
  bool compact();

  Socket socket_;
  HttpSessionHost& host_;
  std::optional<Parser> parser_;
  std::optional<boost::beast::http::request_header<>> header_;  // what came before the body: no trailers
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_, begin_ = 0, end_ = 0;
  std::string out_;
  std::function<void()> piece_taken_;
  std::int64_t deadline_ms_ = 0;
  std::uint64_t serial_ = 0;
  Phase phase_ = Phase::idle;
  bool any_request_ = false;
  bool input_ended_ = false;
  bool close_after_ = false;
  bool in_handler_ = false;  // an answer from within the handler is written when that has returned
  bool answer_ready_ = false;
  bool streaming_ = false, chunked_ = false, piece_out_ = false;
};

}  // namespace settle
