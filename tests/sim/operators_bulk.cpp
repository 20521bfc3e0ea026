// Operators who act on many at once: while purchases move and processes die, and some are stopped half way.

#include "watched.hpp"

namespace settle::sim {
namespace {

BulkOrder order_of(Deed deed, Random& random) {
  BulkOrder order;
  order.deed = deed;
  order.targets_max = static_cast<std::uint32_t>(random.between(1, 40));
  if (deed != Deed::reopen) {
    order.letters.needs_person = order.letters.parked = true;
    if (random.chance(200'000)) order.letters.operation = Operation::confirm;
    return order;
  }
  order.letters.state = PurchaseState::cancelled;
  order.letters.never_reopened = true;
  return order;
}

}  // namespace

// Each under a name of its own, so that the log shows what was done twice (I25). Nobody resolves so: that
// takes a look into the books of each.
void People::act_on_many() {
  Random& random = world_.faults.random(Fault::bulk);
  const Deed deed =
      random.pick(std::vector<Deed>{Deed::retry, Deed::reopen, Deed::cancel, Deed::assign, Deed::note});
  BulkOrder order = order_of(deed, random);
  order.act = Act{"operator-of-many-" + std::to_string(++bulk_acts_), "simulated"};
  order.text = order.to = order.act.who;
  world_.daemon.run([this, order = std::move(order)](Engine& engine) {
    if (world_.faults.random(Fault::bulk).chance(300'000))
      engine.foresee(order, watched<BulkForecast>("dry run"));
    engine.begin_bulk(order, watched<BulkReport>("act on many"));
  });
  if (random.chance(300'000)) world_.time.after(random.delay(1, 2'000), [this] { stop_acting_on_many(); });
}

void People::stop_acting_on_many() {
  world_.daemon.run([this](Engine& engine) {
    const auto newest = engine.bulk_reports(1);
    if (!newest || newest->empty()) return;
    engine.stop_bulk(newest->front().id, Act{"operator", "simulated"}, watched<BulkReport>("stop"));
  });
}

}  // namespace settle::sim
