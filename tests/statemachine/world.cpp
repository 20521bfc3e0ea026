#include "world.hpp"

#include <algorithm>

namespace settle::test {

void World::send(const Effect& call, TimeMs now) {
  Parcel parcel{now + DurationMs{between(random_, 1, 50)}, true, false, call, {}};
  if (faults && chance(random_, 6)) {  // lost on its way; sometimes the transport says so
    if (chance(random_, 60)) reply(call, Outcome::unknown, now + DurationMs{5'000});
    return;
  }
  if (faults && chance(random_, 5))
    parcel.at = now + DurationMs{between(random_, 1'000, 400'000)};  // very late
  if (faults && chance(random_, 4)) parcels_.push_back(parcel);      // twice
  parcels_.push_back(parcel);
}

void World::restart() {
  parcels_.erase(
      std::remove_if(parcels_.begin(), parcels_.end(), [](const Parcel& p) { return p.connection; }),
      parcels_.end());
}

std::optional<TimeMs> World::next() const {
  if (parcels_.empty()) return std::nullopt;
  return std::min_element(parcels_.begin(), parcels_.end(), [](auto& a, auto& b) { return a.at < b.at; })->at;
}

std::optional<Event> World::arrive() {
  const auto first =
      std::min_element(parcels_.begin(), parcels_.end(), [](auto& a, auto& b) { return a.at < b.at; });
  const Parcel parcel = std::move(*first);
  parcels_.erase(first);
  if (!parcel.request) return parcel.event;
  arrive_at_participant(parcel.call, parcel.at);
  return std::nullopt;
}

// The participant's barrier (docs/participant-protocol.md, section 5).
Outcome World::work(const Effect& call) {
  Truth& t = truth[call.step];
  switch (call.operation) {
    case Operation::try_:
      if (t.held || t.confirmed) return Outcome::done;
      if (t.fenced || t.refused) return Outcome::refused;
      if (faults && chance(random_, 8)) {
        t.refused = true;
        return Outcome::refused;
      }
      t.held = true;
      return Outcome::done;
    case Operation::confirm:
      if (!t.held && !t.confirmed) return Outcome::refused;
      t.confirmed = true;
      return Outcome::done;
    case Operation::cancel:
      if (t.confirmed) return Outcome::refused;
      t.held = false;
      t.fenced = true;
      return Outcome::done;
    case Operation::deliver:
      if (faults && chance(random_, 5)) return Outcome::refused;
      t.told = true;
      return Outcome::done;
    case Operation::query:
      break;
  }
  return Outcome::done;
}

QueryState World::look(std::uint8_t step) const {
  const Truth& t = truth[step];
  if (t.confirmed) return QueryState::confirmed;
  if (t.fenced) return QueryState::cancelled;
  if (t.held) return QueryState::tried;
  return t.refused ? QueryState::refused : QueryState::unknown;
}

void World::arrive_at_participant(const Effect& call, TimeMs now) {
  if (call.operation == Operation::query) {
    QueryAnswered says;
    says.step = call.step;
    says.attempt = call.attempt;
    says.says = look(call.step);
    if (faults && chance(random_, 10)) says.says = QueryState::pending;
    if (faults && chance(random_, 10)) says.says = QueryState::no_answer, says.cause = Cause::answer_timeout;
    if (faults && chance(random_, 6)) {
      says.says = static_cast<QueryState>(between(random_, 1, 7));
      lied = true;
    }
    if (!faults || chance(random_, 90))
      post(now + DurationMs{between(random_, 0, 20)}, true, {TimeMs{}, 0, says});
    return;
  }
  if (faults && chance(random_, 3)) return reply(call, Outcome::fault, now);
  if (faults && chance(random_, 4)) return reply(call, Outcome::not_now, now);  // without having done it
  const Outcome outcome = work(call);
  if (!faults || !chance(random_, 30)) return reply(call, outcome, now);
  switch (random_() % 7) {
    case 0:
      return;  // the answer is lost
    case 1:
      return reply(call, Outcome::unknown, now);  // ... and it is noticed
    case 2:
      return reply(call, Outcome::not_now, now);  // done all the same
    case 3:                                       // the answer comes twice
      reply(call, outcome, now);
      return reply(call, outcome, now + DurationMs{between(random_, 0, 30'000)});
    case 4:
      return reply(call, outcome, now + DurationMs{between(random_, 1'000, 100'000)});
    case 5: {  // 202, and a callback that may never come
      if (chance(random_, 90)) reply(call, Outcome::accepted, now);
      Told told;
      told.step = call.step;
      told.operation = call.operation;
      told.outcome = outcome;
      if (chance(random_, 10)) {
        told.outcome = outcome == Outcome::done ? Outcome::refused : Outcome::done;
        lied = true;
      }
      for (unsigned n = static_cast<unsigned>(random_() % 3); n > 0; --n)
        post(now + DurationMs{between(random_, 0, 60'000)}, false, {TimeMs{}, 0, told});
      return;
    }
    default: {
      reply(call, outcome, now);
      if (!chance(random_, 20)) return;
      Told lie;  // of any step and operation
      lie.step = static_cast<std::uint8_t>(random_() % (truth.size() + 1));
      lie.operation = static_cast<Operation>(between(random_, 1, 4));
      lie.outcome = chance(random_, 50) ? Outcome::done : Outcome::refused;
      lied = true;
      post(now + DurationMs{between(random_, 0, 60'000)}, false, {TimeMs{}, 0, lie});
    }
  }
}

void World::reply(const Effect& call, Outcome outcome, TimeMs now) {
  if (call.operation == Operation::query) {
    QueryAnswered none;
    none.step = call.step;
    none.attempt = call.attempt;
    none.cause = Cause::reset;
    return post(now, true, {TimeMs{}, 0, none});
  }
  Answered e;
  e.step = call.step;
  e.operation = call.operation;
  e.attempt = call.attempt;
  e.outcome = outcome;
  if (outcome == Outcome::unknown) e.cause = Cause::answer_timeout;
  if (outcome == Outcome::not_now) e.cause = Cause::throttled;
  if (outcome == Outcome::fault) e.cause = Cause::bad_status;
  if (outcome == Outcome::refused)
    e.cause = call.operation == Operation::try_ ? Cause::business_refusal : Cause::contradiction;
  if (outcome == Outcome::not_now && chance(random_, 50)) e.retry_after.count = between(random_, 0, 100'000);
  if (outcome == Outcome::done && call.operation == Operation::try_ && chance(random_, 20))
    e.expires_at = now + DurationMs{between(random_, -1'000, 400'000)};
  post(now + DurationMs{between(random_, 0, 20)}, true, {TimeMs{}, 0, e});
}

}  // namespace settle::test
