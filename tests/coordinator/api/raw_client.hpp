#pragma once
// A client that sends exactly the bytes it is told to, and reads answers one after the other. Blocking; no
// call lasts longer than its time-out.

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace settle::test {

struct RawAnswer {
  int status = 0;                              // 0: the connection ended without a whole answer
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
  std::string code() const;  // of a problem; empty: it is none
  std::string header(const std::string& name) const;
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool send(std::string_view bytes);
  void half_close();
  void reset();  // goes away rudely
  RawAnswer read(bool head = false);
  std::optional<std::string> read_line();  // nullopt: the connection ended
  bool ended();                            // waits for the end of the connection

 private:
  bool fill();
  int socket_ = -1;
  std::string buffer_;
};

// One request on a connection of its own.
RawAnswer request(std::uint16_t port, const std::string& method, const std::string& target,
                  const std::string& body = "", const std::string& headers = "");
// The bytes of it.
std::string request_text(const std::string& method, const std::string& target, const std::string& body = "",
                         const std::string& headers = "");

// A purchase that is taken, to be changed by the test.
nlohmann::json good_order();
RawAnswer submit(std::uint16_t port, const std::string& key, const nlohmann::json& order,
                 const std::string& headers = "");

}  // namespace settle::test
