#pragma once
// JSON by direct appending, for what is written thousands of times a second: calls, answers, journal lines
// and logs, without a tree in between. The one place that escapes.

#include <cstdint>
#include <string>
#include <string_view>

namespace settle {

// The length of the well-formed UTF-8 sequence at `at`, or 0 (Unicode 15, table 3-7).
std::size_t utf8_sequence_length(std::string_view text, std::size_t at);

// `text` as a JSON string's inside. Bytes that are not UTF-8 become U+FFFD, so that the result is always
// valid.
void append_json_escaped(std::string& out, std::string_view text);
// The same between quotation marks.
void append_json_string(std::string& out, std::string_view text);
void append_json_number(std::string& out, std::int64_t number);

}  // namespace settle
