#include "listening_server.hpp"

namespace settle::test {

ListeningServer::ListeningServer(Answer answer) : answer_(std::move(answer)) {
  using boost::asio::ip::tcp;
  server_ = std::move(*HttpServer::listen(
      io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0), HttpLimits{},
      [this](const ServerRequest& request, const Responder& responder) { take(request, responder); }));
  thread_ = std::thread([this] { io_.run(); });
}

ListeningServer::~ListeningServer() {
  io_.stop();
  thread_.join();
}

std::string ListeningServer::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(server_->endpoint().port()) + path;
}

void ListeningServer::take(const ServerRequest& request, const Responder& responder) {
  Heard heard{std::string(request.path), std::string(request.query), std::string(request.body), {}, 0};
  for (const char* name : {"content-type", "webhook-id", "webhook-timestamp", "webhook-signature"}) {
    std::string_view value;
    if (request.header(name, value) > 0) heard.headers[name] = value;
  }
  ServerResponse response;
  {
    const std::lock_guard lock(mutex_);
    if (answer_) response = answer_(heard_.size(), heard);
    heard.answered = response.status;
    heard_.push_back(std::move(heard));
  }
  came_.notify_all();
  if (response.status != 0) responder.send(std::move(response));
}

std::vector<Heard> ListeningServer::wait_for(std::size_t count) {
  return wait_until([count](const std::vector<Heard>& heard) { return heard.size() >= count; });
}

std::vector<Heard> ListeningServer::wait_until(const std::function<bool(const std::vector<Heard>&)>& enough) {
  std::unique_lock lock(mutex_);
  came_.wait_for(lock, std::chrono::seconds(10), [&] { return enough(heard_); });
  return heard_;
}

}  // namespace settle::test
