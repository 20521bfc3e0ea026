#pragma once
// A purchase as the API shows it (schema Purchase of docs/openapi.yaml).

#include <string>

#include "json_writer.hpp"
#include "language.hpp"
#include "settle/coordinator/engine.hpp"
#include "settle/coordinator/http_server.hpp"

namespace settle {

struct PurchaseNote {
  TimeMs at;
  std::string who, text;
};

// The resolve that waits for a second person (schema Proposal).
void append_proposal(JsonWriter& json, const Step& step);

// Appends. With `results` the participants' answers too; secrets are unsealed only when everything is
// confirmed.
// `notes`, if it is not null, newest first.
void append_purchase(std::string& out, const PurchaseView& view, const KeyRing& keys, bool results,
                     Language language = Language::english, const std::vector<PurchaseNote>* notes = nullptr);
// An answer that shows one purchase, whole.
ServerResponse purchase_response(int status, const PurchaseView& view, const KeyRing& keys,
                                 std::string headers, Language language,
                                 const std::vector<PurchaseNote>* notes = nullptr);

// Everything is confirmed, or everything is undone: what the shop waits for.
bool settled_for_shop(const Purchase& purchase);
// pending, processing, completed, failed, expired.
const char* shop_status(const Purchase& purchase);

}  // namespace settle
