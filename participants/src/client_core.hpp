#pragma once
// The client behind its facade: groups, their queues and limits, and what is owed to whom.

#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "connection.hpp"
#include "settle/participants/beast_client.hpp"

namespace settle {

// Where connections go, within a group.
struct Endpoint {
  bool https = false;
  std::string host;
  std::uint16_t port = 0;
  std::uint32_t connections = 0;
  std::int64_t avoid_until_ms = 0;  // a connection failed: siblings come first until then
  std::vector<Connection*> idle;    // the last one was used last, and is used next

  std::string text() const { return host + ":" + std::to_string(port); }
};

struct Group {
  std::vector<std::unique_ptr<Endpoint>> endpoints;
  std::vector<ConnectionPtr> connections;
  std::array<std::list<CallPtr>, importances> queues;  // the most important first

  std::size_t queued() const;
};

class ClientCore : public std::enable_shared_from_this<ClientCore> {
 public:
  ClientCore(boost::asio::io_context& io, ClientOptions options);

  // The facade's.
  void send(HttpRequest request, std::function<void(HttpAnswer)> then);
  void close(std::function<void()> done);
  void shut_down();
  Status trust_also(const std::string& ca_file) { return tls().trust_also(ca_file); }
  const ClientFigures& figures() const { return figures_; }
  std::size_t connections(const std::string& group) const;
  ClientLoad load() const;

  // The connections'. Each may end in a callback that destroys the client: touch nothing afterwards.
  void not_connected(Connection& from, CallPtr call, Cause cause, std::string detail);
  void complete(CallPtr call, HttpAnswer answer);
  void became_idle(Connection& connection);
  void lost(Connection& connection);
  void wait_over(Call& call);

  boost::asio::io_context& io() { return io_; }
  DnsCache& dns() { return *dns_; }
  TlsContext& tls();
  ClientFigures& count() { return figures_; }
  const ClientOptions& options() const { return options_; }
  void arm(DeadlineWheel::Timer& timer, DurationMs after);
  void disarm(DeadlineWheel::Timer& timer) { wheel_.disarm(timer); }
  static std::int64_t now_ms();

 private:
  using Ticker =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

  bool accept(Call& call, std::string& problem);
  void fail_later(CallPtr call, Cause cause, std::string detail);
  void fail(CallPtr call, Cause cause, std::string detail);
  // Takes the call only when it answers true.
  bool try_start(Group& group, CallPtr& call);
  void enqueue(Group& group, CallPtr call, bool in_front);
  void pump(Group& group);
  std::size_t choose_url(Group& group, const Call& call);
  Endpoint& endpoint_of(Group& group, const Url& url);
  bool make_room(Group& group);
  void remove(Connection& connection);
  void drop_idle();
  void tick_later();
  void sweep();
  void finish_closing();

  boost::asio::io_context& io_;
  ClientOptions options_;
  ClientFigures figures_;
  DeadlineWheel wheel_;  // outlives what is armed in it
  std::unique_ptr<TlsContext> tls_;
  std::shared_ptr<DnsCache> dns_;
  Ticker ticker_;
  bool ticking_ = false;
  std::int64_t sweep_at_ms_ = 0;
  std::unordered_map<std::string, std::unique_ptr<Group>> groups_;
  std::size_t calls_ = 0;  // taken and not yet answered
  bool closing_ = false;
  bool down_ = false;
  std::function<void()> closed_;
};

}  // namespace settle
