// endpoints: which are called, which are left alone, and a person's hand on them.

#include <ostream>

#include "acts.hpp"
#include "times.hpp"

namespace settle::ctl {
namespace {

std::string whose(const Json& one) {
  const std::string merchant = text(one, "merchant");
  return merchant.empty() ? text(one, "participant") : "merchant " + merchant;
}

Result<int> list(const Session& session, const Arguments&) {
  const auto answer = call(session, "GET", "/v1/endpoints");
  if (!answer) return answer.error();
  if (session.console.json) return print_json(session, answer->body), 0;
  Table table({"ENDPOINT", "OPERATION", "STATE", "SINCE", "PROBED AT", "OUT", "CALLS", "FAILED", "HELD"});
  const auto count = [](const Json& one, const char* name) {
    return Cell(std::to_string(number(one, name)), Colour::none, true);
  };
  for (const Json& one : member(answer->body, "endpoints")) {
    const std::string state = text(one, "state"), cause = text(one, "cause");
    table.add({whose(one), text(one, "operation"),
               Cell(cause.empty() ? state : state + " (" + cause + ")",
                    state == "closed" ? Colour::green : Colour::red),
               text(one, "since"), text(one, "probe_at"), count(one, "out"), count(one, "calls"),
               count(one, "failures"), count(one, "held")});
  }
  table.print(session.console);
  return 0;
}

Result<int> act(const Session& session, const Arguments& arguments, const char* what) {
  auto body = act_of(arguments);
  if (!body) return body.error();
  const std::string target = arguments.operand(0);
  const std::string merchant = "merchant/";
  const bool of_merchant = target.rfind(merchant, 0) == 0;
  (*body)[of_merchant ? "merchant" : "participant"] = of_merchant ? target.substr(merchant.size()) : target;
  (*body)["operation"] = arguments.operand(1);
  (*body)["act"] = what;
  const auto answer = call(session, "POST", "/v1/endpoints/acts", &*body);
  if (!answer) return answer.error();
  if (session.console.json) return print_json(session, answer->body), 0;
  session.console.out << whose(answer->body) << " " << text(answer->body, "operation") << ": "
                      << text(answer->body, "state") << "\n";
  return 0;
}

Result<int> enable(const Session& session, const Arguments& arguments) {
  return act(session, arguments, "enable");
}
Result<int> disable(const Session& session, const Arguments& arguments) {
  return act(session, arguments, "disable");
}

}  // namespace

std::vector<Command> endpoint_commands() {
  return {
      {"endpoints list",
       {},
       "which endpoints are called, and which are left alone",
       {},
       "settlectl endpoints list",
       "closed: called. open: it fails, and is probed now and then. disabled: called no more until somebody "
       "enables it.",
       list},
      {"endpoints enable",
       {"TARGET", "OPERATION"},
       "call an endpoint again, and wake what waited for it",
       who_and_why(),
       "settlectl endpoints enable merchant/m-1 deliver --why 'they have moved back'",
       "TARGET is a participant's name, or merchant/ID.",
       enable},
      {"endpoints disable",
       {"TARGET", "OPERATION"},
       "call an endpoint no more; what is due waits, uncounted",
       who_and_why(),
       "settlectl endpoints disable payment confirm --why 'the bank asked for an hour'",
       "TARGET is a participant's name, or merchant/ID. A person's retry of one purchase is called all the "
       "same.",
       disable},
  };
}

}  // namespace settle::ctl
