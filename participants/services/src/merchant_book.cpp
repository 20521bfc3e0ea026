#include "settle/services/merchant_book.hpp"

namespace settle::services {

void create_deliveries(kit::Transaction& transaction) {
  transaction.run(
      "CREATE TABLE IF NOT EXISTS deliveries (webhook_id TEXT PRIMARY KEY, purchase TEXT NOT NULL,"
      " count INTEGER NOT NULL, body TEXT NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL)");
  transaction.run("CREATE INDEX IF NOT EXISTS deliveries_purchase ON deliveries (purchase)");
}

void note_delivery(kit::Transaction& transaction, const std::string& webhook_id, const std::string& body,
                   std::int64_t now_s) {
  const auto parsed = nlohmann::json::parse(body, nullptr, false);
  const bool named = parsed.is_object() && parsed.contains("purchase") && parsed["purchase"].is_string();
  transaction.run(
      "INSERT INTO deliveries (webhook_id, purchase, count, body, first_at, last_at) VALUES (?1, ?2, 1, ?3, "
      "?4, ?4)"
      " ON CONFLICT (webhook_id) DO UPDATE SET count = count + 1, last_at = excluded.last_at",
      {webhook_id, named ? parsed["purchase"].get<std::string>() : std::string(), body, now_s});
}

nlohmann::json delivery_books(kit::Transaction& transaction) {
  nlohmann::json books = nlohmann::json::array();
  for (const kit::Row& row : transaction.rows(
           "SELECT purchase, sum(count), count(*) FROM deliveries GROUP BY purchase ORDER BY purchase")) {
    books.push_back(
        {{"purchase", row.text(0)}, {"deliveries", row.integer(1)}, {"distinct_ids", row.integer(2)}});
  }
  return books;
}

}  // namespace settle::services
