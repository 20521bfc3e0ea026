// FROZEN. This is the yardstick that `settled` is measured against (docs/performance.md): do not tune it, do
// not add to it, do not fix its style. A changed yardstick makes every ratio reported before it worthless; if
// it must ever change, say so in docs/performance.md and measure both anew.
//
// The bare relay: plain Boost.Beast on Asio, one thread. It takes the purchases that settled takes and makes
// the same seven calls (three tries in turn; the confirms of reserve and charge side by side and that of
// issue after charge's; then notify), unsigned, with no state and no journal. The shop is answered when all
// is confirmed, as by settled.
//
//   settle-bench-relay PARTICIPANTS_PORT     prints "listening PORT" and serves on loopback until SIGTERM

#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using Executor = asio::io_context::executor_type;  // not type-erased: that costs on every operation
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Error = boost::system::error_code;

constexpr std::size_t connections_max = 256;  // to the participants; further calls wait
constexpr std::size_t order_bytes_max = 64 << 10;

struct Call {
  std::string_view path, step, operation, head;  // head: what the body has before the shop's own fields
};
constexpr std::array<Call, 7> calls{{
    {"/try", "reserve", "try", R"({"step":"reserve","operation":"try",)"},
    {"/try", "charge", "try", R"({"step":"charge","operation":"try",)"},
    {"/try", "issue", "try", R"({"step":"issue","operation":"try",)"},
    {"/confirm", "reserve", "confirm", R"({"step":"reserve","operation":"confirm",)"},
    {"/confirm", "charge", "confirm", R"({"step":"charge","operation":"confirm",)"},
    {"/confirm", "issue", "confirm", R"({"step":"issue","operation":"confirm",)"},
    {"/callback", "notify", "deliver", R"({"step":"notify","operation":"deliver",)"},
}};
enum Turn : std::size_t {
  try_reserve,
  try_charge,
  try_issue,
  confirm_reserve,
  confirm_charge,
  confirm_issue,
  notify
};

class Pool;

// One shop's connection: a request, its answer, the next request.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Socket socket, Pool& pool) : socket_(std::move(socket)), pool_(pool) { buffer_.reserve(4096); }
  void read();
  void answer(http::status status, std::string body);

 private:
  void start();

  Socket socket_;
  Pool& pool_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  bool keep_alive_ = true;
};

// One purchase under way: which call comes next.
class Purchase : public std::enable_shared_from_this<Purchase> {
 public:
  Purchase(std::shared_ptr<Session> session, Pool& pool, std::string key, std::string order)
      : session_(std::move(session)), pool_(pool), key(std::move(key)), order(std::move(order)) {}
  void start(Turn turn);
  void answered(Turn turn, bool ok);

 private:
  void reply(http::status status) {
    if (!session_) return;
    const bool ok = status == http::status::ok;
    std::string body = R"({"id":")";
    body.append(key).append(ok ? R"(","state":"delivering"})" : R"(","state":"failed"})");
    std::exchange(session_, nullptr)->answer(status, std::move(body));
  }

  std::shared_ptr<Session> session_;  // until it was answered
  Pool& pool_;
  int unconfirmed_ = 3;

 public:
  const std::string key, order;
};

// One keep-alive connection to the participants; one call at a time.
class Upstream {
 public:
  Upstream(asio::io_context& io, Pool& pool) : socket_(io), pool_(pool) {
    buffer_.reserve(4096);
    request_.version(11);
    request_.method(http::verb::post);
    request_.set(http::field::host, "127.0.0.1");
    request_.set(http::field::content_type, "application/json");
    request_.set("Settle-Attempt", "1");
  }
  void send(std::shared_ptr<Purchase> purchase, Turn turn);

 private:
  void write();
  void read();
  void finish(bool ok);

  Socket socket_;
  Pool& pool_;
  boost::beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  std::optional<http::response_parser<http::string_body>> parser_;
  std::shared_ptr<Purchase> purchase_;
  Turn turn_ = try_reserve;
};

class Pool {
 public:
  Pool(asio::io_context& io, const tcp::endpoint& to) : to(to), io_(io) {}
  void call(std::shared_ptr<Purchase> purchase, Turn turn) {
    if (idle_.empty() && all_.size() < connections_max) {
      idle_.push_back(all_.emplace_back(std::make_unique<Upstream>(io_, *this)).get());
    }
    if (idle_.empty()) {
      waiting_.emplace_back(std::move(purchase), turn);
      return;
    }
    Upstream* upstream = idle_.back();  // the one used last: its lines are warm
    idle_.pop_back();
    upstream->send(std::move(purchase), turn);
  }
  void release(Upstream* upstream) {
    if (waiting_.empty()) {
      idle_.push_back(upstream);
      return;
    }
    auto [purchase, turn] = std::move(waiting_.front());
    waiting_.pop_front();
    upstream->send(std::move(purchase), turn);
  }
  const tcp::endpoint to;

 private:
  asio::io_context& io_;
  std::vector<std::unique_ptr<Upstream>> all_;
  std::vector<Upstream*> idle_;
  std::deque<std::pair<std::shared_ptr<Purchase>, Turn>> waiting_;
};

void Purchase::start(Turn turn) {
  pool_.call(shared_from_this(), turn);
}

void Purchase::answered(Turn turn, bool ok) {
  if (!ok) return reply(http::status::bad_gateway);
  if (turn < try_issue) return start(static_cast<Turn>(turn + 1));
  if (turn == try_issue) {
    start(confirm_reserve);
    return start(confirm_charge);
  }
  if (turn == notify) return;
  if (turn == confirm_charge) start(confirm_issue);
  if (--unconfirmed_ > 0) return;
  reply(http::status::ok);
  start(notify);
}

void Upstream::send(std::shared_ptr<Purchase> purchase, Turn turn) {
  purchase_ = std::move(purchase);
  turn_ = turn;
  const Call& call = calls[turn];
  const auto view = [](std::string_view text) { return boost::beast::string_view(text.data(), text.size()); };
  std::string key = purchase_->key;
  key.append(":").append(call.step).append(":").append(call.operation);
  request_.target(view(call.path));
  request_.set("Idempotency-Key", key);
  request_.set("Settle-Step", view(call.step));
  request_.set("Settle-Operation", view(call.operation));
  request_.body().assign(call.head).append(purchase_->order, 1);
  request_.prepare_payload();
  if (socket_.is_open()) return write();
  socket_.async_connect(pool_.to, [this](Error error) {
    if (error) return finish(false);
    socket_.set_option(tcp::no_delay(true));
    write();
  });
}

void Upstream::write() {
  http::async_write(socket_, request_, [this](Error error, std::size_t) {
    if (error) return finish(false);
    read();
  });
}

void Upstream::read() {
  parser_.emplace();
  http::async_read(socket_, buffer_, *parser_, [this](Error error, std::size_t) {
    if (error) return finish(false);
    finish(parser_->get().result() == http::status::ok);
  });
}

void Upstream::finish(bool ok) {
  if (!parser_ || !parser_->is_done() || !parser_->keep_alive()) {
    Error ignored;
    socket_.close(ignored);
    buffer_.clear();
  }
  parser_.reset();
  auto purchase = std::move(purchase_);
  const Turn turn = turn_;
  pool_.release(this);
  purchase->answered(turn, ok);
}

void Session::read() {
  parser_.emplace();
  parser_->body_limit(order_bytes_max);
  http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](Error error, std::size_t) {
    if (!error) self->start();
  });
}

void Session::start() {
  auto& request = parser_->get();
  keep_alive_ = request.keep_alive();
  if (request.target() != "/v1/purchases") return answer(http::status::not_found, "{}");
  if (request.method() != http::verb::post) return answer(http::status::method_not_allowed, "{}");
  const auto key = request["Idempotency-Key"];
  if (key.empty() || request.body().size() < 2 || request.body().front() != '{') {
    return answer(http::status::bad_request, "{}");
  }
  std::make_shared<Purchase>(shared_from_this(), pool_, std::string(key), std::move(request.body()))
      ->start(try_reserve);
}

void Session::answer(http::status status, std::string body) {
  response_ = {status, 11};
  response_.set(http::field::content_type, "application/json");
  response_.keep_alive(keep_alive_);
  response_.body() = std::move(body);
  response_.prepare_payload();
  http::async_write(socket_, response_, [self = shared_from_this()](Error error, std::size_t) {
    if (!error && self->keep_alive_) self->read();
  });
}

void accept(asio::io_context& io, Acceptor& acceptor, Pool& pool) {
  acceptor.async_accept([&](Error error, Socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error) {
      socket.set_option(tcp::no_delay(true));
      std::make_shared<Session>(std::move(socket), pool)->read();
    }
    accept(io, acceptor, pool);
  });
}

}  // namespace

int main(int argc, char** argv) {
  unsigned short port = 0;
  const char* text = argc == 2 ? argv[1] : "";
  if (std::from_chars(text, text + std::strlen(text), port).ec != std::errc() || port == 0) {
    std::fprintf(stderr, "usage: settle-bench-relay PARTICIPANTS_PORT\n");
    return 2;
  }
  asio::io_context io{1};
  Pool pool(io, {asio::ip::address_v4::loopback(), port});
  Acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](Error, int) { io.stop(); });
  accept(io, acceptor, pool);
  std::printf("listening %u\n", static_cast<unsigned>(acceptor.local_endpoint().port()));
  std::fflush(stdout);
  io.run();
}
