#include "settle/services/books.hpp"
#include "settle/services/frame.hpp"

int main(int argc, char** argv) {
  using namespace settle;
  const kit::ServiceSpec spec{"settle-inventory",
                              "reference participant that keeps stock",
                              {{"default-stock", "N", "what a sku never heard of starts with", "100000"}}};
  return kit::service_main(argc, argv, spec, [](kit::ServiceContext& context) -> Result<kit::Routes> {
    const auto stock = services::number_flag(context.options, "default-stock");
    if (!stock) return stock.error();
    const auto book = std::make_shared<services::InventoryBook>(*stock);
    auto routes = services::book_routes(context, book);
    if (routes && context.options.admin) {
      services::add_stock(*routes, context.database,
                          [book](kit::Transaction& transaction, const std::string& sku,
                                 std::int64_t quantity) { book->set_stock(transaction, sku, quantity); });
    }
    return routes;
  });
}
