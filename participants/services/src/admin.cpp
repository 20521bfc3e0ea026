#include "settle/services/frame.hpp"

namespace settle::services {

namespace {

kit::Response json(const nlohmann::json& body) {
  return {200, "application/json", body.dump(), {}};
}

kit::Response malformed(const std::string& detail) {
  return kit::problem(400, "body_malformed", detail);
}

}  // namespace

void add_admin(kit::Routes& routes, const std::shared_ptr<Behaviour>& behaviour, kit::Database& database,
               const std::function<nlohmann::json(kit::Transaction&)>& books) {
  using Request = std::shared_ptr<const kit::Request>;
  routes["POST /admin/behave"] = [behaviour](const Request& request, const kit::Reply& reply) {
    const auto body = nlohmann::json::parse(request->body, nullptr, false);
    const auto rule = parse_rule(body, std::chrono::steady_clock::now());
    if (!rule) return reply(kit::problem(400, rule.error().code, rule.error().detail));
    behaviour->add(*rule);
    reply(json({{"rules", behaviour->rules()}}));
  };
  routes["GET /admin/behave"] = [behaviour](const Request&, const kit::Reply& reply) {
    reply(json({{"rules", behaviour->rules()}}));
  };
  routes["DELETE /admin/behave"] = [behaviour](const Request&, const kit::Reply& reply) {
    behaviour->clear();
    reply(json({{"rules", 0}}));
  };
  routes["GET /admin/books"] = [&database, books](const Request&, const kit::Reply& reply) {
    kit::Transaction transaction = database.begin();
    const nlohmann::json found = books(transaction);
    reply(transaction.failed() ? kit::problem(503, "database", "the books cannot be read") : json(found));
  };
}

void add_stock(kit::Routes& routes, kit::Database& database,
               const std::function<void(kit::Transaction&, const std::string&, std::int64_t)>& set_stock) {
  routes["POST /admin/stock"] = [&database, set_stock](const std::shared_ptr<const kit::Request>& request,
                                                       const kit::Reply& reply) {
    const auto body = nlohmann::json::parse(request->body, nullptr, false);
    const bool whole = body.is_object() && body.contains("sku") && body["sku"].is_string() &&
                       body.contains("quantity") && body["quantity"].is_number_unsigned() &&
                       body["quantity"].get<std::uint64_t>() <= 1'000'000'000;
    if (!whole) return reply(malformed("sku (a string) and quantity (0 to 1000000000) are needed"));
    kit::Transaction transaction = database.begin();
    set_stock(transaction, body["sku"], body["quantity"]);
    const bool stored = transaction.commit().ok();
    reply(stored ? json(body) : kit::problem(503, "database", "the stock cannot be written"));
  };
}

}  // namespace settle::services
