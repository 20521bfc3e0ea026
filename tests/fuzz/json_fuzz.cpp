// The readers of JSON: ours of the API, that of registrations, and the one that takes objects apart without
// building a tree. All must agree with nlohmann's, but for what they are there to refuse.

#include <set>

#include "api_json.hpp"
#include "input.hpp"
#include "json_object.hpp"
#include "json_strict.hpp"
#include "settle/participants/protocol.hpp"
#include "text.hpp"

namespace settle::fuzz {
namespace {

using nlohmann::json;

// The guard of the API builds what nlohmann builds, or says what is wrong and where.
void strictly(std::string_view text, const json& theirs) {
  json mine;
  const auto problem = read_json(text, mine);
  if (!problem) {
    SETTLE_CHECK(!theirs.is_discarded() && mine == theirs);
    return;
  }
  SETTLE_CHECK(problem_kind(problem->code) != nullptr);
  const bool malformed = problem->code == "malformed_json" || problem->code == "invalid_utf8";
  SETTLE_CHECK(!malformed || theirs.is_discarded());
  const json::json_pointer pointer(problem->pointer);  // throws if it is none
}

void as_registration(std::string_view text, const json& theirs) {
  json mine;
  if (parse_strictly(text, mine)) return;
  SETTLE_CHECK(!theirs.is_discarded() && theirs.is_object() && mine == theirs);
}

// The members that the scanner finds are those that the tree has, text by text.
void taken_apart(std::string_view text, const json& theirs) {
  const auto members = json_members(text);  // safe on any bytes
  if (!is_json_object(text)) return;
  SETTLE_CHECK(members && !theirs.is_discarded() && theirs.is_object());
  std::set<std::string> names;
  for (const JsonMember& member : *members) names.insert(json_unescape(member.key));
  SETTLE_CHECK(names.size() == theirs.size());
  for (const std::string& name : names) {
    const JsonMember* found = json_find(*members, name);
    SETTLE_CHECK(found != nullptr && theirs.contains(name));
    SETTLE_CHECK(json::parse(found->value) == theirs[name]);
    const auto string = json_string(*found);
    SETTLE_CHECK(string.has_value() == theirs[name].is_string());
    SETTLE_CHECK(!string || *string == theirs[name].get_ref<const std::string&>());
  }
}

// What is sealed comes back as it was, and is not to be read before.
void sealed(std::string_view text, const json& theirs) {
  static const auto keys = KeyRing::from_bytes({1, 2, 3});
  const auto hidden = seal_fields(text, {"cards", "token"}, "purchase:step", *keys);
  if (!hidden) return;
  SETTLE_CHECK(is_json_object(*hidden));
  const auto shown = unseal_fields(*hidden, "purchase:step", *keys);
  SETTLE_CHECK(shown.ok() && json::parse(*shown) == theirs);
  SETTLE_CHECK(json::parse(*hidden).size() == theirs.size());
  for (const char* name : {"cards", "token"})
    if (theirs.contains(name)) {
      SETTLE_CHECK(json::parse(*hidden)[name].contains("$sealed"));
      SETTLE_CHECK(!unseal_fields(*hidden, "purchase:other", *keys));
    }
}

// Whatever the bytes, what is written is a JSON string.
void written(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  const json read = json::parse(out, nullptr, false);
  SETTLE_CHECK(read.is_string());
  SETTLE_CHECK(!is_utf8_text(text) || read.get_ref<const std::string&>() == text);
}

}  // namespace
}  // namespace settle::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace settle::fuzz;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  written(text);
  // nlohmann takes NUL for the end of the text; no JSON holds one.
  json theirs = json::parse(text, nullptr, false);
  if (text.find('\0') != std::string_view::npos) theirs = json(json::value_t::discarded);
  strictly(text, theirs);
  as_registration(text, theirs);
  taken_apart(text, theirs);
  sealed(text, theirs);
  return 0;
}
