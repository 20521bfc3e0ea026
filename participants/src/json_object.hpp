#pragma once
// The top level of a JSON object as views into its text. Results of participants are kept as text, byte for
// byte as they came, and only ever taken apart at their top level: to seal, to merge, to read one field.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace settle {

inline constexpr std::size_t json_depth_max = 64;

// Whether `text` is one JSON object: well-formed, valid UTF-8, no deeper than json_depth_max, no NUL, no BOM.
bool is_json_object(std::string_view text);

struct JsonMember {
  std::string_view key;    // between the quotes, still escaped
  std::string_view value;  // as written
};

// The members in their order, duplicates included. nullopt: not an object. Safe on any bytes; complete only
// on text for which is_json_object holds.
std::optional<std::vector<JsonMember>> json_members(std::string_view object);

// A quoted string's content without its escapes.
std::string json_unescape(std::string_view quoted_content);
bool json_key_is(const JsonMember& member, std::string_view name);

// The member's value as a string; nullopt when it is something else.
std::optional<std::string> json_string(const JsonMember& member);
// The last member of that name, as a reader of JSON would take it; nullptr: none.
const JsonMember* json_find(const std::vector<JsonMember>& members, std::string_view name);

std::string_view json_trim(std::string_view text);

}  // namespace settle
