// How a connection comes up: addresses, connect, TLS. Until it is up not a byte of the call has left, so any
// failure here gives the call back for the next URL.

#include <boost/asio/post.hpp>

#include "client_core.hpp"

namespace settle {

namespace asio = boost::asio;

Connection::Connection(ClientCore& core, Group& group, Endpoint& endpoint)
    : core_(&core), group_(&group), endpoint_(&endpoint), socket_(core.io().get_executor()) {}

void Connection::open(CallPtr call) {
  call_ = std::move(call);
  core_->arm(*this, call_->request.limits.connect_timeout);
  const std::int64_t now_ms = ClientCore::now_ms();
  addresses_ = core_->dns().at_hand(endpoint_->host, now_ms);
  if (addresses_) return connect_next();
  core_->dns().look_up(endpoint_->host, now_ms,
                       [self = Self(this)](const ErrorCode& error, const Addresses& addresses) {
                         self->resolved(error, addresses);
                       });
}

void Connection::resolved(const ErrorCode& error, const Addresses& addresses) {
  if (phase_ == Phase::closed) return;
  if (error || addresses->empty()) return fail_open(Cause::dns, error ? error.message() : "no address");
  addresses_ = addresses;
  connect_next();
}

void Connection::connect_next() {
  const Tcp::endpoint where((*addresses_)[address_at_++], endpoint_->port);
  ErrorCode error;
  socket_.close(error);
  socket_.open(where.protocol(), error);
  // Too many open files: nothing is wrong over there, and the call has not left.
  if (error) return fail_open_later(Cause::overload, error.message());
  socket_.set_option(Tcp::no_delay(true), error);
  socket_.async_connect(where, [self = Self(this)](const ErrorCode& result) { self->connected(result); });
}

void Connection::connected(const ErrorCode& error) {
  if (phase_ == Phase::closed) return;
  if (error && address_at_ < addresses_->size()) return connect_next();
  if (error == asio::error::timed_out) return fail_open(Cause::connect_timeout, error.message());
  if (error) return fail_open(Cause::refused, error.message());
  if (endpoint_->https) return shake_hands();
  opened();
}

void Connection::shake_hands() {
  tls_ = std::make_unique<TlsStream>(core_->tls(), socket_, endpoint_->host);
  tls_->handshake([self = Self(this)](const ErrorCode& error) {
    if (self->phase_ == Phase::closed) return;
    if (error) return self->fail_open(Cause::tls, self->tls_->explain(error));
    self->opened();
  });
}

void Connection::opened() {
  ErrorCode error;
  socket_.non_blocking(true, error);
  ++core_->count().opened;
  start_exchange();
}

void Connection::fail_open(Cause cause, const std::string& what) {
  const Self keep(this);
  std::string detail = endpoint_->text() + ": " + what;
  core_->not_connected(*this, std::move(call_), cause, std::move(detail));
}

void Connection::fail_open_later(Cause cause, const std::string& what) {
  asio::post(core_->io(), [self = Self(this), cause, what] {
    if (self->phase_ != Phase::closed) self->fail_open(cause, what);
  });
}

}  // namespace settle
