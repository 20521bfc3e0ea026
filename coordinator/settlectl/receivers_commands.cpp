// receivers: who hears of events, and how far each is.

#include <ostream>

#include "command.hpp"

namespace settle::ctl {

namespace {

constexpr const char* path = "/v1/receivers";

std::string path_of(const Arguments& arguments) {
  return std::string(path) + "/" + escape(arguments.operand(0));
}

void print(const Console& console, const Json& list) {
  Table table({"NAME", "KIND", "SENT", "EVENTS", "FAILED", "LOST", "WAITING", "BEHIND", "URL", "LAST ERROR"});
  for (const Json& one : list) {
    const Json& figures = member(one, "figures");
    const auto count = [&](const char* name) {
      return Cell(std::to_string(number(figures, name)), Colour::none, true);
    };
    table.add({text(one, "name"), text(one, "kind"), count("sent"), count("events"), count("failed"),
               count("lost"), count("waiting"), count("behind"), text(one, "url"),
               Cell(text(figures, "last_error"), Colour::red)});
  }
  table.print(console);
}

Result<int> list(const Session& session, const Arguments&) {
  const auto answer = call(session, "GET", path);
  if (!answer) return answer.error();
  if (session.console.json) return print_json(session, answer->body), 0;
  print(session.console, member(answer->body, "receivers"));
  return 0;
}

Result<int> get(const Session& session, const Arguments& arguments) {
  const auto answer = call(session, "GET", path_of(arguments));
  if (!answer) return answer.error();
  print_json(session, answer->body);
  return 0;
}

Result<int> put(const Session& session, const Arguments& arguments) {
  const auto document = read_json_file(arguments.operand(1));
  if (!document) return document.error();
  const auto answer = call(session, "PUT", path_of(arguments), &*document);
  if (!answer) return answer.error();
  if (session.console.json) return print_json(session, answer->body), 0;
  session.console.out << printable(arguments.operand(0)) << (answer->status == 201 ? ": new" : ": stored")
                      << '\n';
  print(session.console, Json::array({answer->body}));
  const std::string secret = text(answer->body, "new_secret");
  if (!secret.empty()) session.console.out << "secret, shown this once: " << secret << '\n';
  return 0;
}

Result<int> erase(const Session& session, const Arguments& arguments) {
  const auto answer = call(session, "DELETE", path_of(arguments));
  if (!answer) return answer.error();
  if (session.console.json) return print_json(session, {{"deleted", arguments.operand(0)}}), 0;
  session.console.out << printable(arguments.operand(0)) << ": deleted\n";
  return 0;
}

Result<int> test(const Session& session, const Arguments& arguments) {
  const auto answer = call(session, "POST", path_of(arguments) + "/test");
  if (!answer) return answer.error();
  const bool delivered = flag(answer->body, "delivered");
  if (session.console.json) return print_json(session, answer->body), delivered ? 0 : 1;
  session.console.out << printable(arguments.operand(0)) << (delivered ? ": delivered in " : ": failed in ")
                      << number(answer->body, "took_ms") << " ms";
  const std::string error = text(answer->body, "error"), body = text(answer->body, "answer");
  if (!error.empty()) session.console.out << ": " << printable(error);
  if (!body.empty()) session.console.out << "\n" << printable(body);
  session.console.out << '\n';
  return delivered ? 0 : 1;
}

}  // namespace

std::vector<Command> receivers_commands() {
  return {{"receivers list",
           {},
           "who hears of events, and how far each is",
           {},
           "settlectl receivers list",
           "SENT counts messages, BEHIND records of the journal that are not dealt with.",
           list},
          {"receivers get", {"NAME"}, "one receiver, as JSON", {}, "settlectl receivers get ops", "", get},
          {"receivers put",
           {"NAME", "FILE"},
           "register or change a receiver of events",
           {},
           "echo '{\"kind\": \"slack\", \"url\": \"https://hooks.slack.com/services/T/B/X\",\n"
           "      \"rules\": [{\"min_severity\": \"warning\"}]}' | settlectl receivers put ops -",
           "FILE is the JSON document of docs/events.md; - reads it from standard input.\n"
           "A new cloudevents receiver without secrets gets one, which is printed this once.",
           put},
          {"receivers delete",
           {"NAME"},
           "tell it nothing any more",
           {},
           "settlectl receivers delete ops",
           "",
           erase},
          {"receivers test",
           {"NAME"},
           "send it an event now, and see what comes back",
           {},
           "settlectl receivers test ops",
           "Exit code 1: it did not arrive.",
           test}};
}

}  // namespace settle::ctl
