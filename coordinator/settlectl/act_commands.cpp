// cancel, retry, reopen, resolve: acts of a person on a purchase. Who and why are journalled.

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
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

Result<int> act(const Session& session, const Arguments& arguments, const char* verb) {
  auto body = act_of(arguments);
  if (!body) return body.error();
  if (arguments.has("step")) (*body)["step"] = arguments.get("step");
  if (arguments.has("as")) (*body)["resolution"] = arguments.get("as");
  const auto answer =
      call(session, "POST", "/v1/purchases/" + escape(arguments.operand(0)) + "/" + verb, &*body);
  if (!answer) return answer.error();
  if (session.console.json) return print_json(session, answer->body), 0;
  print_headline(session.console, answer->body);
  return 0;
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

Result<int> resolve(const Session& session, const Arguments& arguments) {
  if (!arguments.has("step")) return Error{"usage", "--step is missing: which step ended?"};
  if (!arguments.has("as")) return Error{"usage", "--as is missing: done or abandoned"};
  return act(session, arguments, "resolve");
}

}  // namespace

std::vector<Command> act_commands() {
  std::vector<Flag> flags = who_and_why();
  std::vector<Flag> with_step = flags;
  with_step.push_back({"step", "NAME", "only this step (default: every one that waits or is parked)"});
  std::vector<Flag> with_resolution = flags;
  with_resolution.push_back({"step", "NAME", "the parked step"});
  with_resolution.push_back({"as", "done|abandoned", "done: its effect exists. abandoned: given up"});
  return {
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
       "abandoned.",
       resolve},
  };
}

}  // namespace settle::ctl
