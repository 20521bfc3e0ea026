#pragma once
// An HTTP/1.1 listener on loopback, on cpprestsdk.
//
// Limits: a body whose Content-Length exceeds body_bytes_max is refused with 413; a chunked one, or a POST
// without Content-Length, with 411. None of it is kept, but cpprestsdk sends the refusal only when all of it
// has come in. It knows no time limit for slow senders either; they occupy a socket, and no thread. Every
// answer with a body carries Content-Digest.

#include <chrono>
#include <cstdint>
#include <memory>

#include "settle/kit/http.hpp"
#include "settle/statemachine/result.hpp"

namespace settle::kit {

// Threads: routes run on a pool that all servers of the process share (`threads` of the first one opened
// counts), so a route may block, but not for long: use `after` to answer later.
class Server {
 public:
  // Port 0: any free one. Errors: listen_failed.
  static Result<std::unique_ptr<Server>> open(std::uint16_t port, Routes routes, std::size_t threads = 32);
  ~Server();  // stops accepting; requests under way are answered

  std::uint16_t port() const;

  // Runs `action` on the pool after the delay. What is still waiting when the process ends does not run.
  static void after(std::chrono::milliseconds delay, std::function<void()> action);

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace settle::kit
