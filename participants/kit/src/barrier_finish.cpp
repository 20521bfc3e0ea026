// The barrier's later half: what ends long after a call was answered (accepted work, retention).

#include "settle/kit/barrier.hpp"

namespace settle::kit {

std::optional<Finished> finish(Transaction& transaction, const Key& key,
                               const std::function<Answer(Transaction&)>& work) {
  const std::string operation(name_of(key.operation));
  const auto fence = transaction.row(
      "SELECT callback FROM kit_fence WHERE purchase = ? AND step = ? AND operation = ? AND state = "
      "'accepted'",
      {key.purchase, key.step, operation});
  const bool cancelled =
      key.operation == Operation::try_ &&
      transaction.row("SELECT 1 FROM kit_fence WHERE purchase = ? AND step = ? AND operation = 'cancel'",
                      {key.purchase, key.step});
  if (!fence || cancelled) return std::nullopt;
  transaction.savepoint("kit_work");
  const Answer answer = work(transaction);
  if (answer.kind == Answer::Kind::done) {
    transaction.release("kit_work");
  } else {
    transaction.rollback_to("kit_work");
  }
  const bool ended = answer.kind == Answer::Kind::done || answer.kind == Answer::Kind::refused;
  if (ended) leave(transaction, key, answer);
  return Finished{answer, fence->text(0)};
}

std::int64_t purge(Transaction& transaction, std::int64_t now_s, std::int64_t days, bool standing_too) {
  SETTLE_CHECK(days >= retention_days_min);
  // A step is deleted whole or not at all: a try without its cancel would be open again.
  return transaction.run(
      "DELETE FROM kit_fence WHERE (purchase, step) IN ("
      " SELECT purchase, step FROM kit_fence GROUP BY purchase, step"
      " HAVING max(created_at) < ?1"
      " AND sum(state IN ('pending', 'accepted') AND operation <> 'try') = 0"
      " AND (sum(operation <> 'try') > 0 OR sum(state = 'refused') > 0"
      "  OR (?2 AND sum(state IN ('pending', 'accepted')) = 0)))",
      {now_s - days * 86'400, static_cast<std::int64_t>(standing_too)});
}

}  // namespace settle::kit
