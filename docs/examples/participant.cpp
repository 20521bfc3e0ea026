// A whole participant on the kit: it lends out 100 seats. The same as participant.py.

#include "settle/kit/participant.hpp"
#include "settle/kit/service_main.hpp"

using namespace settle::kit;

namespace {

// Each of the three runs at most once per purchase and step, in the transaction that also inserts the fence.
Answer hold(const Call& call, Transaction& transaction) {
  const auto taken = transaction.row("SELECT coalesce(sum(quantity), 0) FROM seats");
  if (taken && taken->integer(0) + call.quantity > 100) {
    return Answer::refused("out_of_seats", "not enough seats are left");
  }
  transaction.run("INSERT INTO seats VALUES (?, ?, ?, 'held')",
                  {call.key.purchase, call.key.step, call.quantity});
  return Answer::done({{"seats", call.quantity}});
}

Answer take(const Call& call, Transaction& transaction) {
  transaction.run("UPDATE seats SET state = 'taken' WHERE purchase = ? AND step = ?",
                  {call.key.purchase, call.key.step});
  return Answer::done();
}

Answer release(const Call& call, Transaction& transaction) {
  transaction.run("DELETE FROM seats WHERE purchase = ? AND step = ?", {call.key.purchase, call.key.step});
  return Answer::done();
}

settle::Result<Routes> build(ServiceContext& context) {
  Transaction transaction = context.database.begin();
  transaction.run(
      "CREATE TABLE IF NOT EXISTS seats (purchase, step, quantity, state, PRIMARY KEY (purchase, step))");
  if (const auto stored = transaction.commit(); !stored) return stored.error();
  auto participant = Participant::create(context.database, context.secrets,
                                         {Local{hold}, Local{take}, Local{release}}, &context.reporter);
  if (!participant) return participant.error();
  return participant.value()->routes(context.options.base_path);
}

}  // namespace

int main(int argc, char** argv) {
  return service_main(argc, argv, {"seats", "lends out 100 seats", {}}, build);
}
