#include <utility>

#include "settle/coordinator/http_server.hpp"

#include <sys/socket.h>

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <vector>

#include "api_problem.hpp"
#include "http_session.hpp"
#include "settle/coordinator/log.hpp"

namespace settle {
namespace asio = boost::asio;
using asio::ip::tcp;
namespace {

// Connections beyond the limit that are kept just long enough to be told so.
constexpr std::size_t turned_away_max = 128;

class Server final : public HttpServer, public HttpSessionHost {
 public:
  Server(asio::io_context& io, HttpLimits limits, Handler handler)
      : io_(io), acceptor_(io), ticker_(io), pause_(io), limits_(limits), handler_(std::move(handler)) {}
  ~Server() override {
    for (const auto& session : std::vector(sessions_)) session->close();
  }

  Status open(const tcp::endpoint& endpoint) {
    boost::system::error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    const std::string where = endpoint.address().to_string() + ":" + std::to_string(endpoint.port());
    if (error == asio::error::address_in_use) return Error{"address_in_use", where + " is in use"};
    if (error) return Error{"io", "cannot listen on " + where + ": " + error.message()};
    accept();
    tick();
    return ok();
  }

  tcp::endpoint endpoint() const override {
    boost::system::error_code ignored;
    return acceptor_.is_open() ? acceptor_.local_endpoint(ignored) : tcp::endpoint();
  }
  std::uint32_t connections() const override { return static_cast<std::uint32_t>(sessions_.size()); }
  std::uint64_t requests() const override { return requests_; }

  void stop_accepting() override {
    stopping_ = true;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    for (const auto& session : std::vector(sessions_)) session->wind_down();
  }
  void drain(DurationMs patience, std::function<void()> then) override {
    if (!stopping_) stop_accepting();
    drained_ = std::move(then);
    drain_until_ms_ = now_ms() + patience.count;
    check_drained();
  }

  void handle(const ServerRequest& request, Responder responder) override {
    handler_(request, std::move(responder));
  }
  const HttpLimits& limits() const override { return limits_; }
  bool stopping() const override { return stopping_; }
  std::string_view date() override;
  std::int64_t now_ms() const override {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  }
  void answered() override { ++requests_; }
  void closed(HttpSession& session) override;

 private:
  void accept();
  void take(tcp::socket socket);
  void turn_away(tcp::socket socket);
  void tick();
  void check_drained();

  asio::io_context& io_;
  tcp::acceptor acceptor_;
  asio::steady_timer ticker_, pause_;
  HttpLimits limits_;
  Handler handler_;
  std::vector<std::shared_ptr<HttpSession>> sessions_;
  std::uint64_t requests_ = 0;
  bool stopping_ = false;
  std::function<void()> drained_;
  std::int64_t drain_until_ms_ = 0;
  std::time_t date_second_ = 0;
  std::array<char, 64> date_{};
  std::size_t date_size_ = 0;
};

std::string_view Server::date() {
  const std::time_t second = std::time(nullptr);
  if (second != date_second_) {
    std::tm parts{};
    gmtime_r(&second, &parts);
    date_size_ = std::strftime(date_.data(), date_.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    date_second_ = second;
  }
  return {date_.data(), date_size_};
}

void Server::accept() {
  acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || stopping_) return;
    if (!error) {
      take(std::move(socket));
      return accept();
    }
    // Out of descriptors, most likely: one that closes makes room.
    log_warn("cannot accept a connection", {{"detail", error.message()}});
    pause_.expires_after(std::chrono::milliseconds(100));
    pause_.async_wait([this](const boost::system::error_code& stopped) {
      if (!stopped) accept();
    });
  });
}

void Server::take(tcp::socket socket) {
  boost::system::error_code error;
  socket.non_blocking(true, error);
  if (!error) socket.set_option(tcp::no_delay(true), error);
  if (error) return;
  if (sessions_.size() >= limits_.connections_max + turned_away_max) return turn_away(std::move(socket));
  auto session = std::make_shared<HttpSession>(std::move(socket), static_cast<HttpSessionHost&>(*this));
  session->slot = sessions_.size();
  sessions_.push_back(session);
  if (sessions_.size() <= limits_.connections_max) return session->start();
  log_warn("too many connections", {{"max", limits_.connections_max}});
  session->turn_away();
}

// Past this even a refusal would cost too much.
void Server::turn_away(tcp::socket socket) {
  log_warn("far too many connections", {{"max", limits_.connections_max}});
  boost::system::error_code ignored;
  socket.close(ignored);
}

void Server::tick() {
  ticker_.expires_after(std::chrono::milliseconds(limits_.tick.count));
  ticker_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    const std::int64_t now = now_ms();
    for (std::size_t i = sessions_.size();
         i-- > 0;) {  // from the end: a session that closes is replaced by the last
      if (i < sessions_.size()) sessions_[i]->check_deadline(now);
    }
    check_drained();
    tick();
  });
}

void Server::closed(HttpSession& session) {
  const std::size_t slot = session.slot;
  const std::shared_ptr<HttpSession> keep = std::move(sessions_[slot]);
  if (slot + 1 != sessions_.size()) {
    sessions_[slot] = std::move(sessions_.back());
    sessions_[slot]->slot = slot;
  }
  sessions_.pop_back();
  check_drained();
}

void Server::check_drained() {
  if (!drained_) return;
  if (!sessions_.empty() && now_ms() < drain_until_ms_) return;
  const auto then = std::exchange(drained_, nullptr);
  for (const auto& session : std::vector(sessions_)) session->close();
  asio::post(io_, then);
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::listen(asio::io_context& io, const tcp::endpoint& endpoint,
                                                       HttpLimits limits, Handler handler) {
  auto server = std::make_unique<Server>(io, limits, std::move(handler));
  if (const Status opened = server->open(endpoint); !opened) return opened.error();
  return std::unique_ptr<HttpServer>(std::move(server));
}

Responder::Responder(std::weak_ptr<HttpSession> session, std::uint64_t serial)
    : session_(std::move(session)), serial_(serial) {}

void Responder::send(ServerResponse response) const {
  const auto session = session_.lock();
  if (!session) return;
  if (finish_ != nullptr) finish_(response);
  session->respond(serial_, std::move(response));
}
Responder Responder::finished_by(Finish finish) const {
  Responder same = *this;
  same.finish_ = finish;
  return same;
}
void Responder::begin_stream(const char* content_type) const {
  if (const auto session = session_.lock()) session->begin_stream(serial_, content_type);
}
void Responder::write(const std::string& piece, std::function<void()> then) const {
  if (const auto session = session_.lock()) session->write_piece(serial_, piece, std::move(then));
}
void Responder::end_stream() const {
  if (const auto session = session_.lock()) session->end_stream(serial_);
}
bool Responder::open() const {
  const auto session = session_.lock();
  return session && session->awaits(serial_);
}

}  // namespace settle
