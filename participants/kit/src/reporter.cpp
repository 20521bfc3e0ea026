#include "settle/kit/reporter.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <utility>

namespace settle::kit {

namespace {

constexpr std::int64_t first_pause_ms = 100;
constexpr std::int64_t longest_pause_ms = 30'000;
constexpr std::int64_t idle_ms = 60'000;

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::int64_t pause_ms(std::int64_t attempts) {
  return std::min(longest_pause_ms, first_pause_ms << std::min<std::int64_t>(attempts, 9));
}

}  // namespace

Reporter::Reporter(Database& database, Post post) : database_(database), post_(std::move(post)) {
  Transaction transaction = database_.begin();
  transaction.run(
      "CREATE TABLE IF NOT EXISTS kit_report ("
      " id INTEGER PRIMARY KEY, call TEXT NOT NULL, url TEXT NOT NULL, body TEXT NOT NULL,"
      " attempts INTEGER NOT NULL DEFAULT 0, due_ms INTEGER NOT NULL)");
  static_cast<void>(transaction.commit());  // what cannot write here will say so at the first call
  thread_ = std::thread([this] { loop(); });
}

Reporter::~Reporter() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Reporter::enqueue(Transaction& transaction, const Key& key, const std::string& url,
                       const std::string& body) {
  transaction.run("INSERT INTO kit_report (call, url, body, due_ms) VALUES (?, ?, ?, ?)",
                  {key.text(), url, body, now_ms()});
}

void Reporter::wake() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

bool Reporter::stopping() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return stop_;
}

void Reporter::loop() {
  while (!stopping()) {
    const auto pause = std::chrono::milliseconds(send_due());
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, pause, [this] { return woken_ || stop_; });
    woken_ = false;
  }
}

std::int64_t Reporter::send_due() {
  std::vector<Row> reports;
  {
    Transaction transaction = database_.begin();
    reports = transaction.rows(
        "SELECT id, url, body, attempts, due_ms, call FROM kit_report ORDER BY due_ms LIMIT 32");
  }
  for (const Row& report : reports) {
    if (stopping()) return 0;
    if (report.integer(4) > now_ms()) return std::max<std::int64_t>(1, report.integer(4) - now_ms());
    const int status = post_(report.text(1), report.text(2));
    const std::int64_t id = report.integer(0);
    Transaction transaction = database_.begin();
    if (status == 404 || status == 409) {  // repeating would not help: unknown token, or a contradiction
      std::cerr << "report of " << report.text(5) << " was refused with status " << status << "\n";
    }
    if (status == 200 || status == 404 || status == 409) {
      transaction.run("DELETE FROM kit_report WHERE id = ?", {id});
    } else {
      transaction.run("UPDATE kit_report SET attempts = attempts + 1, due_ms = ? WHERE id = ?",
                      {now_ms() + pause_ms(report.integer(3)), id});
    }
    static_cast<void>(transaction.commit());  // at worst the report leaves once more
  }
  return reports.empty() ? idle_ms : 1;
}

}  // namespace settle::kit
