// Secret fields of results: sealed as soon as they arrive, unsealed only into the body of a call.

#include <algorithm>

#include "sealing.hpp"
#include "settle/participants/json_text.hpp"
#include "settle/participants/protocol.hpp"

namespace settle {
namespace {

constexpr std::string_view seal_key = "$sealed";

// A value that only looks sealed would block every later call with a failed unsealing, so nobody outside may
// send one.
bool looks_sealed(std::string_view value) {
  if (value.empty() || value.front() != '{') return false;
  const auto members = json_members(value);
  return members && json_find(*members, seal_key) != nullptr;
}

bool named(const JsonMember& member, const std::vector<std::string>& fields) {
  return std::any_of(fields.begin(), fields.end(),
                     [&member](const std::string& field) { return json_key_is(member, field); });
}

void append_key(std::string& out, const JsonMember& member) {
  if (out.size() > 1) out += ',';
  out.append("\"").append(member.key).append("\":");
}

}  // namespace

std::optional<std::string> sealed_text(std::string_view value) {
  if (value.empty() || value.front() != '{') return std::nullopt;
  const auto members = json_members(value);
  if (!members || members->size() != 1 || members->front().key != seal_key) return std::nullopt;
  return json_string(members->front());
}

bool may_hold_sealed(std::string_view object) {
  return object.find(seal_key) != std::string_view::npos;
}

std::string seal_context(const PurchaseId& purchase, const StepDefinition& step) {
  return purchase.text() + ":" + step.name;
}

Result<std::string> seal_fields(std::string_view object, const std::vector<std::string>& fields,
                                std::string_view context, const KeyRing& keys) {
  if (!is_json_object(object)) return Error{"invalid_object", "not a JSON object"};
  const auto members = json_members(object);
  if (!members) return Error{"invalid_object", "not a JSON object"};
  std::string out = "{";
  for (const JsonMember& member : *members) {
    if (looks_sealed(member.value)) return Error{"invalid_object", "a field may not look sealed"};
    append_key(out, member);
    if (!named(member, fields)) {
      out.append(member.value);
      continue;
    }
    out.append("{\"").append(seal_key).append("\":");
    append_json_string(out, keys.seal(member.value, context));
    out += '}';
  }
  out += '}';
  return out;
}

Result<std::string> unseal_fields(std::string_view object, std::string_view context, const KeyRing& keys) {
  const auto members = json_members(object);
  if (!members) return Error{"invalid_object", "not a JSON object"};
  std::string out = "{";
  for (const JsonMember& member : *members) {
    append_key(out, member);
    const auto sealed = sealed_text(member.value);
    if (!sealed) {
      out.append(member.value);
      continue;
    }
    auto plain = keys.unseal(*sealed, context);
    if (!plain) return plain.error();
    out.append(*plain);
  }
  out += '}';
  return out;
}

}  // namespace settle
