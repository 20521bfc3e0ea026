#include <utility>

#include "http_session.hpp"

#include <algorithm>
#include <boost/asio/write.hpp>
#include <cstring>

#include "api_problem.hpp"
#include "language.hpp"

namespace settle {
namespace http = boost::beast::http;
namespace {

constexpr std::size_t last_chunk_bytes_min = 5;

class BeastRequest final : public ServerRequest {
 public:
  BeastRequest(const http::request_header<>& header, const std::string& whole_body) : fields_(header) {
    const auto target = header.target();
    const std::string_view whole(target.data(), target.size());
    const std::size_t mark = whole.find('?');
    path = whole.substr(0, mark);
    if (mark != std::string_view::npos) query = whole.substr(mark + 1);
    method = std::string_view(header.method_string().data(), header.method_string().size());
    body = whole_body;
  }
  int header(std::string_view name, std::string_view& value) const override {
    const auto [first, last] = fields_.equal_range(boost::beast::string_view(name.data(), name.size()));
    if (first == last) return 0;
    value = std::string_view(first->value().data(), first->value().size());
    return static_cast<int>(std::distance(first, last));
  }

 private:
  const http::fields& fields_;
};

bool says(const http::fields& fields, http::field name, std::string_view value) {
  const auto found = fields.find(name);
  return found != fields.end() &&
         boost::beast::iequals(found->value(), boost::beast::string_view(value.data(), value.size()));
}

}  // namespace

HttpSession::HttpSession(Socket socket, HttpSessionHost& host)
    : socket_(std::move(socket)), host_(host), capacity_(host.limits().header_bytes_max + 1024) {
  buffer_ = std::make_unique_for_overwrite<char[]>(capacity_);  // most of it is never touched
}

void HttpSession::start() {
  set_deadline(host_.limits().header_timeout);
  read();
}

void HttpSession::turn_away() {
  refuse("too_many_connections", "try again in a moment");
}

void HttpSession::set_deadline(DurationMs from_now) {
  deadline_ms_ = host_.now_ms() + from_now.count;
}

bool HttpSession::compact() {
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_, begin_ = 0;
  }
  return end_ < capacity_;
}

void HttpSession::read() {
  if (input_ended_) {
    if (phase_ == Phase::idle) return close();
    return refuse("malformed_request", "the connection ended within a request");
  }
  if (!compact()) return refuse("header_too_large", "request line and headers are too large");
  socket_.async_read_some(boost::asio::buffer(buffer_.get() + end_, capacity_ - end_),
                          [self = shared_from_this()](const boost::system::error_code& error,
                                                      std::size_t count) { self->on_read(error, count); });
}

void HttpSession::on_read(const boost::system::error_code& error, std::size_t count) {
  if (phase_ != Phase::idle && phase_ != Phase::head && phase_ != Phase::body) return;
  if (error == boost::asio::error::eof) {
    input_ended_ = true;  // half-closed: what it asked before is still answered
    return read();
  }
  if (error) return close();
  end_ += count;
  process();
}

// Goes on with what is in the buffer, until a request is being answered or more must come.
void HttpSession::process() {
  if (phase_ == Phase::idle) {
    while (begin_ < end_ && (buffer_[begin_] == '\r' || buffer_[begin_] == '\n')) ++begin_;  // RFC 9112, 2.2
    if (begin_ == end_) return read();
    phase_ = Phase::head;
    set_deadline(host_.limits().header_timeout);
    parser_.emplace();
    header_.reset();
    parser_->header_limit(host_.limits().header_bytes_max);
    parser_->body_limit(host_.limits().body_bytes_max);
  }
  if (parse()) dispatch();
}

bool HttpSession::parse() {
  while (begin_ < end_) {
    // A chunked body ends in no less than "0\r\n\r\n". Beast 1.74 stops the process when it is given the
    // beginning of it for a second time.
    if (phase_ == Phase::body && parser_->chunked() && buffer_[begin_] == '0' &&
        end_ - begin_ < last_chunk_bytes_min)
      break;
    boost::system::error_code error;
    begin_ += parser_->put(boost::asio::buffer(buffer_.get() + begin_, end_ - begin_), error);
    if (error == http::error::need_more) error = {};
    if (error == http::error::header_limit) {
      return refuse("header_too_large", "request line and headers are too large"), false;
    }
    if (error == http::error::body_limit) return refuse("body_too_large", "the body is too large"), false;
    if (error) return refuse("malformed_request", error.message()), false;
    const bool head_done = phase_ == Phase::head && parser_->is_header_done();
    if (head_done && !head_complete()) return false;
    if (parser_->is_done()) return true;
    if (!head_done && (phase_ == Phase::head || begin_ < end_))
      break;  // an unfinished line stays in the buffer
  }
  read();
  return false;
}

// What can be said as soon as the headers are there.
bool HttpSession::head_complete() {
  phase_ = Phase::body;
  set_deadline(host_.limits().body_timeout);
  // Beast would add trailers to the headers; a Host or a key that comes behind the body is none.
  const auto& message = header_.emplace(std::move(parser_->get().base()));
  parser_->eager(true);
  const std::size_t hosts = message.count(http::field::host);  // RFC 9112, 3.2: more than one, of any version
  if (hosts > 1 || (message.version() >= 11 && hosts == 0)) {
    return refuse("malformed_request", "exactly one Host is required"), false;
  }
  if (message.count(http::field::transfer_encoding) > 0 && !parser_->chunked()) {
    return refuse("malformed_request", "Transfer-Encoding may only be chunked"), false;
  }
  if (!parser_->is_done() && begin_ == end_ && message.version() >= 11 &&
      says(message, http::field::expect, "100-continue")) {
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    boost::system::error_code ignored;  // a client that does not get it sends its body all the same, or goes
    socket_.write_some(boost::asio::buffer(go_on.data(), go_on.size()), ignored);
  }
  return true;
}

void HttpSession::dispatch() {
  phase_ = Phase::handling;
  any_request_ = true;
  ++serial_;
  set_deadline(host_.limits().answer_timeout);
  close_after_ = !parser_->keep_alive();
  const BeastRequest request(*header_, parser_->get().body());
  if (request.path.empty() || (request.path.front() != '/' && request.path != "*")) {
    return refuse("malformed_request", "the target must be a path");
  }
  in_handler_ = true;
  host_.handle(request, Responder(weak_from_this(), serial_));
  in_handler_ = false;
  if (answer_ready_) write_out();
}

// As far as its headers were read.
bool HttpSession::wants_chinese() const {
  if (!parser_) return false;
  const http::fields& fields = header_ ? static_cast<const http::fields&>(*header_) : parser_->get().base();
  const auto asked = fields.find(http::field::accept_language);
  if (asked == fields.end()) return false;
  return preferred_language({asked->value().data(), asked->value().size()}) == Language::chinese;
}

void HttpSession::refuse(const char* code, std::string_view detail) {
  ServerResponse response = problem_response(Problem{code, std::string(detail), ""});
  response.close = true;
  if (wants_chinese()) put_into_chinese(response);
  phase_ = Phase::handling;
  ++serial_;
  respond(serial_, std::move(response));
}

void HttpSession::respond(std::uint64_t serial, ServerResponse response) {
  if (!awaits(serial) || answer_ready_ || streaming_) return;
  if (response.close || host_.stopping()) close_after_ = true;
  format(response);
  answer_ready_ = true;
  if (!in_handler_) write_out();
}

void HttpSession::write_out() {
  answer_ready_ = false;
  phase_ = Phase::writing;
  set_deadline(host_.limits().write_timeout);
  boost::asio::async_write(socket_, boost::asio::buffer(out_),
                           [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                             self->on_written(error);
                           });
}

void HttpSession::on_written(const boost::system::error_code& error) {
  if (phase_ != Phase::writing) return;
  if (error) return close();
  after_answer();
}

void HttpSession::after_answer() {
  host_.answered();
  parser_.reset();
  header_.reset();
  if (out_.capacity() > 64 << 10) std::string().swap(out_);
  if (close_after_ || host_.stopping()) return linger();
  phase_ = Phase::idle;
  set_deadline(host_.limits().idle_timeout);
  process();
}

// Closing with unread input would reset the connection and take the answer from the client: read over it for
// a while.
void HttpSession::linger() {
  phase_ = Phase::lingering;
  set_deadline(host_.limits().linger);
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  if (input_ended_) return close();
  linger_read();
}

void HttpSession::linger_read() {
  socket_.async_read_some(boost::asio::buffer(buffer_.get(), capacity_),
                          [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                            if (self->phase_ != Phase::lingering) return;
                            error ? self->close() : self->linger_read();
                          });
}

void HttpSession::check_deadline(std::int64_t now_ms) {
  if (now_ms < deadline_ms_) return;
  if (phase_ == Phase::head || phase_ == Phase::body) {
    boost::system::error_code ignored;
    socket_.cancel(ignored);  // the read that is out; its handler finds another phase
    return refuse("request_timeout",
                  phase_ == Phase::head ? "the headers took too long" : "the body took too long");
  }
  if (streaming_ && !piece_out_) return set_deadline(host_.limits().answer_timeout);
  close();
}

void HttpSession::wind_down() {
  close_after_ = true;
  if (phase_ == Phase::idle || phase_ == Phase::lingering) close();
}

void HttpSession::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  piece_taken_ = nullptr;
  boost::system::error_code ignored;
  socket_.close(ignored);
  host_.closed(*this);
}

}  // namespace settle
