// list: purchases, newest first.

#include <algorithm>
#include <ostream>

#include "purchase_text.hpp"
#include "times.hpp"

namespace settle::ctl {

namespace {

Result<std::string> query_of(const Arguments& arguments) {
  static const char* const plain[][2] = {
      {"state", "state"}, {"shop", "shop"}, {"order", "order_id"}, {"buyer", "buyer"}};
  std::string query;
  for (const auto& [flag, name] : plain)
    if (arguments.has(flag)) query += std::string("&") + name + "=" + escape(arguments.get(flag));
  if (arguments.has("needs-person")) query += "&needs_person=true";
  if (arguments.has("not-notified")) query += "&notified=false";
  if (arguments.has("since")) {
    const auto since = time_or_ago(arguments.get("since"));
    if (!since)
      return Error{"usage",
                   "--since wants a time like 2026-01-31T12:00:00Z, or a span like 45s, 30m, 2h, 7d"};
    query += "&since=" + escape(*since);
  }
  return query;
}

std::string remark(const Json& purchase, std::int64_t now) {
  if (flag(purchase, "needs_person")) return "needs a person";
  if (purchase.contains("notified") && !flag(purchase, "notified")) return "not notified";
  std::string reason = text(member(purchase, "reason"), "code");
  if (!reason.empty()) return reason;
  const auto wake = parse_time(text(purchase, "next_wake_at"));
  return wake ? "next " + relative(*wake, now) : "";
}

void print(const Console& console, const Json& purchases) {
  const std::int64_t now = now_ms();
  Table table({"ID", "STATE", "SHOP", "ORDER", "BUYER", "SKU", "QTY", "AMOUNT", "SUBMITTED", "REMARK"});
  for (const Json& one : purchases) {
    const std::string state = text(one, "state");
    const auto at = parse_time(text(one, "submitted_at"));
    table.add({text(one, "id"), Cell(state, colour_of_state(state)), text(one, "shop"), text(one, "order_id"),
               text(one, "buyer"), text(one, "sku"),
               Cell(std::to_string(number(one, "quantity")), Colour::none, true),
               Cell(std::to_string(number(one, "amount")) + " " + text(one, "currency"), Colour::none, true),
               at ? relative(*at, now) : "",
               Cell(remark(one, now), flag(one, "needs_person") ? Colour::red : Colour::none)});
  }
  table.print(console);
}

// Page after page until there are `limit` (0: no limit).
Result<Json> gather(const Session& session, const std::string& query, std::string cursor, std::size_t limit) {
  Json all = {{"purchases", Json::array()}, {"unreadable", 0}};
  for (;;) {
    const std::size_t missing = limit == 0 ? 200 : limit - all["purchases"].size();
    std::string path = "/v1/purchases?limit=" + std::to_string(std::min<std::size_t>(200, missing)) + query;
    if (!cursor.empty()) path += "&cursor=" + escape(cursor);
    const auto answer = call(session, "GET", path);
    if (!answer) return answer.error();
    for (const Json& one : member(answer->body, "purchases")) all["purchases"].push_back(one);
    all["unreadable"] = number(all, "unreadable") + number(answer->body, "unreadable");
    cursor = text(answer->body, "next");
    if (cursor.empty()) return all;
    if (limit > 0 && all["purchases"].size() >= limit) {
      all["next"] = cursor;
      return all;
    }
  }
}

Result<int> list(const Session& session, const Arguments& arguments) {
  const auto limit = arguments.number("limit");
  if (!limit) return limit.error();
  const long long count = arguments.has("all") ? 0 : limit->value_or(50);
  if (count < 0 || (count == 0 && !arguments.has("all")))
    return Error{"usage", "--limit is at least 1; --all lists all"};
  const auto query = query_of(arguments);
  if (!query) return query.error();
  const auto found = gather(session, *query, arguments.get("cursor"), static_cast<std::size_t>(count));
  if (!found) return found.error();
  if (session.console.json) return print_json(session, *found), 0;
  print(session.console, member(*found, "purchases"));
  if (number(*found, "unreadable") > 0)
    session.console.err << "beside them " << number(*found, "unreadable")
                        << " cannot be read: see settled's log\n";
  const std::string next = text(*found, "next");
  if (!next.empty())
    session.console.out << "there are more: repeat with --cursor " << printable(next) << " or --all\n";
  return 0;
}

}  // namespace

Command list_command() {
  return {"list",
          {},
          "purchases, newest first",
          {{"state", "STATE", "trying, confirming, delivering, completed, cancelling or cancelled"},
           {"shop", "NAME", "of this shop"},
           {"order", "ID", "with this order number"},
           {"buyer", "ID", "of this buyer"},
           {"since", "TIME", "submitted since then: 2026-01-31T12:00:00Z, or 45s, 30m, 2h, 7d ago"},
           {"needs-person", "", "only those that ask for a person"},
           {"not-notified", "", "only completed ones whose merchant was not told: write to them"},
           {"limit", "N", "how many (default: 50)"},
           {"all", "", "all, page after page"},
           {"cursor", "CURSOR", "go on where the page before ended"}},
          "settlectl list --needs-person --since 2h",
          "",
          list};
}

}  // namespace settle::ctl
