// participant check: plays the hard cases to an endpoint, and says what is wrong with it.

#include <algorithm>
#include <ostream>

#include "check_plays.hpp"
#include "command.hpp"
#include "exit_code.hpp"
#include "times.hpp"

namespace settle::ctl {

namespace {

bool is_url(const std::string& text) {
  return text.rfind("http://", 0) == 0 || text.rfind("https://", 0) == 0;
}

std::string without_slash(std::string url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

// Where the operations are: at the usual paths below a URL, or as registered.
Status find_endpoints(const Session& session, const std::string& name, Target& target) {
  if (is_url(name)) {
    target.base_url = without_slash(name);
    for (const char* operation : {"try", "confirm", "cancel", "query"})
      target.endpoints[operation] = std::string("/") + operation;
    return ok();
  }
  const auto answer = call(session, "GET", "/v1/participants/" + escape(name));
  if (!answer) return answer.error();
  const Json& urls = member(answer->body, "base_urls");
  if (!urls.is_array() || urls.empty() || !urls[0].is_string())
    return Error{"server", "settled names no base URL of " + name};
  target.base_url = without_slash(urls[0].get<std::string>());
  for (const auto& [operation, path] : member(answer->body, "endpoints").items())
    if (path.is_string()) target.endpoints[operation] = path.get<std::string>();
  if (!target.has("try") || !target.has("cancel"))
    return Error{"usage", name + " has no try and cancel endpoints: the check is for holds"};
  return ok();
}

Result<Json> order_of(const Arguments& arguments) {
  Json order = {{"shop", "check"}, {"order_id", "check"}, {"buyer", "check"},  {"sku", "CHECK"},
                {"quantity", 1},   {"amount", 1},         {"currency", "CNY"}, {"merchant", "check"}};
  if (!arguments.has("order")) return order;
  const Json given = Json::parse(arguments.get("order"), nullptr, false);
  if (!given.is_object()) return Error{"usage", "--order is not a JSON object"};
  for (const auto& [name, value] : given.items()) order[name] = value;
  return order;
}

Result<Target> target_of(const Session& session, const Arguments& arguments) {
  if (!arguments.has("secret-file"))
    return Error{"usage", "--secret-file is missing: calls are signed with the participant's secret"};
  auto secrets = kit::Secrets::read_file(arguments.get("secret-file"));
  if (!secrets) return Error{"usage", secrets.error().detail};
  auto order = order_of(arguments);
  if (!order) return order.error();
  Target target{"",
                {},
                std::move(secrets).value(),
                std::move(order).value(),
                now_ms() / 1000,
                std::min(session.timeout_s, 60)};
  if (Status found = find_endpoints(session, arguments.operand(0), target); !found) return found.error();
  if (arguments.has("no-query")) target.endpoints.erase("query");
  if (arguments.has("confirm") && !target.has("confirm"))
    return Error{"usage", "there is no confirm endpoint to play"};
  return target;
}

const char* word_of(Verdict verdict) {
  return verdict == Verdict::right ? "ok" : verdict == Verdict::wrong ? "WRONG" : "not played";
}

void print(const Console& console, const std::vector<Finding>& findings) {
  if (console.json) {
    Json list = Json::array();
    for (const Finding& one : findings)
      list.push_back(
          {{"play", one.play}, {"verdict", word_of(one.verdict)}, {"seen", one.seen}, {"mend", one.mend}});
    console.out << Json{{"findings", list}}.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
    return;
  }
  Table table({"PLAY", "VERDICT", "SEEN", "HOW TO MEND IT"});
  for (const Finding& one : findings) {
    const Colour colour = one.verdict == Verdict::right   ? Colour::green
                          : one.verdict == Verdict::wrong ? Colour::red
                                                          : Colour::yellow;
    table.add({one.play, Cell(word_of(one.verdict), colour), one.seen, one.mend});
  }
  table.print(console);
}

Result<int> run_check(const Session& session, const Arguments& arguments) {
  const auto target = target_of(session, arguments);
  if (!target) return target.error();
  const auto findings = check(*target, arguments.has("confirm"));
  if (!findings) return findings.error();
  print(session.console, *findings);
  const auto wrong = std::count_if(findings->begin(), findings->end(),
                                   [](const Finding& one) { return one.verdict == Verdict::wrong; });
  if (!session.console.json)
    session.console.out << (wrong == 0 ? "nothing is wrong with it\n"
                                       : std::to_string(wrong) + " of " + std::to_string(findings->size()) +
                                             " are wrong\n");
  return wrong == 0 ? 0 : static_cast<int>(Exit::refused);
}

}  // namespace

std::vector<Command> check_commands() {
  return {{"participant check",
           {"NAME|URL"},
           "play duplicates, empty cancels, late tries and forgeries to an endpoint",
           {{"secret-file", "FILE", "the secret that calls are signed with: whsec_BASE64, one a line"},
            {"order", "JSON", "members of the order that is tried, e.g. '{\"sku\": \"GAME-100\"}'"},
            {"confirm", "", "play confirms too: they are final, so on a test system only"},
            {"no-query", "", "there is no query endpoint (of a URL)"}},
           "settlectl participant check http://127.0.0.1:8102 --secret-file payment.secret",
           "NAME is looked up at settled; below a URL /try, /confirm, /cancel and /query are called. Every "
           "hold is\n"
           "cancelled again. Exit code 1 if anything is wrong.",
           run_check}};
}

}  // namespace settle::ctl
