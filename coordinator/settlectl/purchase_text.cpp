#include "purchase_text.hpp"

#include <ostream>

#include "times.hpp"

namespace settle::ctl {

namespace {

std::string when(const Json& purchase, const char* name, const char* word, std::int64_t since) {
  const auto at = parse_time(text(purchase, name));
  return at ? std::string(", ") + word + " after " + span(*at - since) : "";
}

std::string attempts_of(const Json& step) {
  std::string all;
  for (const auto& [operation, count] : member(step, "attempts").items()) {
    const long long times = count.is_number_integer() ? count.get<long long>() : 0;
    if (times > 0) all += (all.empty() ? "" : ", ") + operation + " " + std::to_string(times);
  }
  return all;
}

std::string error_text(const Json& step) {
  const Json& error = member(step, "last_error");
  std::string line = text(error, "cause");
  if (number(error, "status") > 0) line += " " + std::to_string(number(error, "status"));
  if (!text(error, "code").empty() && text(error, "code") != text(error, "cause"))
    line += " " + text(error, "code");
  if (!text(error, "detail").empty()) line += ": " + text(error, "detail");
  return line;
}

std::string next_of(const Json& step, std::int64_t now) {
  if (text(step, "state") == "parked") {
    const std::string waits = text(step, "operation") + " waits for a person";
    const auto probe = parse_time(text(step, "next_attempt_at"));
    return flag(step, "probing") && probe ? waits + ", and is tried again " + relative(*probe, now) : waits;
  }
  if (flag(step, "in_flight")) return text(step, "operation") + " is out";
  const auto at = parse_time(text(step, "next_attempt_at"));
  return at ? text(step, "operation") + " " + relative(*at, now) : "";
}

std::string reason_of(const Json& purchase) {
  const Json& reason = member(purchase, "reason");
  if (!reason.is_object()) return "";
  std::string line = text(reason, "code");
  if (!text(reason, "step").empty()) line += " at " + text(reason, "step");
  if (!text(reason, "detail").empty()) line += ": " + text(reason, "detail");
  return line;
}

}  // namespace

void print_headline(const Console& console, const Json& purchase) {
  const std::string state = text(purchase, "state");
  console.out << console.paint(Colour::bold, printable(text(purchase, "id"))) << "  "
              << console.paint(colour_of_state(state), printable(state));
  if (flag(purchase, "needs_person")) console.out << "  " << console.paint(Colour::red, "needs a person");
  std::string order = "\n  " + text(purchase, "shop") + " " + text(purchase, "order_id") + ", buyer " +
                      text(purchase, "buyer") + ", " + std::to_string(number(purchase, "quantity")) + " x " +
                      text(purchase, "sku") + " for " + std::to_string(number(purchase, "amount")) +
                      " minor units of " + text(purchase, "currency") + ", merchant " +
                      text(purchase, "merchant");
  console.out << '\n' << "  " << printable(order.substr(3)) << '\n';
  const auto submitted = parse_time(text(purchase, "submitted_at"));
  if (submitted) {
    console.out << "  submitted " << format_time(*submitted)
                << when(purchase, "decided_at", "decided", *submitted)
                << when(purchase, "confirmed_at", "confirmed", *submitted)
                << when(purchase, "finished_at", "finished", *submitted) << '\n';
  }
  const std::string assignee = text(purchase, "assignee");
  if (!assignee.empty()) console.out << "  " << printable(assignee) << " looks after it\n";
  const std::string reason = reason_of(purchase);
  if (!reason.empty()) console.out << "  cancelled because of " << printable(reason) << '\n';
  for (const char* link : {"predecessor", "successor"}) {
    const std::string other = text(purchase, link);
    if (!other.empty())
      console.out << (link[0] == 'p' ? "  reopened from " : "  reopened as ") << printable(other) << '\n';
  }
}

void print_steps(const Console& console, const Json& purchase, std::int64_t now) {
  Table table({"STEP", "MODE", "TARGET", "STATE", "ATTEMPTS", "NEXT", "LAST ERROR"});
  for (const Json& step : member(purchase, "steps")) {
    const std::string state = text(step, "state");
    table.add({text(step, "name"), text(step, "mode"), text(step, "target"),
               Cell(state, colour_of_state(state)), attempts_of(step), next_of(step, now), error_text(step)});
  }
  table.print(console, "  ");
}

std::string what_next(const Json& purchase, std::int64_t now) {
  const std::string state = text(purchase, "state");
  std::string parked, out;
  for (const Json& step : member(purchase, "steps")) {
    if (text(step, "state") == "parked") parked += (parked.empty() ? "" : ", ") + text(step, "name");
    if (flag(step, "in_flight"))
      out += (out.empty() ? "" : ", ") + text(step, "operation") + " of " + text(step, "name");
  }
  std::string line;
  if (!parked.empty()) {
    line = parked + " waits for a person: settlectl retry or resolve " + text(purchase, "id");
  } else if (state == "completed" || state == "cancelled") {
    line = state == "completed" ? "nothing: it is completed"
                                : "nothing: it is cancelled for ever; reopen makes a new purchase";
  }
  if (!out.empty()) line += (line.empty() ? "" : "; ") + std::string("an answer is awaited: ") + out;
  const auto wake = parse_time(text(purchase, "next_wake_at"));
  if (wake)
    line += (line.empty() ? "" : "; ") + std::string("by itself something happens ") + relative(*wake, now);
  return line.empty() ? "nothing is scheduled" : line;
}

}  // namespace settle::ctl
