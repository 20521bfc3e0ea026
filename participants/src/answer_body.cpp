#include "answer_body.hpp"

#include <algorithm>

#include "json_object.hpp"
#include "sealing.hpp"
#include "settle/participants/protocol.hpp"
#include "time_text.hpp"

namespace settle {
namespace {

// A hold whose end cannot be read might end before the decision: a broken answer, not one without an end.
Result<TimeMs> read_expires_at(const std::vector<JsonMember>& members) {
  const JsonMember* member = json_find(members, "expires_at");
  if (member == nullptr || member->value == "null") return TimeMs{};
  const auto text = json_string(*member);
  const auto time = text ? parse_rfc3339_utc(*text) : std::nullopt;
  if (!time) return Error{"invalid_object", "/expires_at: not an RFC 3339 time in UTC"};
  return *time;
}

bool is_code_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '_' ||
         c == ':' || c == '-';
}

std::optional<std::string> string_at(const std::vector<JsonMember>& members, std::string_view name) {
  const JsonMember* member = json_find(members, name);
  return member == nullptr ? std::nullopt : json_string(*member);
}

}  // namespace

bool is_code(std::string_view code) {
  return !code.empty() && code.size() <= 64 && std::all_of(code.begin(), code.end(), is_code_char);
}

std::string clip_detail(std::string detail) {
  if (detail.size() <= error_detail_bytes_max) return detail;
  std::size_t end = error_detail_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(detail[end]) & 0xc0) == 0x80) --end;
  detail.resize(end);
  return detail;
}

Result<StepResult> read_result(std::string_view text, const ResultPlace& place, const KeyRing& keys) {
  StepResult result;
  if (json_trim(text).empty()) return result;
  if (text.size() > result_bytes_max) return Error{"invalid_object", ": larger than 32 KiB"};
  if (!is_json_object(text)) return Error{"invalid_object", ": not a JSON object"};
  const auto members = json_members(text);
  if (!members) return Error{"invalid_object", ": not a JSON object"};
  if (place.operation == Operation::try_) {
    const auto expires_at = read_expires_at(*members);
    if (!expires_at) return expires_at.error();
    result.expires_at = *expires_at;
  }
  if (place.step.secrets.empty() && !may_hold_sealed(text) && text.find('\\') == std::string_view::npos) {
    result.text = json_trim(text);
    return result;
  }
  auto sealed = seal_fields(text, place.step.secrets, seal_context(place.purchase, place.step), keys);
  if (!sealed) return Error{"invalid_object", ": " + sealed.error().detail};
  if (sealed->size() > stored_result_bytes_max)
    return Error{"invalid_object", ": larger than 48 KiB once its secrets are sealed"};
  result.text = std::move(*sealed);
  return result;
}

ProblemText read_problem(std::string_view body, std::string fallback) {
  ProblemText problem{std::move(fallback), ""};
  if (!is_json_object(body)) return problem;
  const auto members = json_members(body);
  if (!members) return problem;
  if (auto code = string_at(*members, "code"); code && is_code(*code)) problem.code = std::move(*code);
  auto detail = string_at(*members, "detail");
  if (!detail) detail = string_at(*members, "title");
  if (detail) problem.detail = clip_detail(std::move(*detail));
  return problem;
}

}  // namespace settle
