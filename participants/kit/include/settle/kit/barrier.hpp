#pragma once
// The barrier of section 5 of the protocol: calls come twice, in the wrong order and late; the handler's work
// happens once, or not at all.
//
// All functions work within the caller's transaction, which must be the one that does the work. They touch
// the table kit_fence alone. States of a fence: pending (committed before remote work, result not known yet),
// accepted (202), done, refused.

#include <cstdint>
#include <functional>
#include <optional>

#include "settle/kit/answer.hpp"
#include "settle/kit/call.hpp"
#include "settle/kit/sqlite.hpp"

namespace settle::kit {

inline constexpr std::int64_t retention_days_min = 30;

void create_barrier(Transaction& transaction);

// What the barrier found. Either an answer that stands (a repetition, an empty cancel, a fenced try, a
// contradiction), or none: the work is to be done now, and its fence has been inserted as pending.
struct Entry {
  std::optional<Answer> answer;
  bool orphan = false;  // the fence was there, still pending: somebody works on it, or died doing so
  Prior prior = Prior::none;
};
Entry enter(Transaction& transaction, const Key& key, const std::string& callback, std::int64_t now_s);

// Records what came of the work. A not_now, and a refusal of anything but a try, take the fence away again.
void leave(Transaction& transaction, const Key& key, const Answer& answer);

using Work = std::function<Answer(const Call&, Transaction&)>;

// enter, the work, leave: all in this transaction. What the work wrote is undone unless it answers done or
// accepted; a not_now, and a refusal of anything but a try, leave no fence either.
Answer pass(Transaction& transaction, Call call, std::int64_t now_s, const Work& work);

// Ends an accepted operation. `work` runs, in this transaction, only if the operation still waits for its
// end: not if it was finished before, cancelled meanwhile, or never accepted (then: nothing).
struct Finished {
  Answer answer;
  std::string callback;
};
std::optional<Finished> finish(Transaction& transaction, const Key& key,
                               const std::function<Answer(Transaction&)>& work);

// The answer to a query, from the fences alone: {"state": …}.
nlohmann::json state_of(Transaction& transaction, const std::string& purchase, const std::string& step);

// Deletes the fences of steps at rest (refused, confirmed or cancelled) that nothing touched for `days` (at
// least retention_days_min). A hold that still stands keeps its fence however old, unless `standing_too`:
// meant for compensable steps, whose try is never confirmed. Returns the number of fences deleted.
std::int64_t purge(Transaction& transaction, std::int64_t now_s, std::int64_t days,
                   bool standing_too = false);

}  // namespace settle::kit
