#pragma once
// JSON by direct appending: the bodies of calls are written thousands of times a second, without a tree in
// between.

#include <cstdint>
#include <string>
#include <string_view>

namespace settle {

// Appends `text` quoted and escaped. `text` is UTF-8 already: what is no ASCII passes as it is.
void append_json_string(std::string& out, std::string_view text);
void append_json_number(std::string& out, std::int64_t number);

}  // namespace settle
