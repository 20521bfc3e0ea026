#include "settle/kit/encoding.hpp"
#include "settle/services/books.hpp"

namespace settle::services {

void PaymentBook::create(kit::Transaction& transaction) {
  transaction.run(
      "CREATE TABLE IF NOT EXISTS accounts (buyer TEXT NOT NULL, currency TEXT NOT NULL,"
      " balance INTEGER NOT NULL CHECK (balance >= 0), declined INTEGER NOT NULL DEFAULT 0,"
      " PRIMARY KEY (buyer, currency))");
  transaction.run(
      "CREATE TABLE IF NOT EXISTS payments (charge TEXT NOT NULL UNIQUE, purchase TEXT NOT NULL, step TEXT "
      "NOT NULL,"
      " buyer TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL,"
      " state TEXT NOT NULL CHECK (state IN ('held', 'charged', 'released')),"
      " held INTEGER NOT NULL, charged INTEGER NOT NULL DEFAULT 0, refunded INTEGER NOT NULL DEFAULT 0,"
      " PRIMARY KEY (purchase, step))");
}

kit::Answer PaymentBook::hold(const kit::Call& call, kit::Transaction& transaction) {
  const std::int64_t declined = call.buyer.rfind("declined-", 0) == 0 ? 1 : 0;
  transaction.run(
      "INSERT INTO accounts (buyer, currency, balance, declined) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
      {call.buyer, call.currency, default_balance_, declined});
  const auto account = transaction.row("SELECT declined FROM accounts WHERE buyer = ? AND currency = ?",
                                       {call.buyer, call.currency});
  if (account && account->integer(0) != 0)
    return kit::Answer::refused("declined", "the bank declines this buyer");
  const auto held = transaction.run(
      "UPDATE accounts SET balance = balance - ?1 WHERE buyer = ?2 AND currency = ?3 AND balance >= ?1",
      {call.amount, call.buyer, call.currency});
  if (held == 0) return kit::Answer::refused("insufficient_funds", "the buyer's balance is too low");
  const std::string charge = "c-" + kit::random_token(16);
  transaction.run(
      "INSERT INTO payments (charge, purchase, step, buyer, currency, amount, state, held)"
      " VALUES (?, ?, ?, ?, ?, ?6, 'held', ?6)",
      {charge, call.key.purchase, call.key.step, call.buyer, call.currency, call.amount});
  return kit::Answer::done({{"authorisation", charge}});
}

kit::Answer PaymentBook::take(const kit::Call& call, kit::Transaction& transaction) {
  const auto charge = transaction.row(
      "UPDATE payments SET state = 'charged', charged = held, held = 0"
      " WHERE purchase = ? AND step = ? AND state = 'held' RETURNING charge",
      {call.key.purchase, call.key.step});
  if (!charge) return kit::Answer::refused("not_held", "no authorisation of this purchase stands");
  return kit::Answer::done({{"charge", charge->text(0)}});
}

kit::Answer PaymentBook::release(const kit::Call& call, kit::Transaction& transaction) {
  const auto hold = transaction.row(
      "UPDATE payments SET state = 'released', held = 0"
      " WHERE purchase = ? AND step = ? AND state = 'held' RETURNING buyer, currency, amount",
      {call.key.purchase, call.key.step});
  if (hold) {
    transaction.run("UPDATE accounts SET balance = balance + ? WHERE buyer = ? AND currency = ?",
                    {hold->integer(2), hold->text(0), hold->text(1)});
  }
  return kit::Answer::done();
}

nlohmann::json PaymentBook::books(kit::Transaction& transaction) {
  nlohmann::json books = nlohmann::json::array();
  for (const kit::Row& row :
       transaction.rows("SELECT purchase, sum(held), sum(charged), sum(refunded), sum(amount)"
                        " FROM payments GROUP BY purchase ORDER BY purchase")) {
    books.push_back({{"purchase", row.text(0)},
                     {"held", row.integer(1)},
                     {"charged", row.integer(2)},
                     {"refunded", row.integer(3)},
                     {"amount", row.integer(4)}});
  }
  return books;
}

}  // namespace settle::services
