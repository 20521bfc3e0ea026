#pragma once
// Which dead letters: read from a query string, and from the body of a bulk act.

#include <initializer_list>
#include <optional>
#include <string_view>

#include "api_fields.hpp"
#include "settle/coordinator/dead_letters.hpp"

namespace settle {

inline constexpr std::size_t letter_text_bytes_max = 128;
inline constexpr std::int64_t letter_age_s_max = 10'000'000;

std::optional<Cause> parse_cause(std::string_view text);
std::optional<Operation> parse_operation(std::string_view text);

// The filter's members of a body. Problems go to `fields`.
ListQuery read_letters(BodyFields& fields);
// Those of a reopen: purchases that were cancelled for the reason `code`, and not reopened.
ListQuery read_cancelled(BodyFields& fields);

}  // namespace settle
