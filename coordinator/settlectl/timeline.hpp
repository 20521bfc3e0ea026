#pragma once
// A journal record told in words: who did what, what came of it, and why.

#include <optional>
#include <string>
#include <vector>

#include "api.hpp"

namespace settle::ctl {

struct Moment {
  std::int64_t at_ms = 0;
  std::string step;     // empty: the purchase itself
  std::string what;     // "try 1: answered done, 200, in 12 ms"
  std::string changes;  // "trying → tried"
  bool bad = false;     // an error, a refusal, a parking
  bool human = false;   // an act of a person
};

// `steps`: names by index, for records that give an index only.
Moment moment_of(const Json& record, const std::vector<std::string>& steps);

// The whole story of a purchase, under a heading.
void print_timeline(const Console& console, const std::vector<Json>& records,
                    const std::vector<std::string>& steps);

}  // namespace settle::ctl
