#pragma once
// The participant's own SQLite file, and a transaction in it.
//
// Threads: a Database is shared by all threads of the process; `begin` takes its lock, so at most one
// Transaction is open at a time, and starts with BEGIN IMMEDIATE, so that another process with the same file
// waits (busy timeout 10 s) instead of failing half-way. A Transaction stays on the thread that began it.
// Beginning a second one there before the first has ended would wait for ever.
//
// Errors: the first one sticks to the transaction. From then on its statements do nothing and yield nothing,
// and `commit` returns the error, so a handler need not look after each statement: what it decided after a
// failure is rolled back together with what it wrote.

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "settle/statemachine/result.hpp"

struct sqlite3;

namespace settle::kit {

using Value = std::variant<std::nullptr_t, std::int64_t, std::string>;

struct Row {
  std::vector<Value> columns;
  std::int64_t integer(std::size_t column) const;  // 0 if the column holds none
  std::string text(std::size_t column) const;      // empty if the column holds none
  bool null(std::size_t column) const;
};

class Transaction;

// What the file survives. `relaxed` (no sync) is for tests that need speed and no durability.
enum class Durability { full, relaxed };

class Database {
 public:
  // Opens or creates (mode 0600) the file, in WAL mode. ":memory:" works. Errors: database_open.
  static Result<std::unique_ptr<Database>> open(const std::string& path,
                                                Durability durability = Durability::full);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Transaction begin();

 private:
  friend class Transaction;
  struct Statements;
  Database();
  std::mutex mutex_;
  sqlite3* handle_ = nullptr;
  std::unique_ptr<Statements> statements_;
};

class Transaction {
 public:
  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();  // rolls back what was not committed

  using Values = std::initializer_list<Value>;
  // Runs one statement; the number of rows that it changed.
  std::int64_t run(std::string_view sql, Values values = {});
  std::optional<Row> row(std::string_view sql, Values values = {});
  std::vector<Row> rows(std::string_view sql, Values values = {});

  // Nested scopes: what was written since `savepoint` is undone by `rollback_to`, or kept by `release`.
  void savepoint(const std::string& name);
  void rollback_to(const std::string& name);
  void release(const std::string& name);

  // Ends the transaction, also if it fails; nothing may be run in it afterwards.
  Status commit();
  void fail(Error error);  // as if a statement had failed
  bool failed() const { return error_.has_value(); }

 private:
  friend class Database;
  explicit Transaction(Database& database);
  Database* database_;
  std::unique_lock<std::mutex> lock_;
  std::optional<Error> error_;
  bool open_ = false;
};

}  // namespace settle::kit
