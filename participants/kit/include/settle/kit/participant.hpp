#pragma once
// A participant: an author's three handlers behind signature, digest, epoch and barrier.
//
//   auto participant = Participant::create(database, secrets, {Local{hold}, Local{take}, Local{release}});
//   routes = participant.value()->routes("/inventory");
//
// Threads: handlers run on the server's threads. A Local handler runs inside the database's only transaction,
// hence never beside another one. A FenceFirst handler holds no lock and runs beside others, but never twice
// at once for one key. One process per database file if FenceFirst is used.

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <variant>

#include "settle/kit/barrier.hpp"
#include "settle/kit/reporter.hpp"
#include "settle/kit/signature.hpp"

namespace settle::kit {

// The work happens in the local transaction that also inserts the fence.
struct Local {
  Work work;
};
// The fence is committed first, then the work is done elsewhere, then its result is recorded. While it is
// under way a repetition answers 425. If the process dies in between, the next repetition does the work
// again, so the remote side must know call.key.text() as an idempotency key; a cancel gets prior = in_doubt,
// and must succeed also if the remote side never heard of the try. An answer not_now leaves the operation to
// the next repetition.
struct FenceFirst {
  std::function<Answer(const Call&)> work;
};
using Handler = std::variant<Local, FenceFirst>;

struct Handlers {
  Handler try_;
  Handler confirm;
  Handler cancel;
};

// Where a test may look on, or stop the process.
// fence_stored: a FenceFirst's fence is stored, its work is still to begin.
enum class Point { before_commit, after_commit, fence_stored };

// How an outcome is told: a participant may answer 202 and report what is already done, and may report more
// than once.
struct Telling {
  int reports = 0;
  bool say_accepted = false;
};

struct ParticipantOptions {
  std::function<std::int64_t()> now_s;                    // Unix seconds; default: the system's clock
  std::function<void(const Key&, Point)> at = nullptr;    // called on the way of each operation but query
  std::function<Telling(const Call&)> telling = nullptr;  // asked once per call
};

class Participant : public std::enable_shared_from_this<Participant> {
 public:
  // Creates its tables. Errors: those of the database. `database` and `reporter` must outlive it; without a
  // reporter nothing is reported (a 202 is found by query).
  static Result<std::shared_ptr<Participant>> create(Database& database, Secrets secrets, Handlers handlers,
                                                     Reporter* reporter = nullptr,
                                                     ParticipantOptions options = {});

  // POST BASE/try, BASE/confirm, BASE/cancel, BASE/query. The routes keep the participant alive.
  Routes routes(const std::string& base_path);

  Response handle(Operation operation, const Request& request);

  // Ends an operation that answered Accepted, and has the outcome reported until the coordinator answers 200.
  // False if it no longer waits for its end (finished or cancelled): then `work` did not run. Errors: those
  // of the database.
  Result<bool> finish(const Key& key, const std::function<Answer(Transaction&)>& work);

  Result<std::int64_t> purge_fences(std::int64_t days = retention_days_min, bool standing_too = false);

 private:
  Participant(Database& database, Secrets secrets, Handlers handlers, Reporter* reporter,
              ParticipantOptions options);
  Response query(const Call& call);
  Response run(const Call& call, const Local& handler);
  Response run(Call call, const FenceFirst& handler);
  // An answer that needs no work, or nothing.
  std::optional<Answer> admit(Transaction& transaction, const Call& call) const;
  Response conclude(Transaction transaction, const Call& call, const Answer& answer);
  Response store_failed(const Call& call);

  Database& database_;
  Secrets secrets_;
  Handlers handlers_;
  Reporter* reporter_;
  ParticipantOptions options_;
  std::set<Key> under_way_;  // FenceFirst; touched only while a transaction of database_ is open
};

// The checks that come before anything is read or stored: 401 signature_refused, 400 header_missing and
// digest_mismatch. `digest_required`: merchants accept calls without a Content-Digest.
std::optional<Response> refuse_unauthentic(const Request& request, const Secrets& secrets, std::int64_t now_s,
                                           bool digest_required);

}  // namespace settle::kit
