// cpprestsdk's listener, kept in this one file.

#include <arpa/inet.h>
#include <cpprest/http_listener.h>
#include <netinet/in.h>
#include <pplx/threadpool.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "settle/kit/digest.hpp"
#include "settle/kit/server.hpp"

#if defined(__SANITIZE_THREAD__)
// Debian's cpprestsdk is not instrumented: the thread sanitizer sees its memory change hands, and not how it
// is ordered. Weak, since who links the journal too has that one's word on RocksDB.
extern "C" __attribute__((weak)) const char*
__tsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier): its name is given
  return "race:libcpprest.so\n";
}
#endif

namespace settle::kit {

namespace {

using web::http::http_request;
using web::http::http_response;
using web::http::experimental::listener::http_listener;

// A port that was free a moment ago: cpprestsdk takes port 0 for the scheme's default and tells nobody what
// it bound.
std::uint16_t free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return 0;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const bool bound = ::bind(probe, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                     ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  ::close(probe);
  return bound ? ntohs(address.sin_port) : std::uint16_t{0};
}

void send(const http_request& request, const Response& response) {
  http_response reply(static_cast<web::http::status_code>(response.status));
  for (const auto& [name, value] : response.headers) reply.headers().add(name, value);
  if (!response.body.empty()) {
    reply.set_body(response.body, response.content_type);
    reply.headers().add("Content-Digest", content_digest(response.body));
  }
  // The peer may have gone: that is its business, and it will ask again.
  http_request(request).reply(reply).then([](const pplx::task<void>& sent) {
    try {
      sent.get();
    } catch (const std::exception&) {
      return;
    }
  });
}

std::shared_ptr<Request> read_head(const http_request& from) {
  auto request = std::make_shared<Request>();
  request->method = from.method();
  request->path = from.relative_uri().path();
  for (const auto& [name, value] : from.headers()) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    request->headers[lower] = value;
  }
  return request;
}

void dispatch(const Routes& routes, const std::shared_ptr<const Request>& request, const Reply& reply) {
  const auto found = routes.find(request->method + " " + request->path);
  if (found != routes.end()) {
    try {
      found->second(request, reply);
    } catch (const std::exception&) {
      reply(problem(500, "internal", "the request could not be served"));
    }
    return;
  }
  const auto same_path = [&request](const auto& route) {
    const std::string& key = route.first;
    return key.substr(key.find(' ') + 1) == request->path;
  };
  if (std::any_of(routes.begin(), routes.end(), same_path)) {
    reply(problem(405, "method_not_allowed", "this path knows another method"));
  } else {
    reply(problem(404, "not_found", "no such path"));
  }
}

// Refused by its headers alone; nothing for a body that may be read.
std::optional<Response> refuse_size(const Request& request) {
  const std::string_view length = request.header("content-length");
  const bool chunked = !request.header("transfer-encoding").empty();
  if (chunked || (length.empty() && request.method == "POST")) {
    return problem(411, "length_required", "a body needs Content-Length");
  }
  const bool digits = std::all_of(length.begin(), length.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || length.size() > 9 || (!length.empty() && std::stoul(std::string(length)) > body_bytes_max)) {
    return problem(413, "body_too_large", "a body may have 64 KiB at most");
  }
  return std::nullopt;
}

void serve(const std::shared_ptr<const Routes>& routes, const http_request& incoming) {
  const auto request = read_head(incoming);
  const auto answered = std::make_shared<std::atomic<bool>>(false);
  const Reply reply = [incoming, answered](const Response& response) {
    if (!answered->exchange(true)) send(incoming, response);
  };
  if (auto refusal = refuse_size(*request)) {
    refusal->headers.emplace_back("Connection", "close");
    http_request(incoming).body().close();  // what still arrives is not kept
    reply(*refusal);
    return;
  }
  // Waits without a thread, so that slow senders occupy none.
  http_request(incoming).extract_vector().then([=](const pplx::task<std::vector<unsigned char>>& arrived) {
    try {
      const auto body = arrived.get();
      request->body.assign(body.begin(), body.end());
    } catch (const std::exception&) {
      reply(problem(400, "body_incomplete", "the body did not arrive whole"));
      return;
    }
    dispatch(*routes, request, reply);
  });
}

// One thread that hands what is due to the pool.
class Alarm {
 public:
  static Alarm& instance() {
    static Alarm* const alarm = new Alarm();  // lives as long as the process: routes may use it to the end
    return *alarm;
  }
  void at(std::chrono::steady_clock::time_point when, std::function<void()> action) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      waiting_.emplace(when, std::move(action));
    }
    changed_.notify_all();
  }

 private:
  Alarm() {
    std::thread([this] { loop(); }).detach();
  }
  void loop() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      if (waiting_.empty()) {
        changed_.wait(lock);
      } else if (const auto due = waiting_.begin()->first; due > std::chrono::steady_clock::now()) {
        changed_.wait_until(lock, due);
      } else {
        auto action = std::move(waiting_.begin()->second);
        waiting_.erase(waiting_.begin());
        pplx::create_task(std::move(action)).then([](const pplx::task<void>& done) {
          try {
            done.get();
          } catch (const std::exception&) {
            return;
          }
        });
      }
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> waiting_;
};

}  // namespace

struct Server::Impl {
  std::uint16_t port;
  http_listener listener;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Server>> Server::open(std::uint16_t port, Routes routes, std::size_t threads) {
  static std::once_flag once;
  std::call_once(once, [threads] { crossplat::threadpool::initialize_with_threads(threads); });
  const auto shared = std::make_shared<const Routes>(std::move(routes));
  std::string why;
  // Another process may take the free port before we do; then the next one is tried.
  for (int attempt = 0; attempt < (port == 0 ? 20 : 1); ++attempt) {
    const std::uint16_t chosen = port == 0 ? free_port() : port;
    try {
      auto impl = std::make_unique<Impl>(
          Impl{chosen, http_listener("http://127.0.0.1:" + std::to_string(chosen) + "/")});
      impl->listener.support([shared](const http_request& request) { serve(shared, request); });
      impl->listener.open().wait();
      return std::unique_ptr<Server>(new Server(std::move(impl)));
    } catch (const std::exception& error) {
      why = error.what();
    }
  }
  return Error{"listen_failed", "cannot listen on 127.0.0.1:" + std::to_string(port) + ": " + why};
}

Server::~Server() {
  try {
    impl_->listener.close().wait();
  } catch (const std::exception&) {
    return;  // it was closed already
  }
}

std::uint16_t Server::port() const {
  return impl_->port;
}

void Server::after(std::chrono::milliseconds delay, std::function<void()> action) {
  Alarm::instance().at(std::chrono::steady_clock::now() + delay, std::move(action));
}

}  // namespace settle::kit
