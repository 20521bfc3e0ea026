#include "settle/services/books.hpp"
#include "settle/services/frame.hpp"

int main(int argc, char** argv) {
  using namespace settle;
  const kit::ServiceSpec spec{
      "settle-payment",
      "reference participant that authorises, captures and releases money",
      {{"default-balance", "N", "what an unknown buyer starts with, in minor units", "1000000000"}}};
  return kit::service_main(argc, argv, spec, [](kit::ServiceContext& context) -> Result<kit::Routes> {
    const auto balance = services::number_flag(context.options, "default-balance");
    if (!balance) return balance.error();
    return services::book_routes(context, std::make_shared<services::PaymentBook>(*balance));
  });
}
