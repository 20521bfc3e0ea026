#pragma once
// What a merchant notes of the deliveries that it gets.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "settle/kit/sqlite.hpp"

namespace settle::services {

void create_deliveries(kit::Transaction& transaction);
// Stores a delivery, or counts one more of the same webhook-id.
void note_delivery(kit::Transaction& transaction, const std::string& webhook_id, const std::string& body,
                   std::int64_t now_s);
nlohmann::json delivery_books(kit::Transaction& transaction);

}  // namespace settle::services
