#pragma once
// JSON that people wrote, strictly: duplicate members, depth and size are errors, each with its place.

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace settle {

inline constexpr std::size_t document_bytes_max = 64 << 10;

// The tree in `into`, or what is wrong, for people.
std::optional<std::string> parse_strictly(std::string_view text, nlohmann::json& into);

}  // namespace settle
