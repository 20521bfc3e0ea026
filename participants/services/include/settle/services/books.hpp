#pragma once
// The books of the three participants. Their tables are described in participants/services/README.md: tests
// read the files.

#include <cstdint>

#include "settle/services/book.hpp"

namespace settle::services {

// Stock per sku. One that was never heard of starts with `default_stock`; SOLD-OUT starts with none.
class InventoryBook : public Book {
 public:
  explicit InventoryBook(std::int64_t default_stock) : default_stock_(default_stock) {}
  void create(kit::Transaction& transaction) override;
  kit::Answer hold(const kit::Call& call, kit::Transaction& transaction) override;
  kit::Answer take(const kit::Call& call, kit::Transaction& transaction) override;
  kit::Answer release(const kit::Call& call, kit::Transaction& transaction) override;
  nlohmann::json books(kit::Transaction& transaction) override;
  // Sets what is available of a sku; holds that stand are not counted in.
  void set_stock(kit::Transaction& transaction, const std::string& sku, std::int64_t quantity);

 private:
  std::int64_t default_stock_;
};

// Accounts per buyer and currency. An unknown buyer starts with `default_balance`; buyers whose id begins
// with "declined-" are declined.
class PaymentBook : public Book {
 public:
  explicit PaymentBook(std::int64_t default_balance) : default_balance_(default_balance) {}
  void create(kit::Transaction& transaction) override;
  kit::Answer hold(const kit::Call& call, kit::Transaction& transaction) override;
  kit::Answer take(const kit::Call& call, kit::Transaction& transaction) override;
  kit::Answer release(const kit::Call& call, kit::Transaction& transaction) override;
  nlohmann::json books(kit::Transaction& transaction) override;

 private:
  std::int64_t default_balance_;
};

// A pool of card codes per sku, filled on demand. A code is shown to nobody before it is issued.
class CardBook : public Book {
 public:
  static constexpr std::int64_t quantity_max = 1000;  // of one purchase
  void create(kit::Transaction& transaction) override;
  kit::Answer hold(const kit::Call& call, kit::Transaction& transaction) override;
  kit::Answer take(const kit::Call& call, kit::Transaction& transaction) override;
  kit::Answer release(const kit::Call& call, kit::Transaction& transaction) override;
  nlohmann::json books(kit::Transaction& transaction) override;
};

}  // namespace settle::services
