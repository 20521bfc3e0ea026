// What a participant reports by callback (docs/participant-protocol.md, section 4).

#include "answer_body.hpp"
#include "json_object.hpp"
#include "settle/participants/protocol.hpp"

namespace settle {
namespace {

Error invalid(std::string detail) {
  return {"invalid_callback", std::move(detail)};
}

std::optional<std::string> string_of(const std::vector<JsonMember>& members, std::string_view name) {
  const JsonMember* member = json_find(members, name);
  return member == nullptr ? std::nullopt : json_string(*member);
}

Status read_refusal(Told& told, const std::vector<JsonMember>& members) {
  const auto code = string_of(members, "code");
  if (!code || !is_code(*code))
    return invalid("/code: must be 1 to 64 letters, digits, '.', '_', ':' or '-'");
  told.code = *code;
  if (json_find(members, "detail") == nullptr) return ok();
  auto detail = string_of(members, "detail");
  if (!detail) return invalid("/detail: must be a string");
  told.detail = clip_detail(std::move(*detail));
  return ok();
}

Status read_done(Told& told, const std::vector<JsonMember>& members, const ResultPlace& place,
                 const KeyRing& keys) {
  const JsonMember* member = json_find(members, "result");
  if (member == nullptr || member->value == "null") return ok();
  auto result = read_result(member->value, place, keys);
  if (!result) return invalid("/result" + result.error().detail);
  told.result = std::move(result->text);
  told.expires_at = result->expires_at;
  return ok();
}

}  // namespace

Result<Told> parse_callback(std::string_view body, const Definition& definition, const Purchase& purchase,
                            std::uint8_t step, Operation operation, const KeyRing& keys) {
  if (step >= definition.steps.size()) return invalid(": the step is not in the definition");
  if (body.size() > answer_body_bytes_max) return invalid(": larger than 64 KiB");
  const auto members = is_json_object(body) ? json_members(body) : std::nullopt;
  if (!members) return invalid(": must be a JSON object");
  const auto outcome = string_of(*members, "outcome");
  Told told;
  told.step = step;
  told.operation = operation;
  Status read = invalid("/outcome: must be \"done\" or \"refused\"");
  if (outcome == "done") {
    told.outcome = Outcome::done;
    read = read_done(told, *members, {purchase.id, definition.steps[step], operation}, keys);
  } else if (outcome == "refused") {
    told.outcome = Outcome::refused;
    read = read_refusal(told, *members);
  }
  if (!read) return read.error();
  return told;
}

}  // namespace settle
