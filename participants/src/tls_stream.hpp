#pragma once
// TLS over the client's socket: the peer's certificate and host name are always checked. OpenSSL stays behind
// this.

#include <functional>
#include <memory>
#include <string>

#include "settle/statemachine/result.hpp"
#include "socket.hpp"

namespace settle {

// Trusted authorities; TLS 1.2 and later.
class TlsContext {
 public:
  TlsContext();
  ~TlsContext();
  Status trust_also(const std::string& ca_file);

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// One read and one write may be under way at a time. Whoever starts an operation keeps stream and socket
// alive.
class TlsStream {
 public:
  using Handler = std::function<void(const ErrorCode&, std::size_t)>;

  TlsStream(TlsContext& context, Socket& socket, const std::string& host);
  ~TlsStream();
  void handshake(std::function<void(const ErrorCode&)> then);
  void read_some(boost::asio::mutable_buffer into, Handler then);
  void write(boost::asio::const_buffer bytes, Handler then);
  // Why a handshake failed, for people.
  std::string explain(const ErrorCode& error) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace settle
