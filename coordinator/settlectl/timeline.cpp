#include "timeline.hpp"

#include "times.hpp"

namespace settle::ctl {

namespace {

std::string step_name(const Json& value, const std::vector<std::string>& steps) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_number_integer()) return "";
  const auto index = value.get<long long>();
  if (index < 0) return "";
  return static_cast<std::size_t>(index) < steps.size() ? steps[static_cast<std::size_t>(index)]
                                                        : "step " + std::to_string(index);
}

void append(std::string& line, const std::string& part, const char* between = ", ") {
  if (part.empty()) return;
  if (!line.empty()) line += between;
  line += part;
}

// ", answer_timeout, 503 code: detail, in 12 ms"
std::string circumstances(const Json& fields) {
  std::string line;
  const std::string cause = text(fields, "cause");
  if (cause != "none") append(line, cause);
  if (number(fields, "status") > 0) append(line, std::to_string(number(fields, "status")));
  if (text(fields, "code") != cause) append(line, text(fields, "code"), " ");
  append(line, text(fields, "detail"), ": ");
  if (number(fields, "retry_after_ms") > 0)
    append(line, "Retry-After " + span(number(fields, "retry_after_ms")));
  if (number(fields, "took_ms") > 0) append(line, "in " + std::to_string(number(fields, "took_ms")) + " ms");
  return line;
}

std::string by(const Json& fields) {
  return text(fields, "who") + ": \"" + text(fields, "why") + "\"";
}

std::string call_text(const Json& fields) {
  std::string line = text(fields, "operation");
  if (number(fields, "attempt") > 0) line += " " + std::to_string(number(fields, "attempt"));
  return line.empty() ? "call" : line;
}

std::string in_words(const std::string& event, const Json& fields) {
  std::string line;
  if (event == "submitted") {
    line = "submitted";
    if (!text(fields, "predecessor").empty()) line += ", reopened from " + text(fields, "predecessor");
  } else if (event == "answered") {
    line = call_text(fields) + ": " + text(fields, "outcome");
    append(line, circumstances(fields));
  } else if (event == "told") {
    line = "callback for " + text(fields, "operation") + ": " + text(fields, "outcome");
    append(line, circumstances(fields));
  } else if (event == "query_answered") {
    line = "query " + std::to_string(number(fields, "attempt")) + ": says " + text(fields, "says");
    append(line, circumstances(fields));
  } else if (event == "due") {
    line = "its time has come";
  } else if (event == "resumed") {
    line = "settled restarted: answers that were out are lost";
  } else if (event == "inquired") {
    line = "somebody asked how it stands";
  } else if (event == "held") {
    line =
        text(fields, "operation") + " does not leave now, and is not counted: held by " + text(fields, "by");
  } else if (event == "released") {
    line = "what held it is gone";
  } else if (event == "cancel_requested") {
    line = "cancel asked for by " + by(fields);
  } else if (event == "retry_requested") {
    line = "retry asked for by " + by(fields);
  } else if (event == "resolve_requested") {
    line = "resolved as " + text(fields, "resolution") + " by " + by(fields);
    if (!text(fields, "evidence").empty()) append(line, "seen: " + text(fields, "evidence"));
    if (!text(fields, "proposed_by").empty()) append(line, "proposed by " + text(fields, "proposed_by"));
  } else if (event == "proposed") {
    line = "to be resolved as " + text(fields, "resolution") + ", proposes " + by(fields);
    if (!text(fields, "evidence").empty()) append(line, "seen: " + text(fields, "evidence"));
  } else if (event == "noted") {
    line = text(fields, "who") + " notes: " + text(fields, "text");
  } else if (event == "assigned") {
    const std::string to = text(fields, "to");
    line = (to.empty() ? "assigned to nobody any more" : "assigned to " + to) + " by " + by(fields);
  } else if (event == "reopened") {
    line = "reopened as " + text(fields, "successor") + " by " + by(fields);
  } else if (event == "client_decided") {
    line = "the client decided: " + text(fields, "decision");
    append(line, text(fields, "why"));
  } else {
    line = event;
  }
  return line;
}

// Records of other kinds (registry, operation) have no event: their fields, within a line's length.
std::string note_of(const Json& fields) {
  constexpr std::size_t length_max = 160;
  if (!fields.is_object() || fields.empty()) return "";
  const std::string line = fields.dump(-1, ' ', true, Json::error_handler_t::replace);
  return line.size() <= length_max ? line : line.substr(0, length_max) + "...";
}

// "trying → tried", each with its step unless that is the moment's own.
std::string changes_of(const Json& record, const std::string& own, const std::vector<std::string>& steps) {
  std::string line;
  for (const Json& change : member(record, "transitions")) {
    if (text(change, "from") == text(change, "to")) continue;
    std::string step = text(change, "step_name");
    if (step.empty()) step = step_name(member(change, "step"), steps);
    const std::string subject = member(change, "step").is_null() && step.empty() ? "purchase "
                                : step == own                                    ? ""
                                                                                 : step + " ";
    append(line, subject + text(change, "from") + " → " + text(change, "to"), "; ");
  }
  return line;
}

bool is_bad(const Json& record, const Json& fields) {
  const std::string outcome = text(fields, "outcome");
  for (const Json& change : member(record, "transitions"))
    if (text(change, "to") == "parked" || text(change, "to") == "abandoned") return true;
  return outcome == "refused" || outcome == "unknown" || outcome == "fault" || outcome == "not_now";
}

}  // namespace

Moment moment_of(const Json& record, const std::vector<std::string>& steps) {
  const Json& fields = member(record, "fields");
  const std::string event = text(record, "event");
  Moment moment;
  moment.at_ms = parse_time(text(record, "at")).value_or(0);
  moment.step = text(fields, "step_name");
  if (moment.step.empty()) moment.step = step_name(member(fields, "step"), steps);
  moment.what = event.empty() ? note_of(fields) : in_words(event, fields);
  moment.changes = changes_of(record, moment.step, steps);
  moment.bad = is_bad(record, fields);
  moment.human = !text(fields, "who").empty();
  return moment;
}

void print_timeline(const Console& console, const std::vector<Json>& records,
                    const std::vector<std::string>& steps) {
  Table table({"AFTER", "STEP", "WHAT", "CHANGES"});
  std::int64_t start = 0;
  for (const Json& record : records) {
    const Moment moment = moment_of(record, steps);
    if (start == 0) start = moment.at_ms;
    const Colour colour = moment.human ? Colour::yellow : moment.bad ? Colour::red : Colour::none;
    table.add({Cell("+" + span(moment.at_ms - start), Colour::dim, true), moment.step,
               Cell(moment.what, colour), Cell(moment.changes, Colour::dim)});
  }
  table.print(console, "  ");
}

}  // namespace settle::ctl
