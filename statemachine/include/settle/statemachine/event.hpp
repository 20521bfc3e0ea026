#pragma once
// What can happen to a purchase. An event carries everything that shapes the transition, the time included,
// so that a replay of the events gives the same transitions (the second law).

#include <cstdint>
#include <string>
#include <variant>

#include "settle/statemachine/purchase.hpp"

namespace settle {

// How an answer was classified by the protocol's answer table.
enum class Outcome : std::uint8_t {
  done = 1,
  accepted = 2,  // 202
  refused = 3,   // 409, 422: a refusal on try, a contradiction on confirm and cancel
  not_now = 4,   // 425, 429, 503
  unknown = 5,   // may or may not have happened
  fault = 6,     // other 3xx, 4xx: repeating cannot help
};

// What a query says. `no_answer`: the query itself failed.
enum class QueryState : std::uint8_t {
  tried = 1,
  refused = 2,
  pending = 3,
  confirmed = 4,
  cancelled = 5,
  unknown = 6,
  no_answer = 7,
};

// The purchase begins. Only ever the first event.
struct Submitted {
  PurchaseId id;
  std::string definition;
  std::uint32_t definition_version = 0;
  Order order;
  std::array<std::uint8_t, 32> request_digest{};
  TimeMs deadline_at;      // 0: the definition's
  PurchaseId predecessor;  // of a reopened purchase
};

// The answer to a call, or the news that none will come.
struct Answered {
  std::uint8_t step = 0;
  Operation operation = Operation::try_;
  std::uint16_t attempt = 0;
  Outcome outcome = Outcome::unknown;
  Cause cause = Cause::none;
  std::uint16_t status = 0;   // HTTP status; 0: none
  DurationMs retry_after{0};  // 0: not said
  TimeMs expires_at;          // of the hold; 0: not said
  std::string code, detail;   // of a refusal or failure
  std::string result;         // JSON object text, secrets sealed; empty: none
  // For the reader of the log; they shape nothing.
  std::uint32_t took_ms = 0;
  std::string url;           // that was called, without credentials; empty: as registered, or nowhere
  std::string answer;        // the beginning of a body that was no plain success, free of secrets
  std::string content_type;  // of that body
};
inline constexpr std::size_t kept_url_bytes_max = 512;
inline constexpr std::size_t kept_answer_bytes_max = 512;
inline constexpr std::size_t kept_content_type_bytes_max = 64;

// A participant's own report by callback. `done` or `refused`.
struct Told {
  std::uint8_t step = 0;
  Operation operation = Operation::try_;
  Outcome outcome = Outcome::done;
  TimeMs expires_at;
  std::string code, detail, result;
};

struct QueryAnswered {
  std::uint8_t step = 0;
  std::uint16_t attempt = 0;
  QueryState says = QueryState::no_answer;
  Cause cause = Cause::none;
  std::uint16_t status = 0;
  TimeMs expires_at;
  std::string code, detail, result;
  std::uint32_t took_ms = 0;
  DurationMs retry_after{0};              // 0: not said
  std::string url, answer, content_type;  // as in Answered
};

struct Due {};      // the purchase's wake-up has come
struct Resumed {};  // the engine restarted: answers to calls that were in flight will not come

// Acts of people. `who` and `why` are required at the API and kept as they are.
struct CancelRequested {
  std::string who, why;
};
struct RetryRequested {
  std::string who, why;
  std::int16_t step = -1;  // -1: every step that waits or is parked
};
struct ResolveRequested {
  std::string who, why;
  std::uint8_t step = 0;
  Resolution resolution = Resolution::done;
  std::string evidence{};     // how `who` knows; at most evidence_bytes_max
  std::string proposed_by{};  // where it took two: whose proposal this confirms (I25)
  std::string result{};       // of a try or confirm that is done: as in Answered; empty: none, or as proposed
};
// The other half of a reopen: the old purchase learns of its successor.
struct Reopened {
  std::string who, why;
  PurchaseId successor;
};

// decided_by: client. A branch whose try the client made itself, and the client's decision.
struct Enlisted {
  std::uint8_t step = 0;
  std::string result;
};
struct ClientDecided {
  Decision decision = Decision::commit;
  std::string why;
};

// The buyer, or the shop, asks how the purchase stands: a try in doubt is asked about, and a confirm that
// only waits is repeated, at once (B1, C11).
struct Inquired {};
// However often a status is looked at, the participant is not asked more often for it.
inline constexpr DurationMs inquiry_gap{5'000};

// A confirm, cancel or delivery that is held for longer than this is with a person as well.
inline constexpr DurationMs held_alone{3'600'000};
// The call did not leave, and is not charged to the attempts (docs/retry.md).
struct Held {
  std::uint8_t step = 0;
  Operation operation = Operation::try_;
  std::uint16_t attempt = 0;  // the one that was counted already; 0: none was
  HeldBy by = HeldBy::breaker;
  TimeMs until;  // when it is looked at again, if nothing releases it before
};
// What delayed the step's call is gone: it is due now. So is the probe of a step that is with a person.
struct Released {
  std::uint8_t step = 0;
};

// What people tell each other about a purchase; no step of it changes.
struct Noted {
  std::string who, text;
};
struct Assigned {
  std::string who, why;
  std::string to;  // empty: nobody any more
};
// A resolve that needs a second person: it waits with the step for proposal_lasts.
struct Proposed {
  std::string who, why;
  std::uint8_t step = 0;
  Resolution resolution = Resolution::done;
  std::string evidence;
  std::string result{};  // as in ResolveRequested
};
inline constexpr DurationMs proposal_lasts{24LL * 3'600'000};

// The rules of the tables that an event was worked on by: what was written under older ones is replayed under
// these (I27, docs/adr/0010). Raised where a row, or what it does, changes for events as they were before.
//   0  as it was before there was a number
//   1  a query that does not work gives way to the try; a delivery is given up only after a call at its end
inline constexpr std::uint32_t rules_now = 1;

struct Event {
  TimeMs at;                    // engine time
  std::uint32_t queryable = 0;  // bit i: step i's target had a query endpoint when this happened
  std::variant<Submitted, Answered, Told, QueryAnswered, Due, Resumed, CancelRequested, RetryRequested,
               ResolveRequested, Reopened, Enlisted, ClientDecided, Inquired, Held, Released, Noted, Assigned,
               Proposed>
      what;
  std::uint32_t policies = 0;         // the revision of the policy set that was in force
  std::uint32_t stretch_percent = 0;  // waits of deliveries are made this long by load; 0: as they are
  // What operators are to hear of it, for readers of the journal: "CODE:STEP:OPERATION" with the two as
  // numbers, separated by commas. The engine's note of what came of the event; it shapes nothing.
  std::string notices{};
  std::uint32_t rules = rules_now;
};

// How long load makes the wait after that many attempts of an operation, in percent; 100: as it is. The first
// resend of a delivery keeps its time whatever the load is (A5); by the first rules it did not.
inline std::uint32_t stretch_of(const Event& event, Operation operation, std::uint32_t attempts) {
  if (operation != Operation::deliver || event.stretch_percent <= 100) return 100;
  return event.rules >= 1 && attempts <= 1 ? 100 : event.stretch_percent;
}

const char* name_of(Outcome outcome);
const char* name_of(QueryState state);
const char* name_of(Resolution resolution);
const char* name_of(const Event& event);

}  // namespace settle
