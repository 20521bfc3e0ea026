// Shops: submit, repeat under the same key, click twice, and once in a while something forbidden.

#include "people.hpp"
#include "settle/crypto/crypto.hpp"
#include "world.hpp"

namespace settle::sim {

People::People(World& world)
    : world_(world),
      shop_(world.seed.split("shops")),
      operator_(world.seed.split("operators")),
      auditor_(world.seed.split("auditors")),
      definitions_random_(world.seed.split("definitions")) {}

SubmitRequest People::make_order(int number) {
  Faults& faults = world_.faults;
  SubmitRequest request;
  Order& order = request.order;
  order.shop = "shop-" + std::to_string(shop_.below(3));
  order.idempotency_key = "key-" + std::to_string(number);
  order.order_id = "order-" + std::to_string(number);
  order.buyer = shop_.chance(50'000) ? "poor" : "buyer-" + std::to_string(shop_.below(20));
  order.sku = shop_.chance(100'000) ? "SCARCE" : "GAME-100";
  order.merchant = shop_.chance(500'000) ? "m-1" : "m-2";
  order.currency = "CNY";
  order.quantity = shop_.between(1, 3);
  order.amount_minor = order.quantity * (shop_.chance(20'000) ? 50'000 : 1'000);
  order.payload = "{}";
  request.definition = shop_.pick(definition_names_);
  if (shop_.chance(100'000)) request.deadline = shop_.delay(2'000, 900'000);
  // Another order number, another key, the same cart: the customer clicked again.
  if (faults.strikes(Fault::cart_twin) && number > 0) {
    const Wish& other = *wishes_[faults.random(Fault::cart_twin).below(static_cast<std::uint64_t>(number))];
    if (!other.request.order.cart_id.empty()) {
      Order twin = other.request.order;
      twin.idempotency_key = order.idempotency_key;
      twin.order_id = order.order_id;
      if (shop_.chance(300'000)) twin.amount_minor += 1'000;  // other goods: refused while the cart is held
      order = twin;
      request.definition = other.request.definition;
    }
  } else if (shop_.chance(300'000)) {
    order.cart_id = "cart-" + std::to_string(number);
  }
  request.digest = sha256(order.order_id + "|" + order.sku + "|" + std::to_string(order.amount_minor));
  return request;
}

void People::submit(const WishPtr& wish) {
  if (wish->done) return;
  const auto ask = [this, wish] {
    world_.daemon.run([this, wish](Engine& engine) {
      const bool erased = world_.oracle.is_erased(wish->request.order.merchant);
      Then<PurchaseView> then = [this, wish, erased](const Result<PurchaseView>& said) {
        if (erased && said) world_.oracle.taken_though_erased(*said);
        heard(wish, said);
      };
      engine.submit(wish->request, world_.oracle.questions.ask("submit", std::move(then)));
    });
  };
  ask();
  if (world_.faults.strikes(Fault::submit_doubled))
    world_.time.after(DurationMs{world_.faults.random(Fault::submit_doubled).between(0, 5'000)}, ask);
  if (world_.faults.strikes(Fault::cancel, 20'000)) act_somewhere();
  world_.time.after(shop_.delay(500, 30'000), [this, wish] { submit(wish); });
}

void People::heard(const WishPtr& wish, const Result<PurchaseView>& said) {
  const std::string& key = wish->request.order.idempotency_key;
  if (!said) {
    world_.note("refused", key + " " + said.error().code);
    world_.oracle.submit_refused(wish->request, said.error().code);
    if (said.error().code == "cart_id_reused" && !std::exchange(wish->done, true))
      --open_;  // told, and for good
    return;
  }
  world_.note("accepted", key + " " + said->purchase.id.text() + (said->same_cart ? " same cart" : ""));
  world_.oracle.acknowledged(wish->request, *said);
  if (wish->done) return;
  wish->done = true;
  wish->id = said->purchase.id;
  --open_;
  if (world_.faults.strikes(Fault::submit_altered)) submit_altered(wish);
  if (shop_.chance(300'000)) await(wish);
  if (shop_.chance(300'000)) look(wish, 5);
}

// The buyer reloads the page: what is in doubt is asked about at once.
void People::look(const WishPtr& wish, int times) {
  if (times == 0) return;
  world_.time.after(shop_.delay(200, 60'000), [this, wish, times] {
    world_.daemon.run([this, wish](Engine& engine) {
      Then<PurchaseView> then = [this](const Result<PurchaseView>& said) {
        if (said) world_.oracle.shown(*said);
      };
      engine.show(wish->id, world_.oracle.questions.ask("show", std::move(then)));
    });
    look(wish, times - 1);
  });
}

void People::submit_altered(const WishPtr& wish) {
  SubmitRequest altered = wish->request;
  altered.order.amount_minor += 1;
  altered.digest[0] = static_cast<std::uint8_t>(altered.digest[0] ^ 1);
  const DurationMs later{world_.faults.random(Fault::submit_altered).between(0, 600'000)};
  world_.time.after(later, [this, altered] {
    world_.daemon.run([this, altered](Engine& engine) {
      Then<PurchaseView> then = [this, altered](const Result<PurchaseView>& said) {
        if (said) world_.oracle.reuse_accepted(altered, *said);
        if (!said) world_.oracle.submit_refused(altered, said.error().code);
      };
      engine.submit(altered, world_.oracle.questions.ask("submit", std::move(then)));
    });
  });
}

void People::await(const WishPtr& wish) {
  world_.daemon.run([this, wish](Engine& engine) {
    const DurationMs wait = shop_.delay(100, 30'000);
    Then<PurchaseView> then = [this](const Result<PurchaseView>& said) {
      if (said) world_.oracle.outcome_told(*said);
    };
    engine.await_outcome(wish->id, wait, world_.oracle.questions.ask("await", std::move(then)));
  });
}

}  // namespace settle::sim
