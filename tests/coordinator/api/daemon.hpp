#pragma once
// The daemon in one process, with a journal in memory and participants that answer by script: what tests talk
// to over real sockets. It runs on a thread of its own; the test's thread only speaks HTTP, or asks through
// ask().

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "settle/coordinator/api.hpp"
#include "settle/coordinator/asio_loop.hpp"
#include "settle/participants/beast_client.hpp"
#include "settle/wal/memory_journal.hpp"

namespace settle::test {

// What participants answer, by "STEP:OPERATION"; else 200 with {}. Status 0: nothing, ever.
struct Play {
  int status = 200;
  std::string body = "{}";
};
using Script = std::map<std::string, Play>;

class ScriptedClient final : public HttpClient {
 public:
  ScriptedClient(boost::asio::io_context& io, Script script) : io_(io), script_(std::move(script)) {}
  void send(HttpRequest request, std::function<void(HttpAnswer)> then) override;
  std::string last_callback;  // the Settle-Callback of the last call
  std::string last_callback_step;

 private:
  boost::asio::io_context& io_;
  Script script_;
};

class TestDaemon {
 public:
  explicit TestDaemon(Script script = {}, HttpLimits limits = quick_limits(), bool registered = true,
                      EngineConfig config = {});
  ~TestDaemon();

  // Quicker than in production, likewise.
  static OutletConfig quick_outlet();
  // As in production, but for deadlines that a test can wait for.
  static HttpLimits quick_limits();

  std::uint16_t port() const { return port_; }
  // Runs on the daemon's thread.
  template <class Work>
  auto ask(Work work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto answer = task.get_future();
    boost::asio::post(io_, [&task] { task(); });
    return answer.get();
  }
  std::uint64_t appends() {
    return ask([this] { return journal->figures().appends; });
  }

  std::unique_ptr<MemoryJournal> journal = MemoryJournal::create(4);
  std::unique_ptr<ScriptedClient> client;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Outlet> outlet;  // on real sockets
  std::unique_ptr<Api> api;
  std::unique_ptr<HttpServer> server;

 private:
  void register_all();
  void sync_often();

  boost::asio::io_context io_{1};
  AsioLoop loop_{io_};
  BeastClient receivers_{io_};
  boost::asio::steady_timer sync_{io_};
  std::shared_ptr<const KeyRing> keys_ = KeyRing::from_bytes({1, 2, 3});
  std::thread thread_;
  std::uint16_t port_ = 0;
};

}  // namespace settle::test
