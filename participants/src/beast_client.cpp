#include "settle/participants/beast_client.hpp"

#include "client_core.hpp"

namespace settle {

BeastClient::BeastClient(boost::asio::io_context& io, ClientOptions options)
    : core_(std::make_shared<ClientCore>(io, options)) {}

BeastClient::~BeastClient() {
  core_->shut_down();
}

Status BeastClient::trust_also(const std::string& ca_file) {
  return core_->trust_also(ca_file);
}

void BeastClient::send(HttpRequest request, std::function<void(HttpAnswer)> then) {
  core_->send(std::move(request), std::move(then));
}

void BeastClient::close(std::function<void()> done) {
  core_->close(std::move(done));
}

const ClientFigures& BeastClient::figures() const {
  return core_->figures();
}

ClientLoad BeastClient::load() const {
  return core_->load();
}

std::size_t BeastClient::connections(const std::string& group) const {
  return core_->connections(group);
}

}  // namespace settle
