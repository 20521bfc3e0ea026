#include "api_problem.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "json_writer.hpp"
#include "sentences.hpp"
#include "settle/coordinator/log.hpp"

namespace settle {
namespace {

constexpr const char* problem_content_type = "application/problem+json";

constexpr std::array kinds = {
    ProblemKind{"malformed_request", 400, "Not an HTTP/1.1 request"},
    ProblemKind{"malformed_json", 400, "Not JSON"},
    ProblemKind{"json_too_deep", 400, "JSON is nested too deeply"},
    ProblemKind{"duplicate_name", 400, "A name appears twice in an object"},
    ProblemKind{"invalid_utf8", 400, "Not UTF-8"},
    ProblemKind{"number_out_of_range", 400, "A number is too large"},
    ProblemKind{"missing_idempotency_key", 400, "Idempotency-Key is missing"},
    ProblemKind{"invalid_idempotency_key", 400, "Idempotency-Key is not valid"},
    ProblemKind{"invalid_parameter", 400, "A parameter is not valid"},
    ProblemKind{"invalid_cursor", 400, "The cursor is not valid"},
    ProblemKind{"invalid_callback", 400, "The callback is not valid"},
    ProblemKind{"not_found", 404, "Not found"},
    ProblemKind{"unknown_route", 404, "No such path"},
    ProblemKind{"unknown_token", 404, "Unknown callback token"},
    ProblemKind{"method_not_allowed", 405, "Method not allowed"},
    ProblemKind{"request_timeout", 408, "The request came too slowly"},
    ProblemKind{"state_forbids", 409, "The state forbids it"},
    ProblemKind{"undo_not_over", 409, "What was cancelled may be held still"},
    ProblemKind{"proposal_differs", 409, "Something else was proposed"},
    ProblemKind{"in_use", 409, "In use"},
    ProblemKind{"second_person_needed", 409, "Another person must say the same"},
    ProblemKind{"bulk_act_running", 409, "A bulk act is under way"},
    ProblemKind{"policy_shipped", 409, "A shipped policy stays as it is"},
    ProblemKind{"policy_window_shorter", 409, "A window that is in use would end sooner"},
    ProblemKind{"contradiction", 409, "Contradicts what is known"},
    ProblemKind{"possible_duplicate", 409, "Looks like an earlier purchase; say so if another one is meant"},
    ProblemKind{"body_too_large", 413, "The body is too large"},
    ProblemKind{"unsupported_media_type", 415, "Not declared as application/json"},
    ProblemKind{"missing_field", 422, "A field is missing"},
    ProblemKind{"unknown_field", 422, "There is no such field"},
    ProblemKind{"invalid_field", 422, "A field is not valid"},
    ProblemKind{"unknown_currency", 422, "Unknown currency"},
    ProblemKind{"idempotency_key_reused", 422, "The key was used for another request"},
    ProblemKind{"cart_id_reused", 422, "The cart was used for another purchase"},
    ProblemKind{"unknown_definition", 422, "Unknown definition"},
    ProblemKind{"unknown_participant", 422, "Unknown participant"},
    ProblemKind{"missing_endpoint", 422, "An endpoint is missing"},
    ProblemKind{"unknown_merchant", 422, "Unknown merchant"},
    ProblemKind{"unknown_step", 422, "Unknown step"},
    ProblemKind{"invalid_participant", 422, "The participant is not valid"},
    ProblemKind{"invalid_merchant", 422, "The merchant is not valid"},
    ProblemKind{"invalid_definition", 422, "The definition is not valid"},
    ProblemKind{"unknown_policy", 422, "Unknown policy"},
    ProblemKind{"invalid_policy", 422, "The policy is not valid"},
    ProblemKind{"too_many_policies", 422, "There are too many policies"},
    ProblemKind{"invalid_receiver", 422, "The receiver is not valid"},
    ProblemKind{"too_many_receivers", 422, "There are too many receivers"},
    ProblemKind{"buyer_rate_limited", 429, "This buyer buys too fast; try again later", 1},
    ProblemKind{"header_too_large", 431, "The headers are too large"},
    ProblemKind{"internal", 500, "Internal error"},
    ProblemKind{"damaged", 500, "The journal is damaged"},
    ProblemKind{"io", 500, "The journal cannot be read"},
    ProblemKind{"paused", 503, "No new purchases are taken", 30},
    ProblemKind{"overloaded", 503, "Too much at once", 1},
    ProblemKind{"journal_failed", 503, "The journal cannot be written", 30},
    ProblemKind{"stopping", 503, "The daemon is stopping", 5},
    ProblemKind{"too_many_connections", 503, "Too many connections", 1},
};

}  // namespace

std::span<const ProblemKind> problem_kinds() {
  return kinds;
}

const ProblemKind* problem_kind(std::string_view code) {
  const auto* found =
      std::find_if(kinds.begin(), kinds.end(), [&](const auto& kind) { return code == kind.code; });
  return found == kinds.end() ? nullptr : &*found;
}

ServerResponse problem_response(const Problem& problem) {
  const ProblemKind* kind = problem_kind(problem.code);
  if (kind == nullptr) {
    log_error("internal error", {{"code", problem.code}, {"detail", problem.detail}});
    return problem_response(Problem{"internal", "the daemon's log says more", ""});
  }
  ServerResponse response;
  response.status = kind->status;
  response.content_type = problem_content_type;
  JsonWriter json(response.body);
  json.open_object();
  json.field("type", "about:blank");
  json.field("title", kind->title);
  json.field("status", kind->status);
  json.field("code", kind->code);
  json.field("detail", problem.detail);
  json.field_if("pointer", problem.pointer);
  for (const auto& [name, text] : problem.members) json.field(name, text);
  json.close_object();
  const int retry_after_s = problem.retry_after_s > 0 ? problem.retry_after_s : kind->retry_after_s;
  if (retry_after_s > 0) response.headers = "Retry-After: " + std::to_string(retry_after_s) + "\r\n";
  return response;
}

// On the way out, so that no handler has to know of languages; problems are small, and seldom.
void put_into_chinese(ServerResponse& response) {
  if (std::string_view(response.content_type) != problem_content_type) return;
  auto tree = nlohmann::ordered_json::parse(response.body, nullptr, false);
  if (!tree.is_object() || !tree.contains("code")) return;
  const std::string_view title = problem_sentence(tree["code"].get<std::string>(), Language::chinese);
  if (title.empty()) return;
  tree["title"] = title;
  response.body = tree.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  response.headers += chinese_header;
}

ServerResponse problem_response(const Error& error) {
  Problem problem{error.code, error.detail, ""};
  if (error.code == "failed" || error.code == "fenced")
    problem.code = "journal_failed";  // the journal's own words
  const std::size_t colon = error.detail.find(": ");
  if (colon != std::string::npos && (colon == 0 || error.detail.front() == '/')) {
    problem.pointer = error.detail.substr(0, colon);
    problem.detail = error.detail.substr(colon + 2);
  }
  return problem_response(problem);
}

}  // namespace settle
