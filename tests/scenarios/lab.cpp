#include "lab.hpp"

#include "settle/coordinator/log.hpp"

namespace settle::scenarios {
namespace {

constexpr std::uint16_t shards = 4;

std::shared_ptr<const KeyRing> fixed_keys() {
  std::array<std::uint8_t, 32> master{};
  master.fill(7);
  return KeyRing::from_bytes(master);
}

}  // namespace

Lab::Lab(const Plan& plan)
    : plan_(plan),
      shop_(sim::Random(plan.seed).split("shop")),
      network_(sim::Random(plan.seed).split("network")),
      world_(sim::Random(plan.seed).split("world")),
      keys_(fixed_keys()),
      journal_(MemoryJournal::create(shards)) {
  set_log_sink([](std::string_view) {});
  make_receivers();
  make_services();
}

Lab::~Lab() {
  engine_.reset();
  set_log_sink(nullptr);
}

void Lab::start() {
  ++life_;
  sync_planned_ = false;
  wake_planned_ = TimeMs{};
  clock_.start();
  EngineConfig config;
  config.callback_base = "http://settled";
  config.gates.breakers = plan_.mechanism;
  engine_ = Engine::create(config, clock_, *journal_, *this, keys_);
  const Status recovered = engine_->recover();
  SETTLE_CHECK(recovered.ok());
  clock_.not_before(engine_->last_journalled());
  turn([](Engine&) {});
}

// Between two turns, with what was not synced lost from any point on.
void Lab::crash() {
  ++crashed_;
  engine_.reset();
  clock_.posted.clear();
  clock_.wake = TimeMs{};
  journal_ = journal_->crash(network_.below(journal_->unsynced() + 1));
  ++life_;
  time_.after(DurationMs{shop_.between(1'000, 20'000)}, [this] { start(); });
}

// What the process does at one moment, and what that leaves to be done.
void Lab::turn(const std::function<void(Engine&)>& work) {
  if (!engine_) return;
  work(*engine_);
  while (!clock_.posted.empty()) {
    const auto next = std::move(clock_.posted.front());
    clock_.posted.pop_front();
    next();
  }
  plan_next();
}

void Lab::plan_next() {
  if (!sync_planned_ && journal_->unsynced() > 0) {
    sync_planned_ = true;
    time_.after(DurationMs{2}, [this, life = life_] {
      if (life != life_) return;
      sync_planned_ = false;
      turn([this](Engine&) { SETTLE_CHECK(journal_->sync().ok()); });
    });
  }
  if (!clock_.wake || clock_.wake == wake_planned_) return;
  wake_planned_ = clock_.wake;
  time_.at(clock_.true_time_of(clock_.wake), [this, life = life_, planned = wake_planned_] {
    if (life != life_ || planned != clock_.wake) return;
    wake_planned_ = clock_.wake = TimeMs{};
    turn([](Engine& engine) { engine.on_wake(); });
  });
}

void Lab::submit(int number) {
  SubmitRequest request;
  Order& order = request.order;
  const std::string text = std::to_string(number);
  order.shop = "shop-" + std::to_string(number % 7);
  order.idempotency_key = order.order_id = "order-" + text;
  order.buyer = "buyer-" + text;
  order.sku = "GAME-100";
  order.merchant = "m-" + std::to_string(number % plan_.receivers);
  order.currency = "CNY";
  order.quantity = 1 + number % 3;
  order.amount_minor = order.quantity * 10'000;
  order.payload = "{}";
  request.digest[0] = 1;
  auto told = std::make_shared<bool>(false);
  turn([&](Engine& engine) {
    engine.submit(std::move(request), [this, told](const Result<PurchaseView>& said) {
      if (!said) return;
      *told = true;
      acknowledged_.insert(said->purchase.id);
    });
  });
  // Who got no answer asks again, under the same key.
  time_.after(DurationMs{10'000}, [this, number, told] {
    if (!*told) submit(number);
  });
}

void Lab::run() {
  const TimeMs began = time_.now();
  start();
  set_up();
  for (int i = 0; i < plan_.purchases; ++i)
    time_.at(began + DurationMs{60'000 + shop_.between(0, plan_.span.count)}, [this, i] { submit(i); });
  for (int i = 0; i < plan_.crashes; ++i)
    time_.at(began + DurationMs{60'000 + world_.between(0, plan_.span.count + plan_.tail.count / 2)}, [this] {
      if (engine_) crash();
    });
  const TimeMs until = began + plan_.span + plan_.tail;
  while (!time_.idle() && time_.next() <= until) time_.step();
  SETTLE_CHECK(engine_ != nullptr);
  SETTLE_CHECK(journal_->sync().ok());
}

}  // namespace settle::scenarios
