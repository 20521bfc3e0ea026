// dead-letters: what is with a person, and why.

#include <algorithm>
#include <ostream>

#include "purchase_text.hpp"
#include "times.hpp"

namespace settle::ctl {

namespace {

Result<std::string> query_of(const Arguments& arguments) {
  std::string query;
  for (const char* name : {"cause", "target", "merchant"})
    if (arguments.has(name)) query += std::string("&") + name + "=" + escape(arguments.get(name));
  if (arguments.has("older-than")) {
    const auto span = parse_span(arguments.get("older-than"));
    if (!span) return Error{"usage", "--older-than wants a span like 45s, 30m, 2h, 7d"};
    query += "&older_than_seconds=" + std::to_string(*span / 1'000);
  }
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

void print(const Console& console, const Json& letters) {
  if (letters.empty()) return void(console.out << "nothing is with a person\n");
  const std::int64_t now = now_ms();
  Table table({"PURCHASE", "ORDER", "STEP", "TARGET", "ATTEMPTS", "CAUSE", "SINCE", "NEXT", "DETAIL"});
  for (const Json& one : letters) {
    const auto since = parse_time(text(one, "parked_at"));
    std::string cause = text(one, "cause");
    if (number(one, "status") != 0) cause += " " + std::to_string(number(one, "status"));
    table.add({text(one, "purchase"), text(one, "order_id"), text(one, "step") + " " + text(one, "operation"),
               text(one, "target"), Cell(std::to_string(number(one, "attempts")), Colour::none, true), cause,
               since ? relative(*since, now) : "",
               Cell(next_of(one, now), flag(one, "probing") ? Colour::none : Colour::red),
               text(one, "code") + " " + text(one, "detail")});
  }
  table.print(console);
}

Result<int> dead_letters(const Session& session, const Arguments& arguments) {
  const auto query = query_of(arguments);
  if (!query) return query.error();
  Json all = Json::array();
  std::string cursor;
  do {
    std::string path = "/v1/dead-letters?limit=200" + *query;
    if (!cursor.empty()) path += "&cursor=" + escape(cursor);
    const auto answer = call(session, "GET", path);
    if (!answer) return answer.error();
    for (const Json& one : member(answer->body, "letters")) all.push_back(one);
    cursor = text(answer->body, "next");
  } while (!cursor.empty());
  if (session.console.json) return print_json(session, {{"letters", all}}), 0;
  print(session.console, all);
  if (!all.empty())
    session.console.out << all.size() << (all.size() == 1 ? " step is" : " steps are")
                        << " with a person; settlectl show PURCHASE tells the story\n";
  return 0;
}

}  // namespace

Command dead_letters_command() {
  return {"dead-letters",
          {},
          "steps that are with a person: why, since when, and what happens next",
          {{"cause", "CAUSE", "of the last error: reset, answer_timeout, contradiction, ..."},
           {"target", "NAME", "at this participant, or $merchant"},
           {"merchant", "ID", "of this merchant's purchases"},
           {"older-than", "SPAN", "with a person for at least 45s, 30m, 2h, 7d"}},
          "settlectl dead-letters --target payment --older-than 1h",
          "",
          dead_letters};
}

}  // namespace settle::ctl
