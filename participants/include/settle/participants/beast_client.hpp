#pragma once
// HTTP/1.1 with keep-alive over Asio and Beast: the HttpClient of production.
//
// One thread: constructed, used and destroyed on the thread that runs the io_context (or while nobody runs
// it). No locks. Idle connections and waiting calls keep the io_context busy; close() lets it come to an end.
// Connections are pooled by group, scheme, host and port, and each group has its own limit and its own
// queue, first in first out among those of one importance, so one slow participant takes no connection from
// another (I19).

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "settle/participants/http_client.hpp"
#include "settle/statemachine/result.hpp"

namespace boost::asio {
class io_context;
}

namespace settle {

struct ClientOptions {
  DurationMs idle_max{60'000};   // an unused connection is closed after this
  DurationMs dns_cache{30'000};  // how long the addresses of a name are remembered
  DurationMs avoid_for{1'000};   // how long a URL that could not be connected comes after its siblings
};

struct ClientFigures {
  std::uint64_t sent = 0;                    // requests that went onto a connection
  std::uint64_t reused = 0;                  // of these, onto one that had carried a request before
  std::uint64_t opened = 0;                  // connections that came up
  std::array<std::uint64_t, 17> failures{};  // calls that failed, by Cause
};

class ClientCore;

class BeastClient final : public HttpClient {
 public:
  explicit BeastClient(boost::asio::io_context& io, ClientOptions options = {});
  // Calls under way end without their `then`.
  ~BeastClient() override;

  // Certificates of servers are checked against the system's authorities and those in this PEM file, and
  // against the host's name. Before the first https call. Errors: tls_ca_file.
  Status trust_also(const std::string& ca_file);

  // As HttpClient says. Times are kept within 16 ms, never short. A connection that cannot be made (no
  // address, refused, timed out, no TLS) makes it try the next URL; an URL that just failed so is tried after
  // the others.
  void send(HttpRequest request, std::function<void(HttpAnswer)> then) override;

  // Lets calls under way and in the queues finish, takes no more (Cause::overload), closes connections as
  // they get free, and then calls `done`, later.
  void close(std::function<void()> done = {});

  const ClientFigures& figures() const;
  ClientLoad load() const override;
  // Connections of a group now, however far they are.
  std::size_t connections(const std::string& group) const;

 private:
  std::shared_ptr<ClientCore> core_;
};

}  // namespace settle
