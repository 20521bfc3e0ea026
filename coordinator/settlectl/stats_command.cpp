// stats: what became of attempts and purchases in a window of time.

#include <cstdio>
#include <ostream>

#include "purchase_text.hpp"
#include "times.hpp"

namespace settle::ctl {

namespace {

// A time, or a span back from now, as the query wants it. Errors: usage.
Result<std::string> time_flag(const Arguments& arguments, const char* name) {
  const std::string given = arguments.get(name);
  if (const auto back = parse_span(given)) return format_time(now_ms() - *back);
  if (parse_time(given)) return given;
  return Error{"usage",
               std::string("--") + name + " wants a time like 2026-07-31T08:00:00Z, or a span like 2h or 7d"};
}

Result<std::string> query_of(const Arguments& arguments) {
  std::string query;
  for (const char* name : {"from", "to"}) {
    if (!arguments.has(name)) continue;
    const auto time = time_flag(arguments, name);
    if (!time) return time.error();
    query += std::string("&") + name + "=" + escape(*time);
  }
  for (const auto& [flag, parameter] :
       {std::pair{"by", "step"}, {"target", "target"}, {"merchant", "merchant"}, {"order", "order"}})
    if (arguments.has(flag)) query += std::string("&") + parameter + "=" + escape(arguments.get(flag));
  return query.empty() ? query : "?" + query.substr(1);
}

Cell count(const Json& object, const char* name) {
  return {std::to_string(number(object, name)), Colour::none, true};
}

Cell success(const Json& numbers) {
  const Json& percent = member(numbers, "success_percent");
  if (!percent.is_number()) return {"-", Colour::dim, true};
  const double value = percent.get<double>();
  const int digits = value > 99 && value < 100 ? 4 : 2;  // rounded, one that was lost would not be seen
  char text[32];
  std::snprintf(text, sizeof text, "%.*f %%", digits, value);
  return {text, value < 99 ? Colour::red : Colour::green, true};
}

Cell time_of(const Json& numbers, const char* name) {
  return number(numbers, "retried") == 0 ? Cell("-", Colour::dim, true)
                                         : Cell(span(number(numbers, name)), Colour::none, true);
}

void print_points(const Console& console, const Json& points) {
  Table table({"FROM", "ATTEMPTS", "FAILED", "ENDED", "SUCCESS", "FIRST TRY", "RECOVERED", "ALONE",
               "RETRY MEAN", "P50", "P95"});
  for (const Json& point : points) {
    const Json& numbers = member(point, "operations");
    if (number(numbers, "attempts") + number(numbers, "failures") + number(numbers, "ended") == 0) continue;
    table.add({text(point, "at"), count(numbers, "attempts"), count(numbers, "failures"),
               count(numbers, "ended"), success(numbers), count(numbers, "first_try"),
               count(numbers, "recovered"), count(numbers, "recovered_alone"),
               time_of(numbers, "retry_mean_ms"), time_of(numbers, "retry_p50_ms"),
               time_of(numbers, "retry_p95_ms")});
  }
  if (!table.empty()) table.print(console);
}

void print_counts(const Console& console, const char* title, const Json& counts) {
  std::string line;
  for (const auto& [name, value] : counts.items())
    if (value.is_number_integer() && value.get<long long>() != 0)
      line += (line.empty() ? "" : ", ") + name + ": " + std::to_string(value.get<long long>());
  if (!line.empty()) console.out << title << printable(line) << "\n";
}

void print_hours(const Console& console, const Json& hours) {
  Table table({"HOUR (UTC)", "ATTEMPTS", "FAILED", "ENDED", "SUCCEEDED"});
  for (const Json& hour : hours) {
    if (number(hour, "attempts") + number(hour, "failures") + number(hour, "ended") == 0) continue;
    char from[8];
    std::snprintf(from, sizeof from, "%02d:00", static_cast<int>(number(hour, "hour") % 24));
    table.add({from, count(hour, "attempts"), count(hour, "failures"), count(hour, "ended"),
               count(hour, "succeeded")});
  }
  if (table.empty()) return;
  console.out << "\n";
  table.print(console);
}

void print_endpoints(const Console& console, const Json& worst) {
  if (worst.empty()) return;
  Table table({"WORST", "OPERATION", "ATTEMPTS", "FAILED", "SUCCESS", "RETRY P95"});
  for (const Json& one : worst) {
    const Json& numbers = member(one, "numbers");
    const std::string merchant = text(one, "merchant");
    table.add({text(one, "target") + (merchant.empty() ? "" : " " + merchant), text(one, "operation"),
               count(numbers, "attempts"), count(numbers, "failures"), success(numbers),
               time_of(numbers, "retry_p95_ms")});
  }
  console.out << "\n";
  table.print(console);
}

Result<int> stats(const Session& session, const Arguments& arguments) {
  const auto query = query_of(arguments);
  if (!query) return query.error();
  const auto answer = call(session, "GET", "/v1/stats" + *query);
  if (!answer) return answer.error();
  if (session.console.json) return print_json(session, answer->body), 0;
  const Console& console = session.console;
  const Json& body = answer->body;
  console.out << text(body, "from") << " to " << text(body, "to") << ", by the " << text(body, "step")
              << "\n";
  if (number(body, "behind") > 0)
    console.out << console.paint(Colour::yellow,
                                 std::to_string(number(body, "behind")) + " records are not counted yet")
                << "\n";
  if (flag(body, "stopped"))
    console.out << console.paint(Colour::red, "the statistics stand still; the daemon's log says why")
                << "\n";
  if (flag(body, "incomplete"))
    console.out << console.paint(Colour::yellow,
                                 "incomplete: some may be among what had no room under a name of its own")
                << "\n";
  const Json& purchases = member(body, "purchases");
  print_counts(console, "purchases       ", purchases);
  print_counts(console, "cancelled for   ", member(purchases, "cancel_reasons"));
  print_counts(console, "attempts needed ", member(body, "attempts"));
  print_counts(console, "failures        ", member(body, "causes"));
  console.out << "\n";
  print_points(console, member(body, "points"));
  print_hours(console, member(body, "time_of_day"));
  print_endpoints(console, member(body, "worst_endpoints"));
  return 0;
}

}  // namespace

Command stats_command() {
  return {"stats",
          {},
          "what became of attempts and purchases, by time",
          {{"from", "TIME", "from then on, or a span back from now: 2h, 7d (default: 24 hours before --to)"},
           {"to", "TIME", "until then, or a span back from now (default: now)"},
           {"by", "STEP", "minute, hour or day (default: by the window)"},
           {"target", "NAME", "of this participant, or $merchant"},
           {"merchant", "ID", "of deliveries to this merchant"},
           {"order", "ORDER",
            "of the worst endpoints: failures (default), or rate, of those with ten attempts and more"}},
          "settlectl stats --from 7d --by day",
          "Minutes are kept for 48 hours, hours for 90 days, days for ever. Times are UTC; steps in which "
          "nothing happened are left out. ALONE: recovered with no act of a person.",
          stats};
}

}  // namespace settle::ctl
