#pragma once
// A small HTTP/1.1 client on plain sockets, and a server for callbacks: the tests speak HTTP without the
// kit's library.

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "settle/kit/http.hpp"

namespace settle::kit::test {

struct HttpAnswer {
  int status = 0;                              // 0: no answer
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// Sends the bytes and reads one answer, on a connection of its own.
HttpAnswer talk(int port, const std::string& bytes, int timeout_ms = 10'000);
std::string wire(const Request& request);
HttpAnswer send(int port, const Request& request, int timeout_ms = 10'000);
HttpAnswer send(int port, const std::string& method, const std::string& path, const std::string& body = {});

// Receives callbacks. The first `failures` of them are answered 500.
class CallbackServer {
 public:
  explicit CallbackServer(int failures = 0);
  ~CallbackServer();
  CallbackServer(const CallbackServer&) = delete;
  CallbackServer& operator=(const CallbackServer&) = delete;
  std::string url() const;
  std::vector<std::string> bodies();
  // Waits until `count` came, at most 10 s; what came by then.
  std::vector<std::string> wait_for(std::size_t count);

 private:
  void loop();
  int socket_ = -1;
  int port_ = 0;
  int failures_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::vector<std::string> bodies_;
  std::thread thread_;
};

}  // namespace settle::kit::test
