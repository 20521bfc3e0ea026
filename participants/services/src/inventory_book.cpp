#include "settle/kit/encoding.hpp"
#include "settle/services/books.hpp"

namespace settle::services {

void InventoryBook::create(kit::Transaction& transaction) {
  transaction.run(
      "CREATE TABLE IF NOT EXISTS stock (sku TEXT PRIMARY KEY,"
      " available INTEGER NOT NULL CHECK (available >= 0), taken INTEGER NOT NULL DEFAULT 0)");
  transaction.run(
      "CREATE TABLE IF NOT EXISTS holds (hold TEXT NOT NULL UNIQUE, purchase TEXT NOT NULL, step TEXT NOT "
      "NULL,"
      " sku TEXT NOT NULL, quantity INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ('held', 'taken', "
      "'released')),"
      " PRIMARY KEY (purchase, step))");
}

kit::Answer InventoryBook::hold(const kit::Call& call, kit::Transaction& transaction) {
  transaction.run("INSERT INTO stock (sku, available) VALUES (?, ?) ON CONFLICT DO NOTHING",
                  {call.sku, call.sku == "SOLD-OUT" ? std::int64_t{0} : default_stock_});
  const auto held =
      transaction.run("UPDATE stock SET available = available - ?1 WHERE sku = ?2 AND available >= ?1",
                      {call.quantity, call.sku});
  if (held == 0) return kit::Answer::refused("out_of_stock", "not enough of this article is left");
  const std::string hold = "h-" + kit::random_token(16);
  transaction.run(
      "INSERT INTO holds (hold, purchase, step, sku, quantity, state) VALUES (?, ?, ?, ?, ?, 'held')",
      {hold, call.key.purchase, call.key.step, call.sku, call.quantity});
  return kit::Answer::done({{"hold", hold}});
}

kit::Answer InventoryBook::take(const kit::Call& call, kit::Transaction& transaction) {
  const auto hold = transaction.row(
      "UPDATE holds SET state = 'taken' WHERE purchase = ? AND step = ? AND state = 'held'"
      " RETURNING hold, sku, quantity",
      {call.key.purchase, call.key.step});
  if (!hold) return kit::Answer::refused("not_held", "no hold of this purchase stands");
  transaction.run("UPDATE stock SET taken = taken + ? WHERE sku = ?", {hold->integer(2), hold->text(1)});
  return kit::Answer::done({{"hold", hold->text(0)}});
}

kit::Answer InventoryBook::release(const kit::Call& call, kit::Transaction& transaction) {
  const auto hold = transaction.row(
      "UPDATE holds SET state = 'released' WHERE purchase = ? AND step = ? AND state = 'held' RETURNING sku, "
      "quantity",
      {call.key.purchase, call.key.step});
  if (hold) {
    transaction.run("UPDATE stock SET available = available + ? WHERE sku = ?",
                    {hold->integer(1), hold->text(0)});
  }
  return kit::Answer::done();
}

nlohmann::json InventoryBook::books(kit::Transaction& transaction) {
  nlohmann::json books = nlohmann::json::array();
  for (const kit::Row& row : transaction.rows(
           "SELECT purchase, sku, sum(quantity * (state = 'held')), sum(quantity * (state = 'taken'))"
           " FROM holds GROUP BY purchase, sku ORDER BY purchase, sku")) {
    books.push_back({{"purchase", row.text(0)},
                     {"sku", row.text(1)},
                     {"held", row.integer(2)},
                     {"taken", row.integer(3)}});
  }
  return books;
}

void InventoryBook::set_stock(kit::Transaction& transaction, const std::string& sku, std::int64_t quantity) {
  transaction.run(
      "INSERT INTO stock (sku, available) VALUES (?, ?) ON CONFLICT (sku) DO UPDATE SET available = "
      "excluded.available",
      {sku, quantity});
}

}  // namespace settle::services
