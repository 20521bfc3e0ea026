// The four reference services as processes: what each holds, takes, releases and refuses.

#include <gtest/gtest.h>

#include <set>

#include "http.hpp"
#include "process.hpp"

namespace settle::kit::test {
namespace {

struct Running {
  explicit Running(const std::string& name, const std::vector<std::string>& more = {})
      : process(start(folder, name, more)) {}
  HttpAnswer call(Operation operation, CallSpec spec = {}) {
    spec.operation = operation;
    return send(process->port(), request_of(spec));
  }
  nlohmann::json json(Operation operation, const CallSpec& spec = {}) {
    return nlohmann::json::parse(call(operation, spec).body);
  }
  nlohmann::json books() { return nlohmann::json::parse(send(process->port(), "GET", "/admin/books").body); }

  TempDir folder;
  std::unique_ptr<Process> process;
};

CallSpec of(std::uint64_t purchase, const std::string& sku = "GAME-100", std::int64_t quantity = 2) {
  CallSpec spec;
  spec.purchase = purchase_id(purchase);
  spec.sku = sku;
  spec.quantity = quantity;
  return spec;
}

TEST(Inventory, I11_HoldsTakesAndReleases) {
  Running inventory("inventory");
  send(inventory.process->port(), "POST", "/admin/stock", R"({"sku":"GAME-100","quantity":5})");
  EXPECT_EQ(inventory.json(Operation::try_, of(1)).at("hold").get<std::string>().rfind("h-", 0), 0U);
  EXPECT_EQ(inventory.call(Operation::try_, of(2)).status, 200);
  const HttpAnswer third = inventory.call(Operation::try_, of(3));
  EXPECT_EQ(third.status, 409);
  EXPECT_EQ(nlohmann::json::parse(third.body).at("code"), "out_of_stock");
  EXPECT_EQ(inventory.call(Operation::confirm, of(1)).status, 200);
  EXPECT_EQ(inventory.call(Operation::cancel, of(2)).status, 200);
  EXPECT_EQ(inventory.call(Operation::try_, of(4)).status, 200);
  const nlohmann::json expected = {
      {{"purchase", purchase_id(1)}, {"sku", "GAME-100"}, {"held", 0}, {"taken", 2}},
      {{"purchase", purchase_id(2)}, {"sku", "GAME-100"}, {"held", 0}, {"taken", 0}},
      {{"purchase", purchase_id(4)}, {"sku", "GAME-100"}, {"held", 2}, {"taken", 0}}};
  EXPECT_EQ(inventory.books(), expected);
}

TEST(Inventory, SoldOutIsSoldOut) {
  Running inventory("inventory");
  EXPECT_EQ(inventory.json(Operation::try_, of(1, "SOLD-OUT")).at("code"), "out_of_stock");
}

TEST(Payment, I11_AuthorisesCapturesAndReleases) {
  Running payment("payment", {"--default-balance", "5000"});
  EXPECT_EQ(payment.call(Operation::try_, of(1)).status, 200);
  EXPECT_EQ(payment.call(Operation::try_, of(2)).status, 200);
  EXPECT_EQ(payment.json(Operation::try_, of(3)).at("code"), "insufficient_funds");
  EXPECT_EQ(payment.json(Operation::confirm, of(1)).at("charge").get<std::string>().rfind("c-", 0), 0U);
  EXPECT_EQ(payment.call(Operation::cancel, of(2)).status, 200);
  EXPECT_EQ(payment.call(Operation::try_, of(4)).status, 200);  // what was released can be spent
  const auto entry = [](std::uint64_t purchase, int held, int charged) {
    return nlohmann::json{{"purchase", purchase_id(purchase)},
                          {"held", held},
                          {"charged", charged},
                          {"refunded", 0},
                          {"amount", 2000}};
  };
  EXPECT_EQ(payment.books(), nlohmann::json::array({entry(1, 0, 2000), entry(2, 0, 0), entry(4, 2000, 0)}));
}

TEST(Payment, SomeBuyersAreDeclined) {
  Running payment("payment");
  CallSpec spec = of(1);
  spec.buyer = "declined-7";
  EXPECT_EQ(payment.json(Operation::try_, spec).at("code"), "declined");
}

TEST(Card, I12_EachCodeGoesToOnePurchaseAndIsShownOnceItIsIssued) {
  Running card("card");
  std::set<std::string> codes;
  for (std::uint64_t purchase = 1; purchase <= 5; ++purchase) {
    const HttpAnswer reserved = card.call(Operation::try_, of(purchase, "GAME-100", 3));
    EXPECT_EQ(reserved.status, 200);
    EXPECT_EQ(reserved.body.find("code"), std::string::npos);
    if (purchase == 2) {
      EXPECT_EQ(card.call(Operation::cancel, of(purchase)).status, 200);
      continue;
    }
    const nlohmann::json issued = card.json(Operation::confirm, of(purchase, "GAME-100", 3));
    EXPECT_EQ(card.json(Operation::confirm, of(purchase, "GAME-100", 3)), issued);
    ASSERT_EQ(issued.at("cards").size(), 3U);
    for (const auto& one : issued.at("cards")) {
      EXPECT_FALSE(one.at("pin").get<std::string>().empty());
      EXPECT_TRUE(codes.insert(one.at("code")).second) << "handed out twice";
    }
  }
  EXPECT_EQ(codes.size(), 12U);
  EXPECT_EQ(card.books().size(), 4U);
  EXPECT_EQ(card.books()[0], (nlohmann::json{{"purchase", purchase_id(1)}, {"reserved", 0}, {"issued", 3}}));
}

Request delivery(std::uint64_t purchase) {
  Request request = request_of(of(purchase));
  request.path = "/callback";
  return request;
}

TEST(Merchant, I26_NotesEveryDeliveryUnderItsIdAndSaysSuccess) {
  Running merchant("merchant");
  const int port = merchant.process->port();
  for (int i = 0; i < 3; ++i) {
    const HttpAnswer answer = send(port, delivery(1));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "success");
  }
  send(port, delivery(2));
  Request forged = delivery(3);
  forged.headers["webhook-signature"] = "v1,AAAA";
  EXPECT_EQ(send(port, forged).status, 401);
  Request damaged = delivery(3);
  damaged.headers["content-digest"] = "sha-256=:AAAA:";
  EXPECT_EQ(send(port, damaged).status, 400);
  const nlohmann::json expected = {{{"purchase", purchase_id(1)}, {"deliveries", 3}, {"distinct_ids", 1}},
                                   {{"purchase", purchase_id(2)}, {"deliveries", 1}, {"distinct_ids", 1}}};
  EXPECT_EQ(merchant.books(), expected);
}

TEST(Services, HaveNoAdminRoutesUnlessToldTo) {
  const TempDir folder;
  start(folder, "inventory").reset();  // writes the secret file
  Process plain({service_path("inventory"), "--data", folder.file("x.db"), "--secret-file",
                 folder.file("secret"), "--base-path", "/inventory"});
  EXPECT_EQ(send(plain.port(), "GET", "/admin/books").status, 404);
  EXPECT_EQ(send(plain.port(), "POST", "/admin/behave", R"({"refuse":1})").status, 404);
  Request request = request_of({});
  request.path = "/inventory/try";
  EXPECT_EQ(send(plain.port(), request).status, 200);
}

}  // namespace
}  // namespace settle::kit::test
