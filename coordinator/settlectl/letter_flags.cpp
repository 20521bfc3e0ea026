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

std::vector<Flag> cancelled_flags() {
  return {{"code", "CODE", "cancelled for this reason: out_of_stock, deadline_passed, ...; needed"},
          {"merchant", "ID", "of this merchant's purchases"},
          {"definition", "NAME", "of this definition"},
          {"since", "TIME", "submitted since then: 2026-01-31T12:00:00Z, or 45s, 30m, 2h, 7d ago"},
          {"until", "TIME", "submitted before then"}};
}

Result<Json> cancelled_of(const Arguments& arguments) {
  Json cancelled = Json::object();
  if (!arguments.has("code")) return Error{"usage", "--code is missing: cancelled for which reason?"};
  for (const char* name : {"code", "merchant", "definition"})
    if (arguments.has(name)) cancelled[name] = arguments.get(name);
  for (const char* name : {"since", "until"}) {
    if (!arguments.has(name)) continue;
    const auto time = time_or_ago(arguments.get(name));
    if (!time)
      return Error{"usage", std::string("--") + name +
                                " wants a time like 2026-01-31T12:00:00Z, or a span like 45s, 30m, 2h, 7d"};
    cancelled[name] = *time;
  }
  return cancelled;
}

}  // namespace settle::ctl
