// The writing half of a session: answers as one preformatted string, and answers in pieces.

#include <utility>

#include <boost/asio/write.hpp>

#include "http_session.hpp"

namespace settle {
namespace {

std::string_view reason(int status) {
  const auto text = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {text.data(), text.size()};
}

void append_hex(std::string& out, std::size_t number) {
  constexpr std::string_view digits = "0123456789abcdef";
  int shift = 60;
  while (shift > 0 && (number >> shift) == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) out += digits[(number >> shift) & 15];
}

}  // namespace

void HttpSession::format(ServerResponse& response) {
  const bool has_body = response.status != 204 && response.status != 304;
  const bool head = header_ && header_->method() == boost::beast::http::verb::head;
  out_.clear();
  out_ += "HTTP/1.1 ";
  out_ += std::to_string(response.status);
  out_ += ' ';
  out_ += reason(response.status);
  out_ += "\r\n";
  out_ += host_.date();
  if (has_body) {
    out_ += "Content-Type: ";
    out_ += response.content_type;
    out_ += "\r\nContent-Length: ";
    out_ += std::to_string(response.body.size());
    out_ += "\r\n";
  }
  out_ += response.headers;
  out_ += close_after_ ? "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
                       : "Cache-Control: no-store\r\n\r\n";
  if (has_body && !head) out_ += response.body;
}

void HttpSession::begin_stream(std::uint64_t serial, const char* content_type) {
  if (!awaits(serial) || answer_ready_ || streaming_) return;
  streaming_ = true;
  close_after_ = true;
  chunked_ = header_->version() >= 11;
  out_.clear();
  out_ += "HTTP/1.1 200 OK\r\n";
  out_ += host_.date();
  out_ += "Content-Type: ";
  out_ += content_type;
  out_ += chunked_ ? "\r\nTransfer-Encoding: chunked" : "";
  out_ += "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
  watch_stream();
}

void HttpSession::write_piece(std::uint64_t serial, const std::string& piece, std::function<void()> then) {
  if (!awaits(serial) || !streaming_ || piece_out_) return;
  if (chunked_ && !piece.empty()) {
    append_hex(out_, piece.size());
    out_ += "\r\n";
    out_ += piece;
    out_ += "\r\n";
  } else {
    out_ += piece;
  }
  piece_out_ = true;
  piece_taken_ = std::move(then);
  set_deadline(host_.limits().write_timeout);
  boost::asio::async_write(socket_, boost::asio::buffer(out_),
                           [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                             if (self->phase_ != Phase::handling) return;
                             if (error) return self->close();
                             self->piece_out_ = false;
                             self->out_.clear();
                             self->set_deadline(self->host_.limits().answer_timeout);
                             if (const auto taken = std::exchange(self->piece_taken_, nullptr)) taken();
                           });
}

void HttpSession::end_stream(std::uint64_t serial) {
  if (!awaits(serial) || !streaming_ || piece_out_) return;
  streaming_ = false;
  if (chunked_) out_ += "0\r\n\r\n";
  in_handler_ ? static_cast<void>(answer_ready_ = true) : write_out();
}

// A client that goes away while nothing is written would never be noticed by writing.
void HttpSession::watch_stream() {
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
    if (!self->streaming_ || self->phase_ != Phase::handling) return;
    char byte = 0;
    boost::system::error_code peeked;
    if (!error) self->socket_.receive(boost::asio::buffer(&byte, 1), Socket::message_peek, peeked);
    if (error || (peeked && peeked != boost::asio::error::would_block)) self->close();
  });
}

}  // namespace settle
