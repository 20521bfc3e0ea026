#include "raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>

namespace settle::test {

std::string RawAnswer::code() const {
  const nlohmann::json tree = json();
  return tree.is_object() ? tree.value("code", "") : "";
}

std::string RawAnswer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

RawClient::RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  const timeval patience{20, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket_);
    socket_ = -1;
  }
}

RawClient::~RawClient() {
  if (socket_ >= 0) ::close(socket_);
}

bool RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawClient::half_close() {
  ::shutdown(socket_, SHUT_WR);
}

void RawClient::reset() {
  const linger rude{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &rude, sizeof rude);
  ::close(socket_);
  socket_ = -1;
}

bool RawClient::fill() {
  std::array<char, 16384> bytes{};
  const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
  if (count <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

std::optional<std::string> RawClient::read_line() {
  std::size_t end = 0;
  while ((end = buffer_.find('\n')) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

RawAnswer RawClient::read(bool head) {
  RawAnswer answer;
  const auto first = read_line();
  if (!first || first->size() < 12) return answer;
  const int status = static_cast<int>(std::strtol(first->c_str() + 9, nullptr, 10));
  while (true) {
    const auto line = read_line();
    if (!line) return answer;
    if (line->empty()) break;
    const std::size_t colon = line->find(':');
    std::string name = line->substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    answer.headers[name] = colon == std::string::npos ? "" : line->substr(std::min(line->size(), colon + 2));
  }
  const std::size_t size =
      head || answer.header("content-length").empty() ? 0 : std::stoul(answer.header("content-length"));
  while (buffer_.size() < size) {
    if (!fill()) return answer;
  }
  answer.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  answer.status = status;
  return answer;
}

bool RawClient::ended() {
  errno = 0;  // stays so when the end is an orderly one
  while (fill()) {
  }
  return errno != EAGAIN && errno != EWOULDBLOCK;
}

std::string request_text(const std::string& method, const std::string& target, const std::string& body,
                         const std::string& headers) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: test\r\n" + headers;
  if (!body.empty()) {
    if (headers.find("Content-Type") == std::string::npos) text += "Content-Type: application/json\r\n";
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return text + "\r\n" + body;
}

RawAnswer request(std::uint16_t port, const std::string& method, const std::string& target,
                  const std::string& body, const std::string& headers) {
  RawClient client(port);
  client.send(request_text(method, target, body, headers));
  return client.read(method == "HEAD");
}

nlohmann::json good_order() {
  return {{"shop", "shop-1"},  {"order_id", "A-1001"}, {"buyer", "b-42"},
          {"sku", "GAME-100"}, {"quantity", 2},        {"amount", 2000},
          {"currency", "CNY"}, {"merchant", "m-1"},    {"payload", {{"note", "for a friend"}}}};
}

RawAnswer submit(std::uint16_t port, const std::string& key, const nlohmann::json& order,
                 const std::string& headers) {
  return request(port, "POST", "/v1/purchases", order.dump(), "Idempotency-Key: " + key + "\r\n" + headers);
}

}  // namespace settle::test
