#pragma once
// The strict reading of bodies: nothing is built that breaks a rule, and what breaks one is pointed at.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "api_problem.hpp"

namespace settle {

inline constexpr std::size_t json_nesting_max = 16;  // containers within each other, the outermost included

// Reads the whole of `text` into `into`. Problems: malformed_json, json_too_deep, duplicate_name,
// invalid_utf8, number_out_of_range (an integer beyond 64 bits, a float beyond double).
std::optional<Problem> read_json(std::string_view text, nlohmann::json& into);

bool is_utf8(std::string_view text);

// One step of a JSON pointer, escaped (RFC 6901).
void append_pointer(std::string& pointer, std::string_view name);

}  // namespace settle
