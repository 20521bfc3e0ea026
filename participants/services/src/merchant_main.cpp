// A merchant is no participant: it holds nothing and has no barrier. It notes what it is told, as often as it
// is told.

#include <chrono>

#include "settle/services/frame.hpp"
#include "settle/services/merchant_book.hpp"

namespace {

using namespace settle;

std::int64_t now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

kit::Response take_delivery(kit::Database& database, const kit::Secrets& secrets, const kit::Request& request,
                            const services::Mischief& mischief) {
  if (auto refusal = kit::refuse_unauthentic(request, secrets, now_s(), false)) return *refusal;
  if (mischief.refuse) return kit::problem(409, "refused", "refused, as it was told to");
  {
    kit::Transaction transaction = database.begin();
    services::note_delivery(transaction, std::string(request.header("webhook-id")), request.body, now_s());
    services::die_if(mischief, "before_commit");
    if (!transaction.commit()) return kit::problem(503, "database", "the delivery cannot be written");
  }
  services::die_if(mischief, "after_commit");
  return {200, "text/plain; charset=utf-8", "success", {}};
}

Result<kit::Routes> build(kit::ServiceContext& context) {
  {
    kit::Transaction transaction = context.database.begin();
    services::create_deliveries(transaction);
    if (const Status stored = transaction.commit(); !stored) return stored.error();
  }
  const auto behaviour = std::make_shared<services::Behaviour>();
  kit::Routes routes;
  routes["POST " + context.options.base_path + "/callback"] =
      services::misbehaving(behaviour, "deliver",
                            [&database = context.database, secrets = context.secrets](
                                const kit::Request& request, const services::Mischief& mischief) {
                              return take_delivery(database, secrets, request, mischief);
                            });
  if (context.options.admin)
    services::add_admin(routes, behaviour, context.database, services::delivery_books);
  return routes;
}

}  // namespace

int main(int argc, char** argv) {
  const kit::ServiceSpec spec{"settle-merchant", "reference merchant that receives callbacks", {}};
  return kit::service_main(argc, argv, spec, build);
}
