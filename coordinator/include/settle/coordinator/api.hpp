#pragma once
// The HTTP API: from requests to the engine and back. docs/openapi.yaml is its specification; a test holds
// the two together. On the engine's thread.

#include <boost/asio/io_context.hpp>
#include <memory>
#include <span>

#include "settle/coordinator/engine.hpp"
#include "settle/coordinator/http_server.hpp"
#include "settle/coordinator/outlet.hpp"

namespace settle {

struct ApiConfig {
  DurationMs follow_poll{100};  // how often a follower of the journal looks whether something was appended
  DurationMs follow_heartbeat{15'000};  // the longest silence towards a follower
};

class Api {
 public:
  // All outlive the API; the API outlives its server's last request.
  static std::unique_ptr<Api> create(Engine& engine, boost::asio::io_context& io,
                                     std::shared_ptr<const KeyRing> keys, ApiConfig config = {});
  virtual ~Api() = default;

  virtual void handle(const ServerRequest& request, Responder responder) = 0;
  // For the figures of /v1/status; may be null.
  virtual void set_server(const HttpServer* server) = 0;
  // For /v1/receivers; without one, no receiver is found.
  virtual void set_outlet(Outlet* outlet) = 0;
  // Answers those who wait for an outcome with what stands, and ends the followers' streams.
  virtual void stop() = 0;
};

struct ApiRoute {
  const char* method;
  const char* pattern;  // "/v1/purchases/{id}"
};
std::span<const ApiRoute> api_routes();

const char* settle_version();

}  // namespace settle
