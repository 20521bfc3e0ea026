#pragma once
// A purchase as the API shows it (schema Purchase of docs/openapi.yaml).

#include <string>

#include "settle/coordinator/engine.hpp"

namespace settle {

// Appends. With `results` the participants' answers too; secrets are unsealed only when everything is
// confirmed.
void append_purchase(std::string& out, const PurchaseView& view, const KeyRing& keys, bool results);

// Everything is confirmed, or everything is undone: what the shop waits for.
bool settled_for_shop(const Purchase& purchase);
// pending, processing, completed, failed, expired.
const char* shop_status(const Purchase& purchase);

}  // namespace settle
