#pragma once
// What people are told, in English and Chinese: the titles of problems, and why a purchase was cancelled.

#include <string_view>

#include "language.hpp"

namespace settle {

// The title of a problem of the API's table. Empty: there is no such sentence.
std::string_view problem_sentence(std::string_view code, Language language);

// Whether the table has a sentence of its own for this reason of a cancellation.
bool is_known_reason(std::string_view code);
// Why a purchase was cancelled; a general sentence for a code that is not in the table.
std::string_view reason_sentence(std::string_view code, Language language);

}  // namespace settle
