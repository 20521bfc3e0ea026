#include "scripted_server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace settle::test {

LoopbackSocket::LoopbackSocket(int backlog) : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  socklen_t size = sizeof address;
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  if (backlog >= 0) {
    EXPECT_EQ(::listen(socket, backlog), 0);
  }
}

LoopbackSocket::~LoopbackSocket() {
  if (socket >= 0) ::close(socket);
}

std::string Peer::read_request() {
  char buffer[8192];
  for (;;) {
    const std::size_t end = rest_.find("\r\n\r\n");
    if (end != std::string::npos) {
      const std::size_t at = rest_.find("Content-Length: ");
      const std::size_t size = end + 4 + std::stoul(rest_.substr(at + 16, 20));
      if (rest_.size() >= size) {
        std::string request = rest_.substr(0, size);
        rest_.erase(0, size);
        return request;
      }
    }
    const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
    if (count <= 0) return {};
    rest_.append(buffer, static_cast<std::size_t>(count));
  }
}

bool Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool Peer::answer(int status, std::string_view body, std::string_view more_headers) {
  std::string text =
      "HTTP/1.1 " + std::to_string(status) + " So\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  text.append(more_headers).append("\r\n").append(body);
  return send(text);
}

void Peer::pause_ms(int count) {
  std::this_thread::sleep_for(std::chrono::milliseconds(count));
}

void Peer::wait_for_close() {
  char byte;
  while (::recv(socket_, &byte, 1, 0) > 0) {
  }
}

void Peer::half_close() {
  ::shutdown(socket_, SHUT_WR);
}

void Peer::reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

ScriptedServer::ScriptedServer(std::function<void(Peer&)> script) : script_(std::move(script)) {
  LoopbackSocket listener(128);
  port_ = listener.port;
  listener_ = std::exchange(listener.socket, -1);
  acceptor_ = std::thread([this] { serve(); });
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  ::close(listener_);
}

std::string ScriptedServer::url(const std::string& target) const {
  return "http://127.0.0.1:" + std::to_string(port_) + target;
}

void ScriptedServer::serve() {
  // OpenSSL writes without MSG_NOSIGNAL: to a client that hung up, that is a signal. The peers' threads
  // inherit this; the client under test, on its own thread, is not shielded.
  sigset_t pipes;
  sigemptyset(&pipes);
  sigaddset(&pipes, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipes, nullptr);
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const std::size_t number = accepted_++;
    const int open = ++open_;
    open_max_ = std::max(open_max_.load(), open);
    const std::lock_guard lock(mutex_);
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket, number] { run(socket, number); });
  }
}

void ScriptedServer::run(int socket, std::size_t number) {
  Peer peer(socket, number);
  script_(peer);
  --open_;
  const std::lock_guard lock(mutex_);
  sockets_.erase(std::find(sockets_.begin(), sockets_.end(), socket));
  ::close(socket);
}

void echo(Peer& peer) {
  for (std::string request = peer.read_request(); !request.empty(); request = peer.read_request()) {
    peer.answer(200, request.substr(request.find("\r\n\r\n") + 4));
  }
}

}  // namespace settle::test
