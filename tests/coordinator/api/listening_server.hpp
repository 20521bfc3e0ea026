#pragma once
// A real HTTP server that keeps what it is sent, and answers as it is told: what receivers of events are in
// the tests. On a thread of its own.

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "settle/coordinator/http_server.hpp"

namespace settle::test {

struct Heard {
  std::string path, query, body;
  std::map<std::string, std::string> headers;  // those that are asked for below
  int answered = 0;                            // status
  nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
};

class ListeningServer {
 public:
  // `answer` says what the n-th request (from 0) gets; status 0: nothing, ever. Called on the server's
  // thread.
  using Answer = std::function<ServerResponse(std::size_t n, const Heard& heard)>;
  explicit ListeningServer(Answer answer = nullptr);
  ~ListeningServer();

  std::string url(const std::string& path = "/") const;
  // All that came until now, once it is at least `count` of them, or after ten seconds.
  std::vector<Heard> wait_for(std::size_t count);
  // ... once `enough` says so of all that came.
  std::vector<Heard> wait_until(const std::function<bool(const std::vector<Heard>&)>& enough);

 private:
  void take(const ServerRequest& request, const Responder& responder);

  Answer answer_;
  boost::asio::io_context io_{1};
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<Heard> heard_;
};

}  // namespace settle::test
