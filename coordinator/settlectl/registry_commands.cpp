// participant, merchant, definitions and policies: list, get, put, delete.

#include <ostream>

#include "command.hpp"

namespace settle::ctl {

namespace {

std::string joined(const Json& list) {
  std::string text;
  for (const Json& one : list)
    text += (text.empty() ? "" : " ") + (one.is_string() ? one.get<std::string>() : one.dump());
  return text;
}

std::string operations(const Json& endpoints) {
  std::string text;
  for (const auto& [name, path] : endpoints.items()) text += (text.empty() ? "" : " ") + name;
  return text;
}

void print_participants(const Console& console, const Json& list) {
  Table table({"NAME", "OPERATIONS", "SECRETS", "BASE URLS"});
  for (const Json& one : list)
    table.add({text(one, "name"), operations(member(one, "endpoints")),
               Cell(std::to_string(number(one, "secret_count")), Colour::none, true),
               joined(member(one, "base_urls"))});
  table.print(console);
}

void print_merchants(const Console& console, const Json& list) {
  Table table({"ID", "SUCCESS", "SECRETS", "URL", "CONTACT"});
  for (const Json& one : list) {
    const Json& rule = member(one, "success");
    std::string success = joined(member(rule, "statuses"));
    if (success.empty()) success = "2xx";
    const std::string body = text(rule, "exact_body");
    if (!body.empty()) success += " \"" + body + "\"";
    table.add({text(one, "id"), success,
               Cell(std::to_string(number(one, "secret_count")), Colour::none, true), text(one, "url"),
               text(one, "contact")});
  }
  table.print(console);
}

void print_definitions(const Console& console, const Json& list) {
  Table table({"NAME", "VERSION", "DECIDED BY", "DEADLINE", "STEPS"});
  for (const Json& one : list) {
    std::string steps;
    for (const Json& step : member(one, "steps"))
      steps += (steps.empty() ? "" : ", ") + text(step, "name") + " (" + text(step, "mode") + " " +
               text(step, "target") + ")";
    table.add({text(one, "name"), Cell(std::to_string(number(one, "version")), Colour::none, true),
               text(one, "decided_by"), std::to_string(number(one, "deadline_ms") / 1000) + " s", steps});
  }
  table.print(console);
}

std::string seconds(long long ms) {
  std::string text = std::to_string(ms / 1000);
  if (ms % 1000 != 0) text += "." + std::to_string(1000 + ms % 1000).substr(1);
  return text + " s";
}

void print_policies(const Console& console, const Json& list) {
  Table table({"NAME", "KIND", "WAITS", "JITTER", "ATTEMPTS", "WINDOW", ""});
  for (const Json& one : list) {
    std::string waits = seconds(number(one, "base_ms"));
    const std::string kind = text(one, "kind");
    if (kind == "exponential")
      waits += " x " + std::to_string(number(one, "factor_percent")) + " %, up to " +
               seconds(number(one, "cap_ms"));
    if (kind == "schedule") {
      waits.clear();
      for (const Json& wait : member(one, "waits_ms"))
        waits += (waits.empty() ? "" : ", ") + seconds(wait.get<long long>());
    }
    const long long attempts = number(one, "attempts_max"), window = number(one, "window_ms");
    table.add({text(one, "name"), kind, waits, std::to_string(number(one, "jitter_percent")) + " %",
               attempts == 0 ? "any" : std::to_string(attempts),
               window == 0 ? "-" : std::to_string(window / 3'600'000) + " h",
               flag(one, "shipped") ? "shipped" : ""});
  }
  table.print(console);
}

// What the kinds differ in.
struct Kind {
  const char* path;
  const char* list_member;
  void (*print)(const Console&, const Json&);
};
constexpr Kind participants{"/v1/participants", "participants", print_participants};
constexpr Kind merchants{"/v1/merchants", "merchants", print_merchants};
constexpr Kind definitions{"/v1/definitions", "definitions", print_definitions};
constexpr Kind policies{"/v1/policies", "policies", print_policies};

template <const Kind& kind>
Result<int> list(const Session& session, const Arguments&) {
  const auto answer = call(session, "GET", kind.path);
  if (!answer) return answer.error();
  if (session.console.json) return print_json(session, answer->body), 0;
  kind.print(session.console, member(answer->body, kind.list_member));
  return 0;
}

template <const Kind& kind>
std::string path_of(const Arguments& arguments) {
  return std::string(kind.path) + "/" + escape(arguments.operand(0));
}

template <const Kind& kind>
Result<int> get(const Session& session, const Arguments& arguments) {
  const auto answer = call(session, "GET", path_of<kind>(arguments));
  if (!answer) return answer.error();
  print_json(session, answer->body);
  return 0;
}

template <const Kind& kind>
Result<int> put(const Session& session, const Arguments& arguments) {
  const auto document = read_json_file(arguments.operand(1));
  if (!document) return document.error();
  const auto answer = call(session, "PUT", path_of<kind>(arguments), &*document);
  if (!answer) return answer.error();
  if (session.console.json) return print_json(session, answer->body), 0;
  session.console.out << printable(arguments.operand(0)) << (answer->status == 201 ? ": new" : ": stored")
                      << '\n';
  kind.print(session.console, Json::array({answer->body}));
  const std::string secret = text(answer->body, "new_secret");
  if (!secret.empty()) session.console.out << "secret, shown this once: " << secret << '\n';
  return 0;
}

template <const Kind& kind>
Result<int> erase(const Session& session, const Arguments& arguments) {
  const auto answer = call(session, "DELETE", path_of<kind>(arguments));
  if (!answer) return answer.error();
  if (session.console.json) return print_json(session, {{"deleted", arguments.operand(0)}}), 0;
  session.console.out << printable(arguments.operand(0)) << ": deleted\n";
  return 0;
}

}  // namespace

std::vector<Command> registry_commands() {
  const std::string file = "FILE is the JSON document of docs/openapi.yaml; - reads it from standard input.";
  return {
      {"participant list", {}, "all participants", {}, "settlectl participant list", "", list<participants>},
      {"participant get",
       {"NAME"},
       "one participant, as JSON",
       {},
       "settlectl participant get payment",
       "",
       get<participants>},
      {"participant put",
       {"NAME", "FILE"},
       "register or change a participant",
       {},
       "echo '{\"base_urls\": [\"http://127.0.0.1:8102\"], \"endpoints\": {\"try\": \"/try\", \"confirm\": "
       "\"/confirm\",\n"
       "      \"cancel\": \"/cancel\", \"query\": \"/query\"}}' | settlectl participant put payment -",
       file + "\nA new participant without secrets gets one, which is printed this once.",
       put<participants>},
      {"participant delete",
       {"NAME"},
       "remove a participant that no definition names",
       {},
       "settlectl participant delete coupons",
       "",
       erase<participants>},
      {"merchant list", {}, "all merchants", {}, "settlectl merchant list", "", list<merchants>},
      {"merchant get", {"ID"}, "one merchant, as JSON", {}, "settlectl merchant get m-1", "", get<merchants>},
      {"merchant put",
       {"ID", "FILE"},
       "register or change a merchant",
       {},
       "echo '{\"url\": \"http://127.0.0.1:8104/callback\"}' | settlectl merchant put m-1 -",
       file + "\nA new URL applies to the callbacks that wait, too.",
       put<merchants>},
      {"merchant delete",
       {"ID"},
       "remove a merchant",
       {},
       "settlectl merchant delete m-1",
       "",
       erase<merchants>},
      {"definitions list",
       {},
       "the newest version of every definition",
       {},
       "settlectl definitions list",
       "",
       list<definitions>},
      {"definitions get",
       {"NAME"},
       "one definition, as JSON",
       {},
       "settlectl definitions get purchase > purchase.json",
       "",
       get<definitions>},
      {"definitions put",
       {"NAME", "FILE"},
       "define a saga, or its next version",
       {},
       "settlectl definitions put purchase purchase.json",
       file + "\nPurchases in flight keep the version that they began with.",
       put<definitions>},
      {"policies list",
       {},
       "the retry policies that have names",
       {},
       "settlectl policies list",
       "",
       list<policies>},
      {"policies get",
       {"NAME"},
       "one retry policy, as JSON",
       {},
       "settlectl policies get graded > mine.json",
       "",
       get<policies>},
      {"policies put",
       {"NAME", "FILE"},
       "make a retry policy, or change it",
       {},
       "settlectl policies put mine mine.json",
       file + "\nA change holds for each purchase from its next event on.",
       put<policies>},
  };
}

}  // namespace settle::ctl
