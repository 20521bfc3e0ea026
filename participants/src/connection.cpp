// A call on an open connection: the request goes out, the answer comes in, or one of the many ways in which
// it does not.

#include "connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/write.hpp>

#include "client_core.hpp"
#include "request_text.hpp"

namespace settle {

namespace asio = boost::asio;

namespace {

constexpr std::size_t buffer_start_bytes = 4 << 10;
constexpr std::size_t buffer_bytes_max = answer_header_bytes_max + (4 << 10);
constexpr int interim_answers_max = 4;

}  // namespace

void Connection::carry(CallPtr call) {
  call_ = std::move(call);
  start_exchange();
}

void Connection::start_exchange() {
  phase_ = Phase::busy;
  core_->arm(*this, call_->request.answer_timeout);
  ++core_->count().sent;
  write_request(out_, call_->urls[call_->url_at], call_->request);
  written_ = 0;
  in_size_ = 0;
  interim_answers_ = 0;
  parser_.reset();
  write();
  start_read();
}

void Connection::write() {
  if (tls_) {
    writing_ = true;
    return tls_->write(asio::buffer(out_), [self = Self(this)](const ErrorCode& error, std::size_t) {
      self->writing_ = false;
      if (error) self->write_failed_ = true;
    });
  }
  // Nearly always the whole request fits into the socket's buffer: no need to wait for the loop.
  ErrorCode error;
  written_ = socket_.write_some(asio::buffer(out_), error);
  if (error && error != asio::error::would_block) {
    write_failed_ = true;  // the read tells more: an answer may be there already
  } else if (written_ < out_.size()) {
    wait_to_write();
  }
}

void Connection::wait_to_write() {
  writing_ = true;
  asio::async_write(socket_, asio::buffer(out_) + written_,
                    [self = Self(this)](const ErrorCode& error, std::size_t) {
                      self->writing_ = false;
                      if (error) self->write_failed_ = true;
                    });
}

void Connection::start_read() {
  if (reading_) return;
  reading_ = true;
  if (in_.size() == in_size_) in_.resize(std::max(in_.size(), buffer_start_bytes));
  const auto into = asio::buffer(in_.data() + in_size_, in_.size() - in_size_);
  const auto then = [self = Self(this)](const ErrorCode& error, std::size_t count) {
    self->read_done(error, count);
  };
  if (tls_) return tls_->read_some(into, then);
  socket_.async_read_some(into, then);
}

void Connection::read_done(const ErrorCode& error, std::size_t count) {
  reading_ = false;
  if (phase_ == Phase::closed) return;
  // An idle connection that says anything has nothing to say to the next call.
  if (phase_ == Phase::idle) return core_->lost(*this);
  if (error) return read_ended(error);
  in_size_ += count;
  parse();
}

void Connection::read_ended(const ErrorCode& error) {
  if (error == asio::error::eof) {
    // Some answers end with the connection; only a clean end counts as one.
    if (parser_.has_started() && parser_.finish() == AnswerParser::State::done) return finish(false);
    return fail(Cause::reset, parser_.has_started() || in_size_ != 0 ? "closed in the middle of the answer"
                                                                     : "closed before the answer");
  }
  fail(Cause::reset, error.message());
}

void Connection::parse() {
  using State = AnswerParser::State;
  State state = State::more;
  std::size_t consumed = 0;
  while (consumed < in_size_) {
    std::size_t used = 0;
    state = parser_.feed({in_.data() + consumed, in_size_ - consumed}, used);
    consumed += used;
    if (state == State::interim) {
      if (++interim_answers_ > interim_answers_max) return fail(Cause::format, "too many interim answers");
      parser_.reset();
      continue;
    }
    if (state != State::more || used == 0) break;
  }
  std::copy(in_.begin() + static_cast<std::ptrdiff_t>(consumed),
            in_.begin() + static_cast<std::ptrdiff_t>(in_size_), in_.begin());
  in_size_ -= consumed;
  switch (state) {
    case State::done:
      return finish(parser_.keep_alive());
    case State::too_large:
      return fail(Cause::format, "the answer is larger than allowed");
    case State::broken:
      return fail(Cause::format, parser_.problem());
    case State::more:
    case State::interim:
      break;
  }
  if (!make_room()) return fail(Cause::format, "the answer's header is larger than allowed");
  start_read();
}

// A header must stand in the buffer as a whole; it grows only as far as the limit on headers.
bool Connection::make_room() {
  if (in_size_ < in_.size()) return true;
  if (in_.size() >= buffer_bytes_max) return false;
  in_.resize(std::min(in_.size() * 2, buffer_bytes_max));
  return true;
}

void Connection::finish(bool reusable) {
  HttpAnswer answer;
  parser_.take(answer);
  // Bytes behind the answer, or a request still being written, would be taken for the next one's.
  end_call(std::move(answer), reusable && in_size_ == 0 && !writing_ && !write_failed_);
}

void Connection::fail(Cause cause, const std::string& what) {
  HttpAnswer answer;
  answer.failure = cause;
  answer.failure_detail = endpoint_->text() + ": " + what;
  end_call(std::move(answer), false);
}

void Connection::end_call(HttpAnswer answer, bool reusable) {
  const Self keep(this);
  ClientCore& core = *core_;
  CallPtr call = std::move(call_);
  if (reusable) {
    phase_ = Phase::idle;
    core.disarm(*this);
    core.became_idle(*this);
  } else {
    core.lost(*this);
  }
  core.complete(std::move(call), std::move(answer));
}

bool Connection::is_clean() {
  char byte = 0;
  const ssize_t count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
  return count > 0 && tls_ != nullptr;  // TLS has messages of its own between answers
}

void Connection::watch_idle() {
  core_->arm(*this, core_->options().idle_max);
  start_read();
}

void Connection::expired() {
  const Self keep(this);
  switch (phase_) {
    case Phase::opening:
      return fail_open(Cause::connect_timeout, "no connection in time");
    case Phase::busy:
      return fail(Cause::answer_timeout, "no whole answer in time");
    case Phase::idle:
      return core_->lost(*this);
    case Phase::closed:
      return;
  }
}

void Connection::close() {
  phase_ = Phase::closed;
  core_->disarm(*this);
  call_.reset();
  ErrorCode ignored;
  socket_.close(ignored);
}

}  // namespace settle
