#pragma once
// What a name could have been, for the one who is told that it is not known. Clients are helped by it, and a
// test reads from it that what is documented is what is read.

#include <string>

namespace settle {

// "; known: a, b", to be put behind what is wrong; "; there are none".
template <class Names>
std::string known_names(const Names& names) {
  std::string text;
  for (const auto& name : names) text.append(text.empty() ? "; known: " : ", ").append(name);
  return text.empty() ? "; there are none" : text;
}

}  // namespace settle
