#pragma once
// Reports the outcome of an operation that answered 202 to its Settle-Callback, until that answers 200.
// Reports are rows of the participant's own database (table kit_report), written in the transaction that
// knows the outcome: none is lost.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "settle/kit/call.hpp"
#include "settle/kit/sqlite.hpp"

namespace settle::kit {

// Posts JSON and returns the status, or 0 when there was no answer.
using Post = std::function<int(const std::string& url, const std::string& body)>;
// Over cpprestsdk's client; 5 s at most. http and https only.
Post http_post();

// Threads: one of its own, which the destructor ends. `enqueue` may be called from any.
class Reporter {
 public:
  // Creates its table and starts. `database` must outlive it.
  Reporter(Database& database, Post post);
  ~Reporter();
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;

  // Durable with the transaction. Call `wake` after its commit.
  void enqueue(Transaction& transaction, const Key& key, const std::string& url, const std::string& body);
  void wake();

 private:
  void loop();
  // The milliseconds until the next report is due.
  std::int64_t send_due();
  bool stopping();

  Database& database_;
  Post post_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace settle::kit
