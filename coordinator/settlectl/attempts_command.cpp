// attempts: what was sent for a purchase, and what came back.

#include <algorithm>
#include <ostream>

#include "purchase_text.hpp"
#include "times.hpp"

namespace settle::ctl {

namespace {

Result<Json> attempts_of(const Session& session, const std::string& id) {
  Json all = Json::array();
  std::string cursor;
  do {
    std::string path = "/v1/purchases/" + escape(id) + "/attempts?limit=200";
    if (!cursor.empty()) path += "&cursor=" + escape(cursor);
    const auto answer = call(session, "GET", path);
    if (!answer) return answer.error();
    for (const Json& one : member(answer->body, "attempts")) all.push_back(one);
    cursor = text(answer->body, "next");
  } while (!cursor.empty());
  return all;
}

Cell end_of(const Json& attempt) {
  const std::string end = text(attempt, "end"), outcome = text(attempt, "outcome");
  std::string shown = end == "answered" ? outcome : end;
  if (end != "answered" && !outcome.empty()) shown += " " + outcome;
  const Json& reported = member(attempt, "reported");
  if (reported.is_object()) shown += ", then " + text(reported, "outcome");
  const bool good = outcome == "done" || outcome == "accepted" || outcome == "tried";
  if (end == "out") return Cell(shown, Colour::yellow);
  return Cell(shown, good ? Colour::green : Colour::red);
}

std::string answer_of(const Json& attempt) {
  const Json& response = member(attempt, "response");
  std::string shown = number(response, "status") != 0 ? std::to_string(number(response, "status")) : "";
  const std::string cause = text(attempt, "cause");
  if (!cause.empty()) shown += (shown.empty() ? "" : " ") + cause;
  return shown;
}

std::string said_of(const Json& attempt) {
  const std::string code = text(attempt, "code"), detail = text(attempt, "detail");
  if (!code.empty() || !detail.empty()) return code + (code.empty() || detail.empty() ? "" : " ") + detail;
  const std::string outcome = text(attempt, "outcome");
  return outcome == "done" ? "" : text(member(attempt, "response"), "body");
}

void print(const Console& console, const Json& attempts) {
  if (attempts.empty()) return void(console.out << "nothing was sent yet\n");
  const std::int64_t now = now_ms();
  Table table({"LEFT", "STEP", "ATTEMPT", "URL", "ENDED", "ANSWER", "TOOK", "NEXT AFTER", "POLICY", "SAID"});
  for (const Json& one : attempts) {
    const auto left = parse_time(text(one, "left_at"));
    const Json& response = member(one, "response");
    const bool waits = one.contains("wait_ms");
    table.add({left ? relative(*left, now) : "", text(one, "step") + " " + text(one, "operation"),
               Cell(std::to_string(number(one, "attempt")), Colour::none, true),
               text(one, "url") + (flag(one, "url_from_registry") ? " *" : ""), end_of(one), answer_of(one),
               Cell(response.is_object() ? span(number(response, "took_ms")) : "", Colour::none, true),
               Cell(waits ? span(number(one, "wait_ms")) : "", Colour::none, true), text(one, "policy"),
               said_of(one)});
  }
  table.print(console);
  const auto from_registry = [](const Json& one) { return flag(one, "url_from_registry"); };
  if (std::any_of(attempts.begin(), attempts.end(), from_registry))
    console.out << "* as registered now; where it went then is kept of what went wrong, and of repetitions\n";
}

Result<int> attempts(const Session& session, const Arguments& arguments) {
  const auto all = attempts_of(session, arguments.operand(0));
  if (!all) return all.error();
  if (session.console.json) return print_json(session, {{"attempts", *all}}), 0;
  print(session.console, *all);
  return 0;
}

}  // namespace

Command attempts_command() {
  return {"attempts",
          {"ID"},
          "every call of a purchase: where it went, what came back, what came of it",
          {},
          "settlectl attempts 0f0e0d0c0b0a09080706050403020100",
          "With --json also the requests and answers themselves, cut and without secrets, and their digests.",
          attempts};
}

}  // namespace settle::ctl
