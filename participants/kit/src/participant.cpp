#include "settle/kit/participant.hpp"

#include <chrono>
#include <exception>
#include <utility>

#include "settle/kit/digest.hpp"
#include "settle/kit/epochs.hpp"

namespace settle::kit {

namespace {

std::int64_t system_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Response stale_epoch() {
  return problem(412, "stale_epoch", "a newer epoch of this shard was seen");
}

// An author's exception must not leave a half-done call behind: it counts as "not now", and is undone.
template <class Work, class... Arguments>
Answer guarded(const Work& work, Arguments&... arguments) {
  try {
    return work(arguments...);
  } catch (const std::exception&) {
    return Answer::not_now("handler_failed", "the participant could not do the work");
  }
}

}  // namespace

std::optional<Response> refuse_unauthentic(const Request& request, const Secrets& secrets, std::int64_t now_s,
                                           bool digest_required) {
  const std::string_view timestamp = request.header("webhook-timestamp");
  if (!timestamp_fresh(timestamp, now_s)) {
    return problem(401, "signature_refused", "webhook-timestamp is missing or more than 5 minutes off");
  }
  if (!secrets.verify(request.header("webhook-id"), timestamp, request.body,
                      request.header("webhook-signature"))) {
    return problem(401, "signature_refused", "webhook-signature is missing or fits no secret");
  }
  const std::string_view digest = request.header("content-digest");
  if (digest.empty() && !digest_required) return std::nullopt;
  if (digest.empty()) return problem(400, "header_missing", "content-digest is missing");
  if (!digest_matches(digest, request.body)) {
    return problem(400, "digest_mismatch", "content-digest is not the sha-256 of the body");
  }
  return std::nullopt;
}

Participant::Participant(Database& database, Secrets secrets, Handlers handlers, Reporter* reporter,
                         ParticipantOptions options)
    : database_(database),
      secrets_(std::move(secrets)),
      handlers_(std::move(handlers)),
      reporter_(reporter),
      options_(std::move(options)) {
  if (!options_.now_s) options_.now_s = system_seconds;
}

Result<std::shared_ptr<Participant>> Participant::create(Database& database, Secrets secrets,
                                                         Handlers handlers, Reporter* reporter,
                                                         ParticipantOptions options) {
  Transaction transaction = database.begin();
  create_epochs(transaction);
  create_barrier(transaction);
  if (const Status stored = transaction.commit(); !stored) return stored.error();
  return std::shared_ptr<Participant>(
      new Participant(database, std::move(secrets), std::move(handlers), reporter, std::move(options)));
}

Routes Participant::routes(const std::string& base_path) {
  Routes routes;
  for (const Operation operation :
       {Operation::try_, Operation::confirm, Operation::cancel, Operation::query}) {
    routes["POST " + base_path + "/" + std::string(name_of(operation))] =
        [self = shared_from_this(), operation](const std::shared_ptr<const Request>& request,
                                               const Reply& reply) {
          reply(self->handle(operation, *request));
        };
  }
  return routes;
}

Response Participant::handle(Operation operation, const Request& request) {
  if (auto refusal = refuse_unauthentic(request, secrets_, options_.now_s(), true)) return *refusal;
  const auto call = parse_call(request, operation);
  if (!call) return problem(400, call.error().code, call.error().detail);
  if (operation == Operation::query) return query(*call);
  const Handler& handler = operation == Operation::try_      ? handlers_.try_
                           : operation == Operation::confirm ? handlers_.confirm
                                                             : handlers_.cancel;
  return std::visit([this, &call](const auto& one) { return run(*call, one); }, handler);
}

Response Participant::query(const Call& call) {
  Transaction transaction = database_.begin();
  if (!epoch_current(transaction, call.epoch)) return stale_epoch();
  const nlohmann::json state = state_of(transaction, call.key.purchase, call.key.step);
  if (!transaction.commit()) return problem(503, "database", "the participant cannot read its database");
  return to_response(Answer::done(state));
}

std::optional<Answer> Participant::admit(Transaction& transaction, const Call& call) const {
  if (transaction.failed()) return std::nullopt;
  const Key tried{call.key.purchase, call.key.step, Operation::try_};
  const bool busy = under_way_.count(call.key) > 0 ||
                    (call.key.operation == Operation::cancel && under_way_.count(tried) > 0);
  if (busy) return Answer::not_now("in_progress", "a call of this step is still being worked on", 1, 425);
  return std::nullopt;
}

Response Participant::run(const Call& call, const Local& handler) {
  Transaction transaction = database_.begin();
  if (!epoch_current(transaction, call.epoch)) return stale_epoch();
  if (const auto answer = admit(transaction, call)) return conclude(std::move(transaction), call, *answer);
  const Answer answer =
      pass(transaction, call, options_.now_s(),
           [&handler](const Call& one, Transaction& within) { return guarded(handler.work, one, within); });
  return conclude(std::move(transaction), call, answer);
}

Response Participant::run(Call call, const FenceFirst& handler) {
  {
    Transaction transaction = database_.begin();
    if (!epoch_current(transaction, call.epoch)) return stale_epoch();
    if (const auto answer = admit(transaction, call)) return conclude(std::move(transaction), call, *answer);
    const Entry entry = enter(transaction, call.key, call.callback, options_.now_s());
    if (entry.answer) return conclude(std::move(transaction), call, *entry.answer);
    // An orphan's worker died with an earlier process, or gave up: this call takes over.
    call.prior = entry.prior;
    // Before the commit, which lets go of the lock: a repetition that came in between would take over.
    under_way_.insert(call.key);
    if (!transaction.commit()) {
      const Transaction locked = database_.begin();
      under_way_.erase(call.key);
      return problem(503, "database", "the participant cannot write its database");
    }
  }
  if (options_.at) options_.at(call.key, Point::fence_stored);
  const Answer answer = guarded(handler.work, call);
  Transaction transaction = database_.begin();
  under_way_.erase(call.key);
  // Not now: the fence stays pending, since the remote side may have acted.
  if (answer.kind != Answer::Kind::not_now) leave(transaction, call.key, answer);
  return conclude(std::move(transaction), call, answer);
}

Response Participant::conclude(Transaction transaction, const Call& call, const Answer& answer) {
  const Telling telling = options_.telling ? options_.telling(call) : Telling{};
  const bool final = answer.kind == Answer::Kind::done || answer.kind == Answer::Kind::refused;
  const bool reportable = final && reporter_ != nullptr && !call.callback.empty();
  for (int i = 0; reportable && i < telling.reports; ++i) {
    reporter_->enqueue(transaction, call.key, call.callback, callback_body(answer));
  }
  if (options_.at) options_.at(call.key, Point::before_commit);
  if (!transaction.commit()) return store_failed(call);
  if (options_.at) options_.at(call.key, Point::after_commit);
  if (reportable && telling.reports > 0) reporter_->wake();
  return to_response(reportable && telling.say_accepted ? Answer::accepted() : answer);
}

Response Participant::store_failed(const Call& call) {
  // The work is undone, but a newer epoch stays seen.
  Transaction transaction = database_.begin();
  if (epoch_current(transaction, call.epoch)) static_cast<void>(transaction.commit());
  return problem(503, "database", "the participant cannot write its database");
}

Result<bool> Participant::finish(const Key& key, const std::function<Answer(Transaction&)>& work) {
  Transaction transaction = database_.begin();
  const auto finished = kit::finish(transaction, key, work);
  const bool final = finished && (finished->answer.kind == Answer::Kind::done ||
                                  finished->answer.kind == Answer::Kind::refused);
  const bool report = final && reporter_ != nullptr && !finished->callback.empty();
  if (report) reporter_->enqueue(transaction, key, finished->callback, callback_body(finished->answer));
  if (const Status stored = transaction.commit(); !stored) return stored.error();
  if (report) reporter_->wake();
  return final;
}

Result<std::int64_t> Participant::purge_fences(std::int64_t days, bool standing_too) {
  Transaction transaction = database_.begin();
  const std::int64_t count = purge(transaction, options_.now_s(), days, standing_too);
  if (const Status stored = transaction.commit(); !stored) return stored.error();
  return count;
}

}  // namespace settle::kit
