#include "settle/kit/encoding.hpp"
#include "settle/services/books.hpp"

namespace settle::services {

namespace {

// 80 random bits, in groups that a buyer can type.
std::string new_code() {
  const std::string token = kit::random_token(16);
  return token.substr(0, 4) + "-" + token.substr(4, 4) + "-" + token.substr(8, 4) + "-" + token.substr(12, 4);
}

}  // namespace

void CardBook::create(kit::Transaction& transaction) {
  transaction.run(
      "CREATE TABLE IF NOT EXISTS codes (code TEXT PRIMARY KEY, pin TEXT NOT NULL, sku TEXT NOT NULL,"
      " state TEXT NOT NULL CHECK (state IN ('free', 'reserved', 'issued')), purchase TEXT, step TEXT)");
  transaction.run("CREATE INDEX IF NOT EXISTS codes_free ON codes (sku) WHERE state = 'free'");
  transaction.run("CREATE INDEX IF NOT EXISTS codes_purchase ON codes (purchase, step)");
}

kit::Answer CardBook::hold(const kit::Call& call, kit::Transaction& transaction) {
  if (call.quantity > quantity_max) {
    return kit::Answer::refused("too_many", "at most 1000 cards in one purchase");
  }
  const auto found = transaction.run(
      "UPDATE codes SET state = 'reserved', purchase = ?1, step = ?2 WHERE code IN"
      " (SELECT code FROM codes WHERE sku = ?3 AND state = 'free' LIMIT ?4)",
      {call.key.purchase, call.key.step, call.sku, call.quantity});
  for (std::int64_t missing = call.quantity - found; missing > 0; --missing) {
    transaction.run(
        "INSERT INTO codes (code, pin, sku, state, purchase, step) VALUES (?, ?, ?, 'reserved', ?, ?)",
        {new_code(), kit::random_token(8), call.sku, call.key.purchase, call.key.step});
  }
  return kit::Answer::done({{"reserved", call.quantity}});
}

kit::Answer CardBook::take(const kit::Call& call, kit::Transaction& transaction) {
  nlohmann::json cards = nlohmann::json::array();
  for (const kit::Row& row : transaction.rows(
           "UPDATE codes SET state = 'issued' WHERE purchase = ? AND step = ? AND state = 'reserved'"
           " RETURNING code, pin",
           {call.key.purchase, call.key.step})) {
    cards.push_back({{"code", row.text(0)}, {"pin", row.text(1)}});
  }
  if (static_cast<std::int64_t>(cards.size()) != call.quantity) {
    return kit::Answer::refused("not_held", "the cards of this purchase are not reserved");
  }
  return kit::Answer::done({{"cards", cards}});
}

kit::Answer CardBook::release(const kit::Call& call, kit::Transaction& transaction) {
  // Back into the pool: a reserved code was never shown.
  transaction.run(
      "UPDATE codes SET state = 'free', purchase = NULL, step = NULL"
      " WHERE purchase = ? AND step = ? AND state = 'reserved'",
      {call.key.purchase, call.key.step});
  return kit::Answer::done();
}

nlohmann::json CardBook::books(kit::Transaction& transaction) {
  nlohmann::json books = nlohmann::json::array();
  for (const kit::Row& row :
       transaction.rows("SELECT purchase, sum(state = 'reserved'), sum(state = 'issued') FROM codes"
                        " WHERE purchase IS NOT NULL GROUP BY purchase ORDER BY purchase")) {
    books.push_back({{"purchase", row.text(0)}, {"reserved", row.integer(1)}, {"issued", row.integer(2)}});
  }
  return books;
}

}  // namespace settle::services
