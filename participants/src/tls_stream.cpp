#include "tls_stream.hpp"

#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

namespace settle {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;

struct TlsContext::Impl {
  ssl::context context{ssl::context::tls_client};
};

TlsContext::TlsContext() : impl_(std::make_unique<Impl>()) {
  SSL_CTX_set_min_proto_version(impl_->context.native_handle(), TLS1_2_VERSION);
  ErrorCode ignored;  // without authorities every handshake fails, and says so
  impl_->context.set_default_verify_paths(ignored);
  impl_->context.set_verify_mode(ssl::verify_peer, ignored);
}

TlsContext::~TlsContext() = default;

Status TlsContext::trust_also(const std::string& ca_file) {
  ErrorCode error;
  impl_->context.load_verify_file(ca_file, error);
  if (error) return Error{"tls_ca_file", ca_file + ": " + error.message()};
  return ok();
}

struct TlsStream::Impl {
  Impl(ssl::context& context, Socket& socket) : stream(socket, context) {}
  ssl::stream<Socket&> stream;
};

TlsStream::TlsStream(TlsContext& context, Socket& socket, const std::string& host)
    : impl_(std::make_unique<Impl>(context.impl().context, socket)) {
  ErrorCode not_an_address;
  asio::ip::make_address(host, not_an_address);
  if (not_an_address) SSL_set_tlsext_host_name(impl_->stream.native_handle(), host.c_str());
  ErrorCode ignored;
  impl_->stream.set_verify_mode(ssl::verify_peer, ignored);
  impl_->stream.set_verify_callback(ssl::host_name_verification(host), ignored);
}

TlsStream::~TlsStream() = default;

void TlsStream::handshake(std::function<void(const ErrorCode&)> then) {
  impl_->stream.async_handshake(ssl::stream_base::client, std::move(then));
}

void TlsStream::read_some(asio::mutable_buffer into, Handler then) {
  impl_->stream.async_read_some(into, std::move(then));
}

void TlsStream::write(asio::const_buffer bytes, Handler then) {
  asio::async_write(impl_->stream, bytes, std::move(then));
}

std::string TlsStream::explain(const ErrorCode& error) const {
  const long verified = SSL_get_verify_result(impl_->stream.native_handle());
  if (verified != X509_V_OK)
    return std::string("certificate refused: ") + X509_verify_cert_error_string(verified);
  return error.message();
}

}  // namespace settle
