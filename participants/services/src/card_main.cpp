#include "settle/services/books.hpp"
#include "settle/services/frame.hpp"

int main(int argc, char** argv) {
  using namespace settle;
  const kit::ServiceSpec spec{"settle-card", "reference participant that issues card codes", {}};
  return kit::service_main(argc, argv, spec, [](kit::ServiceContext& context) {
    return services::book_routes(context, std::make_shared<services::CardBook>());
  });
}
