// When everything has come to rest.

#include "oracle.hpp"
#include "settle/coordinator/verify.hpp"
#include "settle/wal/codec.hpp"
#include "world.hpp"

namespace settle::sim {

void Oracle::finish() {
  read_log();
  check_promises();
  for (const auto& [id, shadow] : log_.all()) check_end(id, shadow);
  check_carts();
  check_sums();
  check_person_list();  // before anybody looks at a single one: that may ask participants, and the list waits
                        // for it
  check_engine();
  if (!questions.open().empty()) fail_liveness("nobody ever answered: " + questions.open());
  check_audited();
  if (world_.options.verify) {
    const Result<VerifyReport> report = verify_journal(world_.daemon.disk().inner());
    if (!report) fail("I21: " + report.error().detail);
    for (const auto& [id, shadow] : log_.all()) {
      const auto replayed = report->purchases.find(id);
      if (replayed == report->purchases.end() || encode(replayed->second) != encode(shadow.purchase))
        fail("I21: replaying the log gives another " + id.text());
    }
  }
  check_damage();
}

void Oracle::check_end(const PurchaseId& id, const Shadow& shadow) {
  const Purchase& p = shadow.purchase;
  if (!is_terminal(p.state) && !needs_person(p))
    fail_liveness("I16: " + id.text() + " is still " + settle::name_of(p.state) + ", and nobody is asked");
  const auto told = told_.find(id);
  if (told != told_.end() && (told->second == PurchaseState::cancelled) != (p.decision == Decision::cancel))
    fail("I14: " + id.text() + " ended as something else than was told");
  for (std::size_t i = 0; i < shadow.definition->steps.size(); ++i) check_hold(id, shadow, i);
}

// I6, I11, I12: what the books say of one step when its purchase is over.
void Oracle::check_hold(const PurchaseId& id, const Shadow& shadow, std::size_t index) {
  const StepDefinition& step = shadow.definition->steps[index];
  const Purchase& p = shadow.purchase;
  const std::string where = id.text() + ":" + step.name;
  Seen& seen = seen_[id];
  if (step.mode == StepMode::deliver) {
    const StepState state = p.steps[index].state;
    if (p.state == PurchaseState::completed && state != StepState::abandoned &&
        seen.delivered.count(step.name) == 0)
      fail("I26: " + where + " is delivered, but never was");
    if (p.decision == Decision::cancel && seen.delivered.count(step.name) != 0)
      fail("I10: " + where + " was delivered, though cancelled");
    return;
  }
  const Hold* hold = world_.services.at(step.target).find(id, step.name);
  const bool confirmed = hold != nullptr && hold->confirmed;
  const bool holds = hold != nullptr && hold->tried && !hold->cancelled && !hold->expired;
  if (confirmed && p.decision != Decision::commit)
    fail("I1: " + where + " is confirmed without the decision");
  if (hold != nullptr && hold->cancelled && p.decision != Decision::cancel)
    fail("I1: " + where + " is cancelled without the decision");
  if (p.state == PurchaseState::completed && step.mode == StepMode::tcc && !confirmed)
    fail("I11: " + where + " is not confirmed, though completed");
  if (p.state == PurchaseState::completed && step.mode == StepMode::compensable && !holds)
    fail("I11: " + where + " did not happen, though completed");
  if (p.state == PurchaseState::cancelled && holds) fail("I6: " + where + " is still held, though cancelled");
}

// B7: however many clicks and order numbers, a cart is bought once.
void Oracle::check_carts() {
  std::map<std::pair<std::string, std::string>, PurchaseId> bought;
  for (const auto& [id, shadow] : log_.all()) {
    const Order& order = shadow.purchase.order;
    if (order.cart_id.empty() || shadow.purchase.decision == Decision::cancel) continue;
    if (!bought.emplace(std::pair(order.shop, order.cart_id), id).second)
      fail("B7: cart " + order.cart_id + " has two purchases");
  }
}

// I11, I12: the books in sums, kept while working, against the single holds.
void Oracle::check_sums() const {
  for (const auto& [name, service] : world_.services) {
    std::int64_t held = 0, taken = 0;
    std::size_t cards = 0;
    for (const auto& [key, hold] : service.holds()) {
      const std::int64_t amount = service.role() == Service::Role::money ? hold.amount : hold.quantity;
      if (hold.confirmed) {
        taken += amount;
      } else if (hold.tried && !hold.cancelled && !hold.expired) {
        held += amount;
      }
      cards += hold.cards.size();
      if (!hold.cards.empty() && hold.cards.size() != static_cast<std::size_t>(hold.quantity))
        fail("I12: " + key.first.text() + " got " + std::to_string(hold.cards.size()) + " cards");
    }
    if (held != service.held || taken != service.taken) fail("I11: the books of " + name + " do not add up");
    if (cards != service.cards_out.size()) fail("I12: a card code was given twice");
  }
}

// The engine says what the log says, and I17: nothing wakes it when nothing is owed.
void Oracle::check_engine() {
  bool all_done = true;
  for (const auto& [id, shadow] : log_.all()) {
    all_done = all_done && is_terminal(shadow.purchase.state);
    bool shown = false;
    world_.daemon.run([&, id = id, &shadow = shadow](Engine& engine) {
      engine.show(id, [&](const Result<PurchaseView>& view) {
        if (!view) fail("I4: " + id.text() + " cannot be shown: " + view.error().detail);
        if (encode(view->purchase) != encode(shadow.purchase))
          fail("I21: engine and log differ on " + id.text());
        shown = true;
      });
    });
    if (!shown) fail("I4: " + id.text() + " was not shown");
  }
  world_.daemon.run([](Engine& engine) { engine.on_wake(); });
  if (all_done && world_.daemon.clock().wake)
    fail_liveness("I17: everything is done, and a timer is left over");
}

// I16: who needs a person is on the lists that operators look at.
void Oracle::check_person_list() {
  for (const bool letters : {false, true}) check_person_list(letters);
}

void Oracle::check_person_list(bool letters) {
  std::set<PurchaseId> listed;
  std::string cursor;
  do {
    world_.daemon.run([&](Engine& engine) {
      ListQuery query;
      query.needs_person = true;
      query.parked = letters;
      query.limit = 100;
      query.cursor = cursor;
      engine.list(query, [&](const Result<ListPage>& page) {
        if (!page) fail("I16: the list of what needs a person cannot be read: " + page.error().detail);
        for (const PurchaseView& view : page->purchases) {
          listed.insert(view.purchase.id);
          if (letters && dead_letters(query, *view.definition, view.purchase, page->at).empty())
            fail("I16: " + view.purchase.id.text() + " is listed, and has no dead letter");
        }
        cursor = page->next_cursor;
      });
    });
  } while (!cursor.empty());
  for (const auto& [id, shadow] : log_.all())
    if (!is_terminal(shadow.purchase.state) && listed.count(id) == 0)
      fail("I16: " + id.text() + " needs a person, and is not on the list of " +
           (letters ? "dead letters" : "purchases"));
}

// I22: a record that changes on disk is found, wherever it lies.
void Oracle::check_damage() {
  if (!world_.damage_at_end) return;
  MemoryJournal& journal = world_.daemon.disk().inner();
  Random random = world_.seed.split("damage");
  for (int tries = 0; tries < 100; ++tries) {
    const ShardId shard{static_cast<std::uint16_t>(random.below(journal.shard_count()))};
    const auto records = journal.scan(Position{shard, 1}, 1'000'000);
    if (!records || records->empty()) continue;
    const Position position = (*records)[random.below(records->size())].position;
    journal.damage(position);
    const Result<VerifyReport> report = verify_journal(journal);
    if (report.ok() || report.error().code != "damaged")
      fail("I22: damage at " + position.text() + " was not detected");
    return;
  }
}

}  // namespace settle::sim
