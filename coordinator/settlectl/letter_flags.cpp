#include "letter_flags.hpp"

#include "times.hpp"

namespace settle::ctl {

std::vector<Flag> letter_flags() {
  return {{"cause", "CAUSE", "of the last error: reset, answer_timeout, contradiction, ..."},
          {"target", "NAME", "at this participant, or $merchant"},
          {"merchant", "ID", "of this merchant's purchases"},
          {"step", "NAME", "this step of the definition"},
          {"operation", "NAME", "try, confirm, cancel or deliver"},
          {"code", "CODE", "the participant's last answer had this code"},
          {"assignee", "NAME", "of purchases that this person looks after"},
          {"unassigned", "", "of purchases that nobody looks after"},
          {"older-than", "SPAN", "with a person for at least 45s, 30m, 2h, 7d"}};
}

Result<Json> letters_of(const Arguments& arguments) {
  Json letters = Json::object();
  for (const char* name : {"cause", "target", "merchant", "step", "operation", "code", "assignee"})
    if (arguments.has(name)) letters[name] = arguments.get(name);
  if (arguments.has("unassigned")) letters["unassigned"] = true;
  if (arguments.has("older-than")) {
    const auto span = parse_span(arguments.get("older-than"));
    if (!span) return Error{"usage", "--older-than wants a span like 45s, 30m, 2h, 7d"};
    letters["older_than_seconds"] = *span / 1'000;
  }
  return letters;
}

}  // namespace settle::ctl
