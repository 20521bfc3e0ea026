#include "settle/kit/barrier.hpp"

#include <utility>

namespace settle::kit {

namespace {

struct Fence {
  std::string origin, state, result, code, detail;
};

std::string op(const Key& key) {
  return std::string(name_of(key.operation));
}

std::optional<Fence> find(Transaction& transaction, const Key& key, Operation operation) {
  const auto row = transaction.row(
      "SELECT origin, state, result, code, detail FROM kit_fence WHERE purchase = ? AND step = ? AND "
      "operation = ?",
      {key.purchase, key.step, std::string(name_of(operation))});
  if (!row) return std::nullopt;
  return Fence{row->text(0), row->text(1), row->text(2), row->text(3), row->text(4)};
}

// True if the fence is new.
bool insert(Transaction& transaction, const Key& key, Operation operation, const std::string& state,
            const std::string& callback, std::int64_t now_s) {
  return transaction.run(
             "INSERT INTO kit_fence (purchase, step, operation, origin, state, callback, created_at) "
             "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
             {key.purchase, key.step, std::string(name_of(operation)), op(key), state, callback, now_s}) == 1;
}

void remove(Transaction& transaction, const Key& key) {
  transaction.run("DELETE FROM kit_fence WHERE purchase = ? AND step = ? AND operation = ?",
                  {key.purchase, key.step, op(key)});
}

Answer hanging() {
  return Answer::refused("fenced", "this purchase's step was cancelled before its try arrived");
}

// What a fence that was there already answers; nothing for one still pending.
std::optional<Answer> replay(const Fence& fence) {
  if (fence.state == "accepted") return Answer::accepted();
  if (fence.state == "refused") return Answer::refused(fence.code, fence.detail);
  if (fence.state == "pending") return std::nullopt;
  return Answer::done(nlohmann::json::parse(fence.result, nullptr, false));
}

Entry repeated(const Fence& fence, Prior prior = Prior::none) {
  auto answer = replay(fence);
  const bool orphan = !answer;
  return {std::move(answer), orphan, prior};
}

Entry enter_try(Transaction& transaction, const Key& key, const std::string& callback, std::int64_t now_s) {
  if (insert(transaction, key, Operation::try_, "pending", callback, now_s)) return {};
  const auto fence = find(transaction, key, Operation::try_);
  if (!fence) return {};  // the transaction has failed
  const bool settled = fence->state == "done" || fence->state == "refused";
  const bool cancelled = !settled && find(transaction, key, Operation::cancel);
  if (fence->origin == "cancel" || cancelled) return {hanging(), false, Prior::none};
  return repeated(*fence);
}

Entry enter_confirm(Transaction& transaction, const Key& key, const std::string& callback,
                    std::int64_t now_s) {
  if (!insert(transaction, key, Operation::confirm, "pending", callback, now_s)) {
    const auto fence = find(transaction, key, Operation::confirm);
    return fence ? repeated(*fence) : Entry{};
  }
  if (find(transaction, key, Operation::cancel)) {
    remove(transaction, key);
    return {Answer::refused("cancelled_before", "the step was cancelled and cannot be confirmed"), false,
            Prior::none};
  }
  const auto tried = find(transaction, key, Operation::try_);
  if (!tried || tried->state != "done") {
    remove(transaction, key);
    return {Answer::refused("not_tried", "no try of this step has succeeded"), false, Prior::none};
  }
  return {};
}

Prior prior_of(const std::optional<Fence>& tried) {
  if (!tried || tried->origin == "cancel") return Prior::none;
  if (tried->state == "pending") return Prior::in_doubt;
  return tried->state == "accepted" ? Prior::accepted : Prior::done;
}

Entry enter_cancel(Transaction& transaction, const Key& key, const std::string& callback,
                   std::int64_t now_s) {
  const bool empty = insert(transaction, key, Operation::try_, "fenced", "", now_s);
  const auto tried = find(transaction, key, Operation::try_);
  if (!insert(transaction, key, Operation::cancel, "pending", callback, now_s)) {
    const auto fence = find(transaction, key, Operation::cancel);
    return fence ? repeated(*fence, prior_of(tried)) : Entry{};
  }
  if (find(transaction, key, Operation::confirm)) {
    remove(transaction, key);
    return {Answer::refused("confirmed_before", "the step was confirmed and cannot be cancelled"), false,
            Prior::none};
  }
  if (empty || (tried && tried->state == "refused")) {  // nothing was ever held
    leave(transaction, key, Answer::done());
    return {Answer::done(), false, Prior::none};
  }
  return {std::nullopt, false, prior_of(tried)};
}

}  // namespace

void create_barrier(Transaction& transaction) {
  transaction.run(
      "CREATE TABLE IF NOT EXISTS kit_fence ("
      " purchase TEXT NOT NULL, step TEXT NOT NULL, operation TEXT NOT NULL,"
      " origin TEXT NOT NULL,"  // the operation that inserted the row: a try's row may stem from a cancel
      " state TEXT NOT NULL,"   // pending, accepted, done, refused, fenced
      " result TEXT NOT NULL DEFAULT '{}', code TEXT NOT NULL DEFAULT '', detail TEXT NOT NULL DEFAULT '',"
      " callback TEXT NOT NULL DEFAULT '', created_at INTEGER NOT NULL,"
      " PRIMARY KEY (purchase, step, operation)) WITHOUT ROWID");
}

Entry enter(Transaction& transaction, const Key& key, const std::string& callback, std::int64_t now_s) {
  SETTLE_CHECK(key.operation != Operation::query);
  if (key.operation == Operation::try_) return enter_try(transaction, key, callback, now_s);
  if (key.operation == Operation::confirm) return enter_confirm(transaction, key, callback, now_s);
  return enter_cancel(transaction, key, callback, now_s);
}

void leave(Transaction& transaction, const Key& key, const Answer& answer) {
  const bool refused = answer.kind == Answer::Kind::refused;
  if (answer.kind == Answer::Kind::not_now || (refused && key.operation != Operation::try_)) {
    remove(transaction, key);
    return;
  }
  const bool done = answer.kind == Answer::Kind::done;
  const std::string state = done ? "done" : refused ? "refused" : "accepted";
  const std::string result = answer.result.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  transaction.run(
      "UPDATE kit_fence SET state = ?, result = ?, code = ?, detail = ? "
      "WHERE purchase = ? AND step = ? AND operation = ?",
      {state, done ? result : "{}", answer.code, answer.detail, key.purchase, key.step, op(key)});
}

Answer pass(Transaction& transaction, Call call, std::int64_t now_s, const Work& work) {
  const Entry entry = enter(transaction, call.key, call.callback, now_s);
  if (entry.answer) return *entry.answer;
  if (entry.orphan) return Answer::not_now("in_progress", "this call is still being worked on", 1, 425);
  call.prior = entry.prior;
  transaction.savepoint("kit_work");
  Answer answer = work(call, transaction);
  if (answer.kind == Answer::Kind::done || answer.kind == Answer::Kind::accepted) {
    transaction.release("kit_work");
  } else {
    transaction.rollback_to("kit_work");
  }
  leave(transaction, call.key, answer);
  return answer;
}

nlohmann::json state_of(Transaction& transaction, const std::string& purchase, const std::string& step) {
  const Key key{purchase, step, Operation::query};
  const auto unfinished = [](const Fence& fence) {
    return fence.state == "pending" || fence.state == "accepted";
  };
  for (const auto& [operation, name] : {std::pair{Operation::cancel, "cancelled"},
                                        {Operation::confirm, "confirmed"},
                                        {Operation::try_, "tried"}}) {
    const auto fence = find(transaction, key, operation);
    if (!fence) continue;
    if (unfinished(*fence)) return {{"state", "pending"}};
    if (fence->state == "refused")
      return {{"state", "refused"}, {"code", fence->code}, {"detail", fence->detail}};
    return {{"state", name}, {"result", nlohmann::json::parse(fence->result, nullptr, false)}};
  }
  return {{"state", "unknown"}};
}

}  // namespace settle::kit
