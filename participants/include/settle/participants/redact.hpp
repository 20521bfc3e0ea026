#pragma once
// What of a request or an answer may be kept and shown: URLs without credentials, bodies without secrets, and
// all of it bounded and valid UTF-8.

#include <string>
#include <string_view>
#include <vector>

#include "settle/statemachine/definition.hpp"

namespace settle {

// The names of fields whose values nobody may see: `cards` and what proves who speaks, then the secrets of
// every step (a participant may send back what another one's result told it). Compared without regard to
// case.
std::vector<std::string> secret_names(const Definition& definition);

enum class Redact {
  fields,    // the value of each field of such a name, at any depth
  mentions,  // and each text that mentions a step's secret by name, or gives a value to another of the names
};

// The body with {"$sealed":true} in place of what nobody may see; what is sealed already is shown so as well.
// A body that is no JSON object is left as it is, unless it mentions one of the names in this way: then
// nothing of it is left. Not cut, and UTF-8 only where the body was.
std::string redacted(std::string_view body, const std::vector<std::string>& names, Redact how);

struct Clipped {
  std::string text;  // valid UTF-8: U+FFFD for what was not
  bool cut = false;
};
// The beginning, at most `bytes_max` bytes, whole characters.
Clipped clipped(std::string_view text, std::size_t bytes_max);

// Without a user, and with `?...` for a query: both may hold credentials.
std::string shown_url(std::string_view url);

}  // namespace settle
