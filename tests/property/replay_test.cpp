// Replay is life again: from the events as they are stored, and from any snapshot on (I21, I27).

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "life.hpp"
#include "random_purchase.hpp"
#include "settle/wal/codec.hpp"

namespace settle::test {
namespace {

struct Stored {
  std::string event, transitions, snapshot;
};

std::vector<Stored> recorded(const Definition& definition, const Life& life) {
  std::vector<Stored> log;
  live(definition, life.moves, [&](const Purchase&, const Event& event, const Advanced& out) {
    if (out.verdict != Verdict::refused)
      log.push_back({encode(event), encode(out.transitions), encode(out.purchase)});
  });
  return log;
}

RC_GTEST_PROP(Replay, I21_TheStoredEventsGiveTheSameLife, (const Life& life)) {
  const Definition definition = life.definition();
  const std::vector<Stored> log = recorded(definition, life);
  Purchase purchase;
  for (const Stored& stored : log) {
    const auto event = decode_event(stored.event);
    RC_ASSERT(event.ok());
    Advanced out = advance(definition, std::move(purchase), *event);
    purchase = std::move(out.purchase);
    RC_ASSERT(encode(out.transitions) == stored.transitions);
    RC_ASSERT(encode(purchase) == stored.snapshot);
  }
}

RC_GTEST_PROP(Replay, I21_AnySnapshotGoesOnAsTheLifeDid, (const Life& life, std::uint8_t from)) {
  const Definition definition = life.definition();
  const std::vector<Stored> log = recorded(definition, life);
  const std::size_t begin = from % log.size();
  auto purchase = decode_purchase(log[begin].snapshot);
  RC_ASSERT(purchase.ok());
  for (std::size_t n = begin + 1; n < log.size(); ++n) {
    Advanced out = advance(definition, std::move(*purchase), *decode_event(log[n].event));
    *purchase = std::move(out.purchase);
    RC_ASSERT(encode(*purchase) == log[n].snapshot);
  }
}

// Nothing but the arguments shapes what happens (the second law).
RC_GTEST_PROP(Replay, I21_TheSameTwice, (const Life& life)) {
  const Definition definition = life.definition();
  live(definition, life.moves, [&](const Purchase& before, const Event& event, const Advanced& out) {
    const Advanced again = advance(definition, before, event);
    RC_ASSERT((same(again.purchase, out.purchase) && again.transitions == out.transitions));
    RC_ASSERT((again.verdict == out.verdict && again.refusal == out.refusal));
    RC_ASSERT(again.effects.size() == out.effects.size());
  });
}

}  // namespace
}  // namespace settle::test
