#pragma once
// The hands of a person on what is with people: which purchases, what is done to them, alone and in bulk, and
// what came of it (docs/retry.md, "A person's hands").

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "settle/statemachine/purchase.hpp"

namespace settle {

struct Act {
  std::string who, why;
  std::string evidence{};  // of a resolve: how `who` knows; at most evidence_bytes_max
  // Of a resolve as done: what the operation would have answered, a JSON object's text; empty: none. In the
  // clear: it is bounded and sealed as an answer's is.
  std::string result{};
};

struct ListQuery {
  // At most one of the first three narrows the index that is read; the rest filters.
  std::optional<std::string> shop, order_id, buyer;
  std::optional<PurchaseState> state;
  bool needs_person = false;
  TimeMs since, until;                            // submitted at or after, and before; 0: any
  std::optional<std::string> reason, definition;  // why it was cancelled, by code
  bool never_reopened = false;
  std::optional<bool> notified;  // only completed purchases, of which each delivery arrived, or not
  // Only purchases with a dead letter that is all of these.
  bool parked = false;
  std::optional<Cause> cause;
  std::optional<Operation> operation;
  std::optional<std::string> target, merchant, step, code;
  DurationMs parked_for{0};             // at least; 0: any
  std::optional<std::string> assignee;  // empty: nobody's
  std::string cursor;
  std::size_t limit = 50;           // 1..200
  std::size_t look_at_max = 5'000;  // entries of the index; a page may then be short, its cursor goes on
};
bool matches(const ListQuery& query, const Definition& definition, const Purchase& purchase, TimeMs now);

// The purchase's dead letters that are what `query` asks: steps that are parked (or probe), by number. Where
// there is none, and the decision is overdue, that is one of its own: it is in its try, has the code
// decision_overdue, and neither cause nor target.
inline constexpr int of_decision = -1;
inline constexpr const char* overdue_code = "decision_overdue";
std::vector<int> dead_letters(const ListQuery& query, const Definition& definition, const Purchase& purchase,
                              TimeMs now);
// Since when that one is with a person; 0: it is not.
TimeMs overdue_since(const Purchase& purchase);
// Whether all that was to be delivered was; nothing while it is not completed, or where nothing is delivered.
std::optional<bool> notified(const Definition& definition, const Purchase& purchase);

// How many there are; counted no further than this.
inline constexpr std::uint64_t letters_counted_max = 10'000;
struct LetterCount {
  std::uint64_t letters = 0;
  bool exact = true;             // false: there may be more
  std::uint64_t unreadable = 0;  // purchases that cannot be read; alerted
  std::map<Cause, std::uint64_t> by_cause;
};

// What can be done to many. Numbers are in the journal's documents: never reuse one.
enum class Deed : std::uint8_t { retry = 1, resolve = 2, reopen = 3, cancel = 4, assign = 5, note = 6 };
inline constexpr int deed_count = 6;
const char* name_of(Deed deed);

inline constexpr std::uint32_t bulk_targets_max = 10'000;
struct BulkOrder {
  Act act;
  Deed deed = Deed::retry;
  ListQuery letters;  // `parked`, but for reopen; its cursor and limit are not used
  Resolution resolution = Resolution::done;
  std::string to, text;                          // of assign (empty: nobody), of note
  std::uint32_t targets_max = bulk_targets_max;  // steps (retry, resolve) or purchases (the others); 1..
};

struct BulkRefusal {
  PurchaseId purchase;
  std::string step, code, detail;
};
inline constexpr std::size_t bulk_refusals_kept = 100;

struct BulkReport {
  std::string id;
  BulkOrder order;
  TimeMs started_at, finished_at;  // 0: it goes on
  std::uint64_t matched = 0, done = 0, refused = 0, failed = 0;
  std::uint64_t proposed = 0;    // waits for a second person
  std::uint64_t unreadable = 0;  // purchases that cannot be read, and were passed over; alerted
  std::uint32_t resumed = 0;     // how often a restart cut it off
  Act stopped;                   // who stopped it, and why; empty: nobody did
  std::vector<BulkRefusal> refusals;
};

// What a bulk act would do now.
inline constexpr std::size_t forecasts_shown = 20;
struct BulkForecast {
  std::uint64_t matched = 0;  // at most the order's targets_max
  bool exact = true;          // false: there may be more
  std::uint64_t unreadable = 0;
  struct One {
    PurchaseId purchase;
    std::string order_id, step;
    bool refused = false;
    std::string would;  // the transitions and calls, or why it is refused
  };
  std::vector<One> first;
};

// Open, with neither a wake-up nor a person: nothing would ever happen to it again. No state table leads
// there.
bool forgotten(const Definition& definition, const Purchase& purchase);

// What a sweep found (I17).
struct SweepReport {
  TimeMs started_at, finished_at;
  std::uint64_t purchases = 0;   // open ones that were looked at, on disk and in memory
  std::uint64_t entries = 0;     // of the due index
  std::uint64_t missing = 0;     // purchases without the wake-up that they are owed
  std::uint64_t stale = 0;       // entries of purchases with another wake-up, or with none
  std::uint64_t repaired = 0;    // of both
  std::uint64_t unreadable = 0;  // purchases that cannot be read; alerted
  std::uint64_t forgotten =
      0;  // open ones with neither a wake-up nor a person; alerted, and listed with people
};

}  // namespace settle
