// pause, resume, status, journal: settled as a whole.

#include <chrono>
#include <ostream>
#include <thread>
#include <utility>
#include <vector>

#include "acts.hpp"
#include "journal_pages.hpp"
#include "timeline.hpp"
#include "times.hpp"

namespace settle::ctl {

namespace {

Result<int> pause_or_resume(const Session& session, const Arguments& arguments, const char* path) {
  const auto body = act_of(arguments);
  if (!body) return body.error();
  const auto answer = call(session, "POST", path, &*body);
  if (!answer) return answer.error();
  if (session.console.json) return print_json(session, answer->body), 0;
  session.console.out << (flag(answer->body, "paused")
                              ? "paused: no new purchase is taken; those in motion go on\n"
                              : "new purchases are taken\n");
  return 0;
}

Result<int> pause(const Session& session, const Arguments& arguments) {
  return pause_or_resume(session, arguments, "/v1/pause");
}
Result<int> resume(const Session& session, const Arguments& arguments) {
  return pause_or_resume(session, arguments, "/v1/resume");
}

Result<int> status(const Session& session, const Arguments&) {
  const auto answer = call(session, "GET", "/v1/status");
  if (!answer) return answer.error();
  if (session.console.json) return print_json(session, answer->body), 0;
  const Json& body = answer->body;
  const Console& console = session.console;
  const bool ready = flag(body, "ready");
  console.out << console.paint(ready ? Colour::green : Colour::red, ready ? "ready" : "not ready")
              << (flag(body, "paused") ? ", paused" : "") << ", up for "
              << span(number(body, "uptime_s") * 1000) << "\n\n";
  Table table({"SINCE THE START", "COUNT"});
  for (const char* name : {"in_motion", "submitted", "completed", "cancelled", "parked", "alerts", "calls",
                           "requests", "connections"})
    table.add({name, Cell(std::to_string(number(body, name)), Colour::none, true)});
  for (const char* name : {"appends", "syncs", "bytes"})
    table.add({std::string("journal ") + name,
               Cell(std::to_string(number(member(body, "journal"), name)), Colour::none, true)});
  table.print(console);
  return 0;
}

void print_record(const Session& session, const Json& record) {
  const Console& console = session.console;
  if (console.json) {
    console.out << record.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    return;
  }
  const Moment moment = moment_of(record, {});
  std::string line = text(record, "at") + "  " + text(record, "position") + "  " + text(record, "kind");
  if (!text(record, "purchase").empty()) line += " " + text(record, "purchase");
  if (!moment.step.empty()) line += "  " + moment.step;
  if (!moment.what.empty()) line += "  " + moment.what;
  console.out << printable(line)
              << (moment.changes.empty() ? "" : "  " + console.paint(Colour::dim, printable(moment.changes)))
              << '\n';
}

std::string query_of(const Arguments& arguments, const std::string& from) {
  std::string query = "limit=500";
  if (arguments.has("purchase")) query += "&purchase=" + escape(arguments.get("purchase"));
  if (!from.empty()) query += "&from=" + escape(from);
  return query;
}

// Stays connected, and takes up the thread where it broke, for as long as settled can be reached again soon.
Result<int> follow(const Session& session, const Arguments& arguments, std::string from) {
  constexpr int misses_max = 30;
  Error last{"unreachable", ""};
  for (int misses = 0; misses < misses_max; ++misses) {
    // Printed once the page's end is here: one that is cut off comes again, and would be there twice.
    std::vector<Json> page;
    const auto take = [&](const std::string& line) {
      const Json record = Json::parse(line, nullptr, false);
      if (!record.is_object()) return true;
      if (record.contains("next")) {
        misses = 0;  // a page that never ends is no progress
        for (const Json& whole : std::exchange(page, {})) print_record(session, whole);
        from = text(record, "next");
        session.console.out.flush();
      } else {
        page.push_back(record);
      }
      return session.console.out.good();
    };
    const auto reply = stream(
        {"GET", session.url + "/v1/journal?follow=true&" + query_of(arguments, from), {}, "", 60}, take);
    if (!session.console.out.good()) return 0;
    if (reply && reply->status != 200) return problem_of(*reply);
    if (!reply) last = reply.error();
    if (!reply && last.code == "usage") return last;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  return last;
}

Result<int> sweep(const Session& session, const Arguments& /*arguments*/) {
  const auto answer = call(session, "POST", "/v1/sweep");
  if (!answer) return answer.error();
  const Json& found = answer->body;
  const bool clean =
      number(found, "repaired") + number(found, "unreadable") + number(found, "forgotten") == 0;
  if (session.console.json) {
    print_json(session, found);
  } else {
    session.console.out << number(found, "purchases") << " open purchases and " << number(found, "entries")
                        << " wake-ups on disk: " << number(found, "missing") << " missing, "
                        << number(found, "stale") << " stale, " << number(found, "repaired") << " repaired, "
                        << number(found, "unreadable") << " unreadable, " << number(found, "forgotten")
                        << " forgotten\n";
  }
  return clean ? 0 : 1;
}

Result<int> journal(const Session& session, const Arguments& arguments) {
  std::string from = arguments.get("from");
  if (arguments.has("follow")) return follow(session, arguments, from);
  const auto limit = arguments.number("limit");
  if (!limit) return limit.error();
  long long left = limit->value_or(-1);
  for (;;) {
    const auto page = journal_page(session, query_of(arguments, from));
    if (!page) return page.error();
    for (const Json& record : page->records) {
      if (left-- == 0) return 0;
      print_record(session, record);
    }
    if (page->records.empty() || page->next.empty() || page->next == from) return 0;
    from = page->next;
  }
}

}  // namespace

std::vector<Command> daemon_commands() {
  return {
      {"pause",
       {},
       "take no new purchases; those in motion go on",
       who_and_why(),
       "settlectl pause --why 'the bank is down'",
       "It survives a restart of settled.",
       pause},
      {"resume",
       {},
       "take new purchases again",
       who_and_why(),
       "settlectl resume --why 'the bank is back'",
       "",
       resume},
      {"sweep",
       {},
       "prove that each open purchase has its one wake-up, and repair what has not",
       {},
       "settlectl sweep",
       "settled does it by itself every sweep_every_ms. Exit code 1: something was repaired; the log says "
       "what.",
       sweep},
      {"status", {}, "figures since settled started", {}, "settlectl status", "", status},
      {"journal",
       {},
       "the journal, record by record",
       {{"purchase", "ID", "only this purchase"},
        {"from", "CURSOR", "go on from there (default: the beginning)"},
        {"limit", "N", "stop after N records"},
        {"follow", "", "stay, and print what is added"}},
       "settlectl journal --follow --json | jq .event",
       "With --json one record a line. There is no order across shards but time.",
       journal},
  };
}

}  // namespace settle::ctl
