// assign, note, cancel, retry, reopen, resolve: acts of a person on a purchase. Who and why are journalled.

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <ostream>

#include "acts.hpp"
#include "purchase_text.hpp"

namespace settle::ctl {

std::string who_of(const Arguments& arguments) {
  if (arguments.has("who")) return arguments.get("who");
  const char* user = std::getenv("USER");
  if (user != nullptr && *user != '\0') return user;
  const passwd* entry = getpwuid(getuid());
  return entry != nullptr ? entry->pw_name : "";
}

Result<Json> act_of(const Arguments& arguments) {
  const std::string who = who_of(arguments), why = arguments.get("why");
  if (why.empty()) return Error{"usage", "--why is missing: it is kept with the purchase"};
  if (who.empty()) return Error{"usage", "--who is missing, and $USER is not set"};
  return Json{{"who", who}, {"why", why}};
}

namespace {

Result<int> send(const Session& session, const Arguments& arguments, const char* verb, const Json& body) {
  const auto answer =
      call(session, "POST", "/v1/purchases/" + escape(arguments.operand(0)) + "/" + verb, &body);
  if (!answer) return answer.error();
  if (session.console.json) return print_json(session, answer->body), 0;
  if (text(answer->body, "state") == "proposed") {
    session.console.out << "proposed: another person must say the same, until "
                        << text(member(answer->body, "proposal"), "until") << '\n';
    return 0;
  }
  print_headline(session.console, answer->body);
  return 0;
}

Result<int> act(const Session& session, const Arguments& arguments, const char* verb) {
  auto body = act_of(arguments);
  if (!body) return body.error();
  if (arguments.has("step")) (*body)["step"] = arguments.get("step");
  return send(session, arguments, verb, *body);
}

// JSON, or @FILE: what is secret need not stand in the shell's history.
Result<Json> result_in(const std::string& given) {
  std::string text = given;
  if (given.rfind('@', 0) == 0) {
    std::ifstream file(given.substr(1), std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(file), {});
    if (!file) return Error{"usage", "--result: cannot read " + given.substr(1)};
  }
  Json tree = Json::parse(text, nullptr, false);
  if (!tree.is_object()) return Error{"usage", "--result is not a JSON object"};
  return tree;
}

Result<int> cancel(const Session& session, const Arguments& arguments) {
  return act(session, arguments, "cancel");
}
Result<int> retry(const Session& session, const Arguments& arguments) {
  return act(session, arguments, "retry");
}
Result<int> reopen(const Session& session, const Arguments& arguments) {
  return act(session, arguments, "reopen");
}

Result<int> assign(const Session& session, const Arguments& arguments) {
  auto body = act_of(arguments);
  if (!body) return body.error();
  if (arguments.has("to") == arguments.has("nobody"))
    return Error{"usage", "who looks after it: --to NAME, or --nobody"};
  if (arguments.has("to")) (*body)["to"] = arguments.get("to");
  return send(session, arguments, "assign", *body);
}

Result<int> note(const Session& session, const Arguments& arguments) {
  if (!arguments.has("text")) return Error{"usage", "--text is missing: what should be written down?"};
  if (who_of(arguments).empty()) return Error{"usage", "--who is missing, and $USER is not set"};
  return send(session, arguments, "note", {{"who", who_of(arguments)}, {"text", arguments.get("text")}});
}

Result<int> resolve(const Session& session, const Arguments& arguments) {
  if (!arguments.has("step")) return Error{"usage", "--step is missing: which step ended?"};
  if (!arguments.has("as")) return Error{"usage", "--as is missing: done or abandoned"};
  auto body = act_of(arguments);
  if (!body) return body.error();
  (*body)["step"] = arguments.get("step");
  (*body)["resolution"] = arguments.get("as");
  if (arguments.has("evidence")) (*body)["evidence"] = arguments.get("evidence");
  if (arguments.has("result")) {
    auto result = result_in(arguments.get("result"));
    if (!result) return result.error();
    (*body)["result"] = std::move(*result);
  }
  return send(session, arguments, "resolve", *body);
}

}  // namespace

std::vector<Command> act_commands() {
  std::vector<Flag> flags = who_and_why();
  std::vector<Flag> with_step = flags;
  with_step.push_back({"step", "NAME", "only this step (default: every one that waits or is parked)"});
  std::vector<Flag> with_resolution = flags;
  with_resolution.push_back({"step", "NAME", "the parked step"});
  with_resolution.push_back({"as", "done|abandoned", "done: its effect exists. abandoned: given up"});
  with_resolution.push_back({"evidence", "TEXT", "where it is seen; needed for done of all but deliveries"});
  with_resolution.push_back(
      {"result", "JSON|@FILE", "of done: what it would have answered, such as the cards; kept sealed"});
  std::vector<Flag> with_assignee = flags;
  with_assignee.push_back({"to", "NAME", "who looks after it from now on"});
  with_assignee.push_back({"nobody", "", "nobody any more"});
  return {
      {"assign",
       {"ID"},
       "say who looks after a purchase",
       with_assignee,
       "settlectl assign 0f0e0d0c0b0a09080706050403020100 --to bob --why 'on duty'",
       "",
       assign},
      {"note",
       {"ID"},
       "write something down with a purchase",
       {{"who", "NAME", "who writes (default: $USER)"}, {"text", "TEXT", "up to 500 bytes"}},
       "settlectl note 0f0e0d0c0b0a09080706050403020100 --text 'the bank calls back at ten'",
       "show tells it in the purchase's story.",
       note},
      {"cancel",
       {"ID"},
       "cancel a purchase, before its decision only",
       flags,
       "settlectl cancel 0f0e0d0c0b0a09080706050403020100 --why 'the buyer called'",
       "",
       cancel},
      {"retry",
       {"ID"},
       "repeat now what waits or is parked",
       with_step,
       "settlectl retry 0f0e0d0c0b0a09080706050403020100 --step charge --why 'the bank is back'",
       "",
       retry},
      {"reopen",
       {"ID"},
       "begin a cancelled purchase again, as a new one",
       flags,
       "settlectl reopen 0f0e0d0c0b0a09080706050403020100 --why 'stock has come'",
       "",
       reopen},
      {"resolve",
       {"ID"},
       "say how a parked step ended",
       with_resolution,
       "settlectl resolve 0f0e0d0c0b0a09080706050403020100 --step notify --as abandoned --why 'told by "
       "phone'",
       "An abandoned try counts as refused, and is still cancelled. Money, stock and cards cannot be "
       "abandoned. Where it takes two persons, the first one proposes, and another one says the same.",
       resolve},
  };
}

}  // namespace settle::ctl
