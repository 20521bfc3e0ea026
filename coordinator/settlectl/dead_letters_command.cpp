// dead-letters: what is with a person, and why.
//
// A decision that is overdue is on the list as well: it has neither step nor target.

#include <algorithm>
#include <ostream>

#include "letter_flags.hpp"
#include "purchase_text.hpp"
#include "times.hpp"

namespace settle::ctl {

namespace {

// The same fields as a body's, as parameters.
Result<std::string> query_of(const Arguments& arguments) {
  const auto letters = letters_of(arguments);
  if (!letters) return letters.error();
  std::string query;
  for (const auto& [name, value] : letters->items())
    query += "&" + name + "=" + escape(value.is_string() ? value.get<std::string>() : value.dump());
  return query;
}

std::string next_of(const Json& letter, std::int64_t now) {
  const auto next = parse_time(text(letter, "next_attempt_at")),
             end = parse_time(text(letter, "abandoned_at"));
  std::string what = flag(letter, "probing") ? "goes on by itself" : "waits for you";
  if (next) what = "tried again " + relative(*next, now);
  if (end) what += ", given up " + relative(*end, now);
  return what;
}

std::string asked_of(const Json& letter, const Json& proposal, std::int64_t now) {
  const auto until = parse_time(text(proposal, "until"));
  return text(letter, "purchase") + " " + text(letter, "step") + ": " + text(proposal, "by") +
         " proposes to resolve it as " + text(proposal, "resolution") + " (" + text(proposal, "evidence") +
         "); a second person may say so too" + (until ? ", until " + relative(*until, now) : "");
}

void print(const Console& console, const Json& letters) {
  if (letters.empty()) return void(console.out << "nothing is with a person\n");
  const std::int64_t now = now_ms();
  std::vector<std::string> asked;
  Table table(
      {"PURCHASE", "ORDER", "STEP", "TARGET", "ATTEMPTS", "CAUSE", "SINCE", "NEXT", "WITH", "DETAIL"});
  for (const Json& one : letters) {
    const auto since = parse_time(text(one, "parked_at"));
    std::string cause = text(one, "cause");
    if (number(one, "status") != 0) cause += " " + std::to_string(number(one, "status"));
    const std::string step =
        one.contains("step") ? text(one, "step") + " " + text(one, "operation") : "(decision)";
    table.add({text(one, "purchase"), text(one, "order_id"), step, text(one, "target"),
               Cell(std::to_string(number(one, "attempts")), Colour::none, true), cause,
               since ? relative(*since, now) : "",
               Cell(next_of(one, now), flag(one, "probing") ? Colour::none : Colour::red),
               text(one, "assignee"), text(one, "code") + " " + text(one, "detail")});
    const Json& proposal = member(one, "proposal");
    if (proposal.is_object()) asked.push_back(asked_of(one, proposal, now));
  }
  table.print(console);
  for (const std::string& line : asked) console.out << printable(line) << '\n';
}

void warn_unreadable(const Session& session, std::int64_t unreadable) {
  if (unreadable > 0)
    session.console.err << "beside them " << unreadable << " cannot be read: see settled's log\n";
}

Result<int> count(const Session& session, const std::string& query) {
  const auto answer = call(session, "GET", "/v1/dead-letters?count=true" + query);
  if (!answer) return answer.error();
  if (session.console.json) return print_json(session, answer->body), 0;
  session.console.out << text(answer->body, "total") << " with a person\n";
  warn_unreadable(session, number(answer->body, "unreadable"));
  for (const auto& [cause, letters] : member(answer->body, "by_cause").items())
    session.console.out << "  " << cause << " " << letters.dump() << '\n';
  return 0;
}

Result<int> dead_letters(const Session& session, const Arguments& arguments) {
  const auto query = query_of(arguments);
  if (!query) return query.error();
  if (arguments.has("count")) return count(session, *query);
  Json all = Json::array();
  std::string cursor;
  std::int64_t unreadable = 0;
  do {
    std::string path = "/v1/dead-letters?limit=200" + *query;
    if (!cursor.empty()) path += "&cursor=" + escape(cursor);
    const auto answer = call(session, "GET", path);
    if (!answer) return answer.error();
    for (const Json& one : member(answer->body, "letters")) all.push_back(one);
    unreadable += number(answer->body, "unreadable");
    cursor = text(answer->body, "next");
  } while (!cursor.empty());
  if (session.console.json) return print_json(session, {{"letters", all}, {"unreadable", unreadable}}), 0;
  print(session.console, all);
  warn_unreadable(session, unreadable);
  if (!all.empty())
    session.console.out << all.size() << (all.size() == 1 ? " is" : " are")
                        << " with a person; settlectl show PURCHASE tells the story\n";
  return 0;
}

}  // namespace

Command dead_letters_command() {
  std::vector<Flag> flags = letter_flags();
  flags.push_back({"count", "", "how many, by cause"});
  return {"dead-letters",
          {},
          "steps and decisions that are with a person: why, since when, and what happens next",
          std::move(flags),
          "settlectl dead-letters --target payment --older-than 1h",
          "",
          dead_letters};
}

}  // namespace settle::ctl
