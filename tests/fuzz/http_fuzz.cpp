// The daemon's front door: bytes to requests. Whatever comes, every request that is handed on is one, every
// answer is whole, no limit is passed, the connection ends in time; and how the bytes were cut into pieces
// changes nothing.

#include <algorithm>

#include "exchange.hpp"
#include "input.hpp"

namespace settle::fuzz {
namespace {

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_visible(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7f; });
}

struct Seen {
  std::vector<std::string> requests;  // what was handed on
  std::vector<bool> heads;
  std::vector<int> statuses;  // what was answered
};

Seen seen(std::string_view bytes, std::size_t piece, Exchange::End end) {
  static boost::asio::io_context io(1);
  Seen out;
  Exchange exchange(io, [&out](const ServerRequest& request, const Responder& responder) {
    SETTLE_CHECK(is_token(request.method));
    SETTLE_CHECK(request.path == "*" || request.path.starts_with("/"));
    SETTLE_CHECK(is_visible(request.path) && is_visible(request.query));
    SETTLE_CHECK(request.path.find('?') == std::string_view::npos);
    SETTLE_CHECK(request.body.size() <= HttpLimits().body_bytes_max);
    std::string_view host;
    SETTLE_CHECK(request.header("Host", host) <= 1);
    std::string text;
    for (const std::string_view part : {request.method, request.path, request.query, host, request.body})
      text.append(part).append("\n");
    out.requests.push_back(text);
    out.heads.push_back(request.method == "HEAD");
    ServerResponse response;
    response.body = "{}";
    responder.send(response);
  });
  const std::vector<Answer> answers = answers_in(exchange.run(bytes, piece, end), out.heads);
  for (const Answer& answer : answers) {
    SETTLE_CHECK(answer.status == 200 || (answer.status >= 400 && answer.status <= 431));
    out.statuses.push_back(answer.status);
  }
  // Each request has its answer; what is refused is the last, and needs none.
  const auto good = static_cast<std::size_t>(std::count(out.statuses.begin(), out.statuses.end(), 200));
  SETTLE_CHECK(good == out.requests.size() && out.statuses.size() - good <= 1);
  SETTLE_CHECK(good == out.statuses.size() || out.statuses.back() != 200);
  return out;
}

}  // namespace
}  // namespace settle::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace settle::fuzz;
  Input input(data, size);
  const std::size_t piece = std::size_t{1} + input.byte();
  const auto end = input.byte() % 2 == 0 ? Exchange::End::half_close : Exchange::End::time_out;
  const std::string_view bytes = input.rest();
  const Seen whole = seen(bytes, std::max<std::size_t>(bytes.size(), 1), end);
  const Seen pieces = seen(bytes, piece, end);
  SETTLE_CHECK(whole.requests == pieces.requests);
  // A line that is wrong is seen to be wrong at once, or only when time is over: refused it is.
  SETTLE_CHECK(whole.statuses.size() == pieces.statuses.size());
  return 0;
}
