#pragma once
// Purchases that are with people, and acts on many of them, for tests.

#include <gtest/gtest.h>

#include <algorithm>

#include "settle/wal/codec.hpp"
#include "world.hpp"

namespace settle::test {

inline constexpr int purchases = 30;  // more than a slice

inline ListQuery letters() {
  ListQuery query;
  query.needs_person = query.parked = true;
  return query;
}

inline BulkOrder order(Deed deed) {
  BulkOrder order;
  order.act = {"ann", "the bank is back", "their statement"};
  order.deed = deed;
  order.letters = letters();
  order.text = "asked the bank";
  order.to = "bob";
  if (deed != Deed::reopen) return order;
  order.letters = ListQuery{};
  order.letters.state = PurchaseState::cancelled;
  order.letters.never_reopened = true;
  order.letters.reason = "out_of_stock";
  return order;
}

// The first confirm of each purchase's charge is a fault, so that it waits for a person; later ones succeed.
inline void park(World& world, int count) {
  for (int i = 0; i < count; ++i) world.submit(world.request("k" + std::to_string(i)));
  world.run();
}
inline World::Script faults(int count) {
  return {{"charge:confirm", std::vector<Behaviour>(static_cast<std::size_t>(count), Behaviour::fault)}};
}

template <class T>
struct Answer {
  std::optional<Result<T>> said;
  Then<T> then() {
    return [this](Result<T> result) { said.emplace(std::move(result)); };
  }
  const T& wait(World& world) {
    for (int i = 0; i < 100'000 && !said && world.step(); ++i) {
    }
    EXPECT_TRUE(said && said->ok()) << (said ? said->error().detail : "unanswered");
    static const T none{};
    return said && said->ok() ? **said : none;
  }
};

inline LetterCount count(World& world, ListQuery query = letters()) {
  Answer<LetterCount> answer;
  world.engine->count_letters(std::move(query), answer.then());
  return answer.wait(world);
}

inline BulkReport to_its_end(World& world, const std::string& id) {
  for (int i = 0; i < 100'000; ++i) {
    const auto report = world.engine->bulk_report(id);
    if (!report || report->finished_at) return report ? *report : BulkReport{};
    if (!world.step()) break;
  }
  ADD_FAILURE() << "bulk act " << id << " never ends";
  return {};
}

inline BulkReport bulk(World& world, const BulkOrder& wanted) {
  Answer<BulkReport> begun;
  world.engine->begin_bulk(wanted, begun.then());
  return to_its_end(world, begun.wait(world).id);
}

// The acts of this kind that the log has for each purchase.
template <class E>
std::map<PurchaseId, int> acts(World& world) {
  std::map<PurchaseId, int> made;
  for (std::uint16_t n = 0; n < world.journal->shard_count(); ++n)
    for (std::uint64_t next = 1;;) {
      const auto records = world.journal->scan(Position{ShardId{n}, next}, 100);
      EXPECT_TRUE(records.ok());
      for (const Record& record : *records) {
        next = record.position.lsn + 1;
        if (record.kind != RecordKind::purchase) continue;
        const auto event = decode_event(record.event);
        if (event.ok() && std::holds_alternative<E>(event->what)) ++made[record.purchase];
      }
      if (records->size() < 100) break;
    }
  return made;
}

inline BulkForecast foresee(World& world, const BulkOrder& wanted) {
  Answer<BulkForecast> answer;
  world.engine->foresee(wanted, answer.then());
  return answer.wait(world);
}

// Each is undecided at its deadline, and reported as tried only then: all that is left is the decision.
inline World::Script told_late(int count) {
  return {{"charge:try", std::vector<Behaviour>(static_cast<std::size_t>(count), Behaviour::accepted_told)}};
}
inline void ask_a_person_at_the_deadline(World& world) {
  Definition definition = purchase_definition();
  definition.on_deadline = OnDeadline::person;
  definition.version = 2;
  world.definitions[2] = definition;
  bool done = false;
  world.engine->put_definition(definition, [&](const auto& put) { done = put.ok(); });
  while (!done && world.step()) {
  }
}
inline void overdue(World& world, int count) {
  ask_a_person_at_the_deadline(world);
  for (int i = 0; i < count; ++i) {
    SubmitRequest request = world.request("k" + std::to_string(i));
    request.deadline = DurationMs{200};
    world.submit(request);
  }
  world.run(DurationMs{60'000});
}

}  // namespace settle::test
