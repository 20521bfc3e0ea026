#include "http.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <sstream>

#include "settle/statemachine/result.hpp"

namespace settle::kit::test {

namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void parse_head(const std::string& head, HttpAnswer& answer) {
  std::istringstream lines(head);
  std::string line;
  std::getline(lines, line);
  if (line.rfind("HTTP/1.1 ", 0) == 0) answer.status = std::stoi(line.substr(9, 3));
  while (std::getline(lines, line)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    std::string value = line.substr(colon + 1);
    value.erase(0, value.find_first_not_of(' '));
    while (!value.empty() && value.back() == '\r') value.pop_back();
    answer.headers[name] = value;
  }
}

// Reads one message: its head, and the body that Content-Length announces. False if the peer closed before.
bool read_message(int socket, std::string& head, std::string& body) {
  std::string bytes;
  char buffer[16384];
  std::size_t end = std::string::npos;
  std::size_t length = 0;
  while (end == std::string::npos || bytes.size() < end + 4 + length) {
    const ssize_t got = ::recv(socket, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    bytes.append(buffer, static_cast<std::size_t>(got));
    if (end != std::string::npos || (end = bytes.find("\r\n\r\n")) == std::string::npos) continue;
    head = bytes.substr(0, end + 2);
    HttpAnswer headers;
    parse_head(head, headers);
    if (headers.headers.count("content-length") > 0) length = std::stoul(headers.headers["content-length"]);
  }
  body = bytes.substr(end + 4, length);
  return true;
}

}  // namespace

HttpAnswer talk(int port, const std::string& bytes, int timeout_ms) {
  HttpAnswer answer;
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{timeout_ms / 1000, (timeout_ms % 1000) * 1000L};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const sockaddr_in address = loopback(port);
  std::string head;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()) &&
      read_message(socket, head, answer.body)) {
    parse_head(head, answer);
  }
  ::close(socket);
  return answer;
}

std::string wire(const Request& request) {
  std::string bytes = request.method + " " + request.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  for (const auto& [name, value] : request.headers)
    bytes.append(name).append(": ").append(value).append("\r\n");
  return bytes + "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n" + request.body;
}

HttpAnswer send(int port, const Request& request, int timeout_ms) {
  return talk(port, wire(request), timeout_ms);
}

HttpAnswer send(int port, const std::string& method, const std::string& path, const std::string& body) {
  Request request;
  request.method = method;
  request.path = path;
  request.body = body;
  return send(port, request);
}

CallbackServer::CallbackServer(int failures) : failures_(failures) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  SETTLE_CHECK(::bind(socket_, reinterpret_cast<sockaddr*>(&address), length) == 0);
  ::listen(socket_, 16);
  ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { loop(); });
}

CallbackServer::~CallbackServer() {
  stop_ = true;
  thread_.join();
  ::close(socket_);
}

std::string CallbackServer::url() const {
  return "http://127.0.0.1:" + std::to_string(port_) + "/v1/callbacks/token";
}

std::vector<std::string> CallbackServer::bodies() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return bodies_;
}

std::vector<std::string> CallbackServer::wait_for(std::size_t count) {
  for (int i = 0; i < 1000 && bodies().size() < count; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return bodies();
}

void CallbackServer::loop() {
  while (!stop_) {
    pollfd waiting{socket_, POLLIN, 0};
    if (::poll(&waiting, 1, 50) <= 0) continue;
    const int peer = ::accept(socket_, nullptr, nullptr);
    std::string head;
    std::string body;
    if (peer >= 0 && read_message(peer, head, body)) {
      const std::lock_guard<std::mutex> lock(mutex_);
      bodies_.push_back(body);
      std::string reply = failures_-- > 0 ? "HTTP/1.1 500 No\r\n" : "HTTP/1.1 200 OK\r\n";
      reply.append("Content-Length: 0\r\nConnection: close\r\n\r\n");
      ::send(peer, reply.data(), reply.size(), MSG_NOSIGNAL);
    }
    ::close(peer);
  }
}

}  // namespace settle::kit::test
