#pragma once
// What the reference services have in common: a book, kept in SQLite, that holds, takes and releases.

#include <nlohmann/json.hpp>

#include "settle/kit/answer.hpp"
#include "settle/kit/call.hpp"
#include "settle/kit/sqlite.hpp"

namespace settle::services {

// Threads: each function works within the caller's transaction, which keeps all others out.
class Book {
 public:
  virtual ~Book() = default;
  virtual void create(kit::Transaction& transaction) = 0;  // the tables
  virtual kit::Answer hold(const kit::Call& call, kit::Transaction& transaction) = 0;
  virtual kit::Answer take(const kit::Call& call, kit::Transaction& transaction) = 0;
  virtual kit::Answer release(const kit::Call& call, kit::Transaction& transaction) = 0;
  // By purchase: an array for GET /admin/books.
  virtual nlohmann::json books(kit::Transaction& transaction) = 0;
};

}  // namespace settle::services
