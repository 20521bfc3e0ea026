#pragma once
// A server of raw sockets on loopback that does to its clients whatever a script says. One thread per
// connection.

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace settle::test {

// One accepted connection, in the hands of a script. Closed when the script returns.
class Peer {
 public:
  Peer(int socket, std::size_t number) : socket_(socket), number_(number) {}
  std::size_t number() const { return number_; }  // 0: the server's first connection
  int socket() const { return socket_; }

  // The next whole request, head and body; empty: the client has closed.
  std::string read_request();
  bool send(std::string_view bytes);
  // An answer with Content-Length.
  bool answer(int status, std::string_view body, std::string_view more_headers = "");
  void pause_ms(int count);
  // Waits until the client closes.
  void wait_for_close();
  void half_close();
  void reset();  // RST instead of FIN

 private:
  int socket_;
  std::size_t number_;
  std::string rest_;
};

class ScriptedServer {
 public:
  explicit ScriptedServer(std::function<void(Peer&)> script);
  ~ScriptedServer();
  std::uint16_t port() const { return port_; }
  std::string url(const std::string& target = "/") const;
  std::size_t accepted() const { return accepted_; }
  int open_at_most() const { return open_max_; }

 private:
  void serve();
  void run(int socket, std::size_t number);

  std::function<void(Peer&)> script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> accepted_{0};
  std::atomic<int> open_{0}, open_max_{0};
  std::mutex mutex_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// A bound socket on an ephemeral port of loopback; `backlog` -1: not listening, so that connections are
// refused.
struct LoopbackSocket {
  explicit LoopbackSocket(int backlog);
  ~LoopbackSocket();
  int socket = -1;
  std::uint16_t port = 0;
};

// Answers every request with 200 and a body that is the request's own.
void echo(Peer& peer);

}  // namespace settle::test
