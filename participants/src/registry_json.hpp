#pragma once
// The JSON form of registrations, shared by reading (registry_read.cpp) and writing (registry_write.cpp):
//
// participant: {"name"?, "base_urls": [...], "endpoints": {"try": "/try", ...}, "secrets"?: [...],
//   "require_digest"?, "limits"?: {"connect_timeout_ms", "connections_max", "queue_max",
//   "queue_wait_max_ms"}}
// merchant: {"id"?, "url", "secrets"?, "success"?: {"statuses"?: [...], "exact_body"?}, "contact"?,
// "limits"?}
//
// "secret_count", which answers carry in place of the secrets, is read over, so that what GET gave can be PUT
// back.

#include <nlohmann/json.hpp>

#include "registry_fields.hpp"
#include "settle/participants/registry.hpp"

namespace settle {

inline constexpr Operation all_operations[] = {Operation::try_, Operation::confirm, Operation::cancel,
                                               Operation::deliver, Operation::query};

// Everything but the secrets. The name or id in the document, if any, must be the one given.
std::optional<std::string> read_participant(const nlohmann::json& object, Participant& into);
std::optional<std::string> read_merchant(const nlohmann::json& object, Merchant& into);

nlohmann::json write_participant(const Participant& participant);
nlohmann::json write_merchant(const Merchant& merchant);

}  // namespace settle
