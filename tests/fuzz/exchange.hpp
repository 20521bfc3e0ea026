#pragma once
// One connection to the daemon's front door, without a network: the production session on one end of a pair
// of sockets, the fuzzer's bytes on the other; one thread, virtual time, nothing left over afterwards.

#include <functional>
#include <string>
#include <vector>

#include "http_session.hpp"

namespace settle::fuzz {

struct Answer {
  int status = 0;
  std::string head, body;
  bool whole = false;  // the body has the length that was announced
};

class Exchange final : public HttpSessionHost {
 public:
  using Handler = std::function<void(const ServerRequest&, Responder)>;
  Exchange(boost::asio::io_context& io, Handler handler) : io_(io), handler_(std::move(handler)) {}

  // Called while nothing moves on the wire: does a step of other work, false if there is none.
  std::function<bool()> work;

  enum class End { half_close, time_out };
  // Sends the bytes in pieces of `piece` bytes, then ends its half, or waits until time is over. All that
  // came back, interim answers left out.
  std::string run(std::string_view bytes, std::size_t piece, End end);

  void handle(const ServerRequest& request, Responder responder) override {
    handler_(request, std::move(responder));
  }
  const HttpLimits& limits() const override { return limits_; }
  bool stopping() const override { return false; }
  std::string_view date() override { return "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"; }
  std::int64_t now_ms() const override { return now_ms_; }
  void answered() override { ++answered_; }
  void closed(HttpSession& session) override;

 private:
  void settle(int socket);

  boost::asio::io_context& io_;
  Handler handler_;
  HttpLimits limits_;
  std::int64_t now_ms_ = 0;
  int answered_ = 0;
  bool closed_ = false;
  std::string received_;
};

// Takes the answers apart; stops the process if they are none. `heads`: for each request that was handled,
// whether it was a HEAD, whose answer has no body.
std::vector<Answer> answers_in(std::string_view bytes, const std::vector<bool>& heads);

}  // namespace settle::fuzz
