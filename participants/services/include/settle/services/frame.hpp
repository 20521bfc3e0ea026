#pragma once
// Puts a book behind the kit and, when --admin was given, its misbehaviour and its books behind /admin.

#include <functional>
#include <memory>

#include "settle/kit/participant.hpp"
#include "settle/kit/service_main.hpp"
#include "settle/services/behaviour.hpp"
#include "settle/services/book.hpp"

namespace settle::services {

// Adds /admin/behave (POST, GET, DELETE) and /admin/books (GET) to the routes.
void add_admin(kit::Routes& routes, const std::shared_ptr<Behaviour>& behaviour, kit::Database& database,
               const std::function<nlohmann::json(kit::Transaction&)>& books);

// Adds POST /admin/stock.
void add_stock(kit::Routes& routes, kit::Database& database,
               const std::function<void(kit::Transaction&, const std::string&, std::int64_t)>& set_stock);

// A route with stalling, answering late and answering something else done to it. `operation` names it to the
// rules, and `then` gets what was drawn.
kit::Route misbehaving(const std::shared_ptr<Behaviour>& behaviour, const std::string& operation,
                       const std::function<kit::Response(const kit::Request&, const Mischief&)>& then);

// Stops the process the hard way, as kill -9 does.
void die_if(const Mischief& mischief, const std::string& point);

Result<kit::Routes> book_routes(kit::ServiceContext& context, const std::shared_ptr<Book>& book);

// A flag's value as a whole number. Errors: usage.
Result<std::int64_t> number_flag(const kit::ServiceOptions& options, const std::string& name);

}  // namespace settle::services
