#pragma once
// A daemon for one input: the production engine and API on a journal in memory, virtual time, participants
// that never answer. Small enough to be made anew for each input, so that one input says all.

#include <deque>

#include "exchange.hpp"
#include "settle/coordinator/api.hpp"
#include "settle/wal/memory_journal.hpp"

namespace settle::fuzz {

class VirtualLoop final : public Loop {
 public:
  TimeMs now() const override { return TimeMs{1'700'000'000'000}; }
  TimeMs wall() const override { return now(); }
  void wake_at(TimeMs /*at*/) override {}
  void post(std::function<void()> work) override { posted.push_back(std::move(work)); }
  std::deque<std::function<void()>> posted;
};

class Silence final : public HttpClient {
 public:
  void send(HttpRequest request, std::function<void(HttpAnswer)> /*then*/) override {
    for (const auto& [name, value] : request.headers)
      if (name == "Settle-Callback") callback = value;
  }
  std::string callback;  // of the last call
};

class Daemon {
 public:
  Daemon();

  // One request over a connection; exactly one answer.
  Answer ask(const std::string& method, const std::string& target, std::string_view body,
             const std::string& headers = "");
  std::uint64_t appends() const { return journal_->figures().appends; }
  // Stops as a crash does, once all is durable, and starts again on what is there: what was accepted must be
  // recovered.
  void restart();
  // The path of the callback of the last call that left.
  std::string callback_path() const;

 private:
  void start();
  bool work();

  static constexpr std::string_view base_ = "http://127.0.0.1:1";
  boost::asio::io_context io_{1};
  VirtualLoop loop_;
  Silence client_;
  std::shared_ptr<const KeyRing> keys_ = KeyRing::from_bytes({1, 2, 3});
  std::unique_ptr<MemoryJournal> journal_ = MemoryJournal::create(2);
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Api> api_;
  Exchange exchange_;
};

}  // namespace settle::fuzz
