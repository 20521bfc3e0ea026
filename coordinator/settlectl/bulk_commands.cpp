// dead-letters retry, resolve, ...: one act on many. Shows what would happen and asks, unless told not to.

#include <unistd.h>

#include <chrono>
#include <iostream>
#include <thread>

#include "acts.hpp"
#include "letter_flags.hpp"
#include "times.hpp"

namespace settle::ctl {

namespace {

constexpr const char* acts_path = "/v1/dead-letters/acts";

// What the act says beside who and why.
Result<Done> add_deed(const std::string& deed, const Arguments& arguments, Json& body) {
  body["act"] = deed;
  const auto need = [&](const char* flag, const char* member) -> Status {
    if (!arguments.has(flag)) return Error{"usage", std::string("--") + flag + " is missing"};
    body[member] = arguments.get(flag);
    return ok();
  };
  if (deed == "resolve") {
    if (arguments.has("evidence")) body["evidence"] = arguments.get("evidence");
    return need("as", "resolution");
  }
  if (deed == "assign" && !arguments.has("nobody")) return need("to", "to");
  if (deed == "note") return need("text", "text");
  return ok();
}

Result<Json> body_of(const std::string& deed, const Arguments& arguments) {
  auto body = act_of(arguments);
  if (!body) return body.error();
  const auto letters = deed == "reopen" ? cancelled_of(arguments) : letters_of(arguments);
  if (!letters) return letters.error();
  body->update(*letters);
  const auto limit = arguments.number("limit");
  if (!limit) return limit.error();
  if (*limit) (*body)["limit"] = **limit;
  if (const auto added = add_deed(deed, arguments, *body); !added) return added.error();
  return body;
}

void print_forecast(const Session& session, const Json& forecast) {
  const Console& console = session.console;
  console.out << number(forecast, "matched") << (flag(forecast, "exact") ? "" : " or more") << " match";
  if (number(forecast, "unreadable") > 0)
    console.out << ", and " << number(forecast, "unreadable") << " cannot be read";
  console.out << '\n';
  Table table({"PURCHASE", "ORDER", "STEP", "WOULD"});
  for (const Json& one : member(forecast, "first")) {
    const bool refused = flag(one, "refused");
    table.add({text(one, "purchase"), text(one, "order_id"), text(one, "step"),
               Cell((refused ? "be refused: " : "") + text(one, "would"),
                    refused ? Colour::yellow : Colour::none)});
  }
  if (!table.empty()) table.print(console, "  ");
}

bool says_yes(const Session& session) {
  session.console.out << "go on? [y/N] " << std::flush;
  std::string line;
  std::getline(std::cin, line);
  return line == "y" || line == "yes";
}

// Followed to its end; a report that cannot be had for a moment is asked for again.
Result<Json> follow(const Session& session, const std::string& id) {
  const bool shows = isatty(STDERR_FILENO) != 0 && !session.console.json;
  for (int misses = 0;;) {
    const auto report = call(session, "GET", std::string(acts_path) + "/" + escape(id));
    if (!report && ++misses > 20) return report.error();
    if (report) {
      misses = 0;
      if (shows)
        session.console.err << "\r" << number(report->body, "matched") << " taken, "
                            << number(report->body, "done") << " done" << std::flush;
      if (text(report->body, "state") != "running") {
        if (shows) session.console.err << '\n';
        return report->body;
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(report ? 200 : 1'000));
  }
}

void print_report(const Session& session, const Json& report) {
  const Console& console = session.console;
  console.out << "bulk act " << text(report, "id") << ", " << text(report, "state") << ": "
              << number(report, "matched") << " matched, " << number(report, "done") << " done, "
              << number(report, "refused") << " refused, " << number(report, "failed") << " failed\n";
  if (number(report, "proposed") > 0)
    console.out << number(report, "proposed")
                << " proposed: nothing is moved until another person says the same, within a day\n";
  if (number(report, "unreadable") > 0)
    console.out << number(report, "unreadable") << " passed over, since they cannot be read\n";
  if (const Json& stopped = member(report, "stopped"); stopped.is_object())
    console.out << "stopped by " << printable(text(stopped, "who")) << ": " << printable(text(stopped, "why"))
                << '\n';
  if (number(report, "resumed") > 0)
    console.out << "a restart of settled cut it off " << number(report, "resumed") << " times\n";
  Table table({"PURCHASE", "STEP", "WHY NOT"});
  for (const Json& one : member(report, "refusals"))
    table.add({text(one, "purchase"), text(one, "step"), text(one, "code") + ": " + text(one, "detail")});
  if (!table.empty()) table.print(console, "  ");
}

// 0: all that the filter found is done.
int exit_of(const Json& report) {
  for (const char* name : {"refused", "failed", "proposed", "unreadable"})
    if (number(report, name) > 0) return 1;
  return text(report, "state") == "stopped" ? 1 : 0;
}

Result<int> bulk(const std::string& deed, const Session& session, const Arguments& arguments) {
  auto body = body_of(deed, arguments);
  if (!body) return body.error();
  const bool dry = arguments.has("dry-run");
  if (dry || !arguments.has("yes")) {
    if (!dry && (session.console.json || isatty(STDIN_FILENO) == 0))
      return Error{"usage", "--yes is missing, and nobody can be asked: --dry-run shows what would happen"};
    Json trial = *body;
    trial["dry_run"] = true;
    const auto forecast = call(session, "POST", acts_path, &trial);
    if (!forecast) return forecast.error();
    if (session.console.json) return print_json(session, forecast->body), 0;
    print_forecast(session, forecast->body);
    if (dry || number(forecast->body, "matched") == 0) return 0;
    if (!says_yes(session)) return session.console.out << "nothing was done\n", 1;
  }
  const auto begun = call(session, "POST", acts_path, &*body);
  if (!begun) return begun.error();
  const std::string id = text(begun->body, "id");
  session.console.err << "bulk act " << printable(id) << " has begun; it goes on without this command\n";
  const auto report = follow(session, id);
  if (!report) return report.error();
  session.console.json ? print_json(session, *report) : print_report(session, *report);
  return exit_of(*report);
}

constexpr const char* deeds[] = {"retry", "resolve", "reopen", "cancel", "assign", "note"};

template <int Deed>
Result<int> run(const Session& session, const Arguments& arguments) {
  return bulk(deeds[Deed], session, arguments);
}

Result<int> report_of(const Session& session, const Arguments& arguments) {
  const auto report = call(session, "GET", std::string(acts_path) + "/" + escape(arguments.operand(0)));
  if (!report) return report.error();
  session.console.json ? print_json(session, report->body) : print_report(session, report->body);
  return 0;
}

Result<int> list_acts(const Session& session, const Arguments&) {
  const auto answer = call(session, "GET", std::string(acts_path) + "?limit=100");
  if (!answer) return answer.error();
  if (session.console.json) return print_json(session, answer->body), 0;
  Table table(
      {"ID", "ACT", "STATE", "BEGAN", "MATCHED", "DONE", "PROPOSED", "REFUSED", "FAILED", "WHO", "WHY"});
  const std::int64_t now = now_ms();
  for (const Json& one : member(answer->body, "acts")) {
    const auto began = parse_time(text(one, "started_at"));
    std::vector<Cell> row = {text(one, "id"), text(one, "act"), text(one, "state"),
                             began ? relative(*began, now) : ""};
    for (const char* name : {"matched", "done", "proposed", "refused", "failed"})
      row.emplace_back(std::to_string(number(one, name)), Colour::none, true);
    row.emplace_back(text(one, "who"));
    row.emplace_back(text(one, "why"));
    table.add(std::move(row));
  }
  if (table.empty()) return session.console.out << "there were none\n", 0;
  table.print(session.console);
  return 0;
}

Result<int> stop_act(const Session& session, const Arguments& arguments) {
  const auto body = act_of(arguments);
  if (!body) return body.error();
  const auto answer =
      call(session, "POST", std::string(acts_path) + "/" + escape(arguments.operand(0)) + "/stop", &*body);
  if (!answer) return answer.error();
  session.console.json ? print_json(session, answer->body) : print_report(session, answer->body);
  return 0;
}

std::vector<Flag> flags_with(std::vector<Flag> own, std::vector<Flag> filter = letter_flags()) {
  std::vector<Flag> flags = who_and_why();
  flags.insert(flags.end(), own.begin(), own.end());
  for (Flag& one : filter) flags.push_back(std::move(one));
  flags.push_back({"limit", "N", "no more of them than this (default and most: 10000)"});
  flags.push_back({"dry-run", "", "say what would happen, and do nothing"});
  flags.push_back({"yes", "", "do not ask"});
  return flags;
}

}  // namespace

std::vector<Command> bulk_commands() {
  const std::string notes =
      "Without --yes it shows first what would happen, and asks. It goes on when this command is stopped;\n"
      "dead-letters report ID tells how far it got. Exit 1: some were refused, failed, could not be read, "
      "or\n"
      "wait for a second person; or it was stopped.";
  const Flag as{"as", "done|abandoned", "done: its effect exists. abandoned: given up"};
  const Flag evidence{"evidence", "TEXT", "where it is seen; needed for done of all but deliveries"};
  const std::string start = "settlectl dead-letters ";
  return {
      {"dead-letters retry",
       {},
       "repeat now all that a filter finds",
       flags_with({}),
       start + "retry --cause dns --target payment --why 'the bank is back' --dry-run",
       notes,
       run<0>},
      {"dead-letters resolve",
       {},
       "say of all that a filter finds how they ended",
       flags_with({as, evidence}),
       start + "resolve --step notify --as abandoned --why 'told by letter' --dry-run",
       notes,
       run<1>},
      {"dead-letters reopen",
       {},
       "begin purchases again that were cancelled, each once",
       flags_with({}, cancelled_flags()),
       start + "reopen --code out_of_stock --since 7d --why 'stock has come' --dry-run",
       notes,
       run<2>},
      {"dead-letters cancel",
       {},
       "cancel undecided purchases",
       flags_with({}),
       start + "cancel --operation try --why 'the offer is over' --dry-run",
       notes,
       run<3>},
      {"dead-letters assign",
       {},
       "say who looks after the purchases",
       flags_with({{"to", "NAME", "this person"}, {"nobody", "", "nobody any more"}}),
       start + "assign --unassigned --target payment --to bob --why 'on duty' --yes",
       notes,
       run<4>},
      {"dead-letters note",
       {},
       "write something down with all of them",
       flags_with({{"text", "TEXT", "what the next who looks should know"}}),
       start + "note --target payment --text 'the bank works on it' --why 'asked them' --yes",
       notes,
       run<5>},
      {"dead-letters report",
       {"ID"},
       "how far an act on many got",
       {},
       start + "report 00000001",
       "The newest 100 are kept.",
       report_of},
      {"dead-letters acts",
       {},
       "the acts on many, newest first",
       {},
       start + "acts",
       "The newest 100 are kept.",
       list_acts},
      {"dead-letters stop",
       {"ID"},
       "let an act on many take nothing more in hand",
       who_and_why(),
       start + "stop 00000001 --why 'these are the wrong ones'",
       "What it has in hand comes to its end.",
       stop_act},
  };
}

}  // namespace settle::ctl
