#include <utility>

#include "exchange.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>

namespace settle::fuzz {
namespace {

constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";

std::string_view header_of(std::string_view head, std::string_view name) {
  const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
  if (at == std::string_view::npos) return {};
  const std::string_view rest = head.substr(at + name.size() + 4);
  return rest.substr(0, rest.find("\r\n"));
}

std::size_t length_of(std::string_view text) {
  std::size_t length = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  SETTLE_CHECK(error == std::errc() && stop == text.data() + text.size());
  return length;
}

}  // namespace

std::string Exchange::run(std::string_view bytes, std::size_t piece, End end) {
  std::array<int, 2> ends{};
  SETTLE_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  HttpSession::Socket socket(io_);
  socket.assign(boost::asio::ip::tcp::v4(), ends[0]);
  closed_ = false;
  received_.clear();
  auto session = std::make_shared<HttpSession>(std::move(socket), *this);
  session->start();
  while (!bytes.empty() && !closed_) {
    const std::string_view sent = bytes.substr(0, piece);
    const auto count = send(ends[1], sent.data(), sent.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) break;  // the session has gone
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    const std::size_t before = received_.size();
    settle(ends[1]);
    if (count < 0 && received_.size() == before) break;  // it answers no more, and reads no more
  }
  if (end == End::half_close && !closed_) shutdown(ends[1], SHUT_WR);
  settle(ends[1]);
  for (int n = 0; n < 8 && !closed_; ++n) {
    now_ms_ += 120'000;
    session->check_deadline(now_ms_);
    settle(ends[1]);
  }
  SETTLE_CHECK(closed_);  // no connection outlives its time-outs
  session.reset();
  settle(ends[1]);
  close(ends[1]);
  for (std::size_t at = 0; (at = received_.find(interim, at)) != std::string::npos;)
    received_.erase(at, interim.size());
  return std::move(received_);
}

// Until nothing moves.
void Exchange::settle(int socket) {
  std::array<char, 16384> buffer{};
  for (bool moved = true; moved;) {
    moved = false;
    io_.restart();
    if (io_.poll() > 0) moved = true;
    while (work && work()) moved = true;
    for (ssize_t count = 1; (count = recv(socket, buffer.data(), buffer.size(), 0)) > 0; moved = true)
      received_.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

void Exchange::closed(HttpSession& /*session*/) {
  SETTLE_CHECK(!closed_);
  closed_ = true;
}

std::vector<Answer> answers_in(std::string_view bytes, const std::vector<bool>& heads) {
  std::vector<Answer> answers;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find("\r\n\r\n");
    SETTLE_CHECK(bytes.starts_with("HTTP/1.1 ") && end != std::string_view::npos);
    Answer answer;
    answer.head = bytes.substr(0, end + 2);
    answer.status = static_cast<int>(length_of(bytes.substr(9, 3)));
    bytes.remove_prefix(end + 4);
    const std::string_view length = header_of(answer.head, "Content-Length");
    const bool head = answers.size() < heads.size() && heads[answers.size()];
    const bool chunked = !header_of(answer.head, "Transfer-Encoding").empty();
    if (chunked || (length.empty() && answer.status != 204)) {  // a stream: the last, to the end
      answer.body = bytes;
      bytes = {};
    } else if (!length.empty() && !head && !(bytes.empty() && answers.size() >= heads.size())) {
      SETTLE_CHECK(length_of(length) <= bytes.size());
      answer.body = bytes.substr(0, length_of(length));
      answer.whole = true;
      bytes.remove_prefix(answer.body.size());
    }
    answers.push_back(std::move(answer));
  }
  return answers;
}

}  // namespace settle::fuzz
