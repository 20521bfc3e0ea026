#include "settle/kit/sqlite.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <unordered_map>
#include <utility>

namespace settle::kit {

std::int64_t Row::integer(std::size_t column) const {
  const auto* value = std::get_if<std::int64_t>(&columns.at(column));
  return value == nullptr ? 0 : *value;
}

std::string Row::text(std::size_t column) const {
  const auto* value = std::get_if<std::string>(&columns.at(column));
  return value == nullptr ? std::string() : *value;
}

bool Row::null(std::size_t column) const {
  return std::holds_alternative<std::nullptr_t>(columns.at(column));
}

// Prepared statements by their text: a service runs the same few again and again.
struct Database::Statements {
  std::unordered_map<std::string, sqlite3_stmt*> by_text;
  ~Statements() {
    for (const auto& [text, statement] : by_text) sqlite3_finalize(statement);
  }
  sqlite3_stmt* find(sqlite3* handle, std::string_view sql) {
    const auto found = by_text.find(std::string(sql));
    if (found != by_text.end()) return found->second;
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle, sql.data(), static_cast<int>(sql.size()), &statement, nullptr) !=
        SQLITE_OK) {
      return nullptr;
    }
    by_text.emplace(sql, statement);
    return statement;
  }
};

namespace {

void bind(sqlite3_stmt* statement, int index, const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    sqlite3_bind_int64(statement, index, *integer);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    sqlite3_bind_text(statement, index, text->data(), static_cast<int>(text->size()), SQLITE_TRANSIENT);
  } else {
    sqlite3_bind_null(statement, index);
  }
}

Row read_row(sqlite3_stmt* statement) {
  Row row;
  for (int i = 0; i < sqlite3_column_count(statement); ++i) {
    switch (sqlite3_column_type(statement, i)) {
      case SQLITE_INTEGER:
        row.columns.emplace_back(sqlite3_column_int64(statement, i));
        break;
      case SQLITE_NULL:
        row.columns.emplace_back(nullptr);
        break;
      default: {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        row.columns.emplace_back(
            std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, i))));
      }
    }
  }
  return row;
}

}  // namespace

Database::Database() : statements_(std::make_unique<Statements>()) {}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Durability durability) {
  if (path != ":memory:") {  // before SQLite does, which would leave it readable to others
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return Error{"database_open", "cannot open or create " + path};
    ::close(file);
  }
  std::unique_ptr<Database> database(new Database());
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const char* settings = durability == Durability::full
                             ? "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                             : "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;";
  const bool opened = sqlite3_open_v2(path.c_str(), &database->handle_, flags, nullptr) == SQLITE_OK;
  if (opened) sqlite3_busy_timeout(database->handle_, 10'000);
  if (!opened || sqlite3_exec(database->handle_, settings, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return Error{"database_open", path + ": " + sqlite3_errmsg(database->handle_)};
  }
  return database;
}

Database::~Database() {
  statements_.reset();
  sqlite3_close(handle_);
}

Transaction Database::begin() {
  return Transaction(*this);
}

Transaction::Transaction(Database& database) : database_(&database), lock_(database.mutex_) {
  run("BEGIN IMMEDIATE");
  open_ = !failed();
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)),
      lock_(std::move(other.lock_)),
      error_(std::move(other.error_)),
      open_(std::exchange(other.open_, false)) {}

Transaction::~Transaction() {
  if (open_) sqlite3_exec(database_->handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

std::int64_t Transaction::run(std::string_view sql, Values values) {
  const auto before = sqlite3_total_changes(database_->handle_);
  rows(sql, values);
  return sqlite3_total_changes(database_->handle_) - before;
}

std::optional<Row> Transaction::row(std::string_view sql, Values values) {
  auto found = rows(sql, values);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<Row> Transaction::rows(std::string_view sql, Values values) {
  std::vector<Row> found;
  SETTLE_CHECK(lock_.owns_lock());  // a transaction that was committed is over
  if (failed()) return found;
  sqlite3_stmt* statement = database_->statements_->find(database_->handle_, sql);
  if (statement == nullptr) {
    fail({"database", sqlite3_errmsg(database_->handle_)});
    return found;
  }
  int index = 0;
  for (const Value& value : values) bind(statement, ++index, value);
  int state = sqlite3_step(statement);
  for (; state == SQLITE_ROW; state = sqlite3_step(statement)) found.push_back(read_row(statement));
  if (state != SQLITE_DONE) {
    fail({"database", sqlite3_errmsg(database_->handle_)});
    found.clear();
  }
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  return found;
}

void Transaction::savepoint(const std::string& name) {
  run("SAVEPOINT " + name);
}
void Transaction::rollback_to(const std::string& name) {
  run("ROLLBACK TO " + name);
  run("RELEASE " + name);
}
void Transaction::release(const std::string& name) {
  run("RELEASE " + name);
}

void Transaction::fail(Error error) {
  if (!error_) error_ = std::move(error);
}

Status Transaction::commit() {
  run("COMMIT");
  if (failed() && open_) sqlite3_exec(database_->handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  open_ = false;
  lock_.unlock();
  return failed() ? Status(*error_) : ok();
}

}  // namespace settle::kit
