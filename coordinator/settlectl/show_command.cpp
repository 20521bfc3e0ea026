// show: the whole story of a purchase.

#include <ostream>

#include "journal_pages.hpp"
#include "purchase_text.hpp"
#include "timeline.hpp"
#include "times.hpp"

namespace settle::ctl {

namespace {

std::vector<std::string> step_names(const Json& purchase) {
  std::vector<std::string> names;
  for (const Json& step : member(purchase, "steps")) names.push_back(text(step, "name"));
  return names;
}

Result<int> show(const Session& session, const Arguments& arguments) {
  const std::string& id = arguments.operand(0);
  const auto purchase = call(session, "GET", "/v1/purchases/" + escape(id));
  if (!purchase) return purchase.error();
  const auto records = journal_of(session, id);
  if (!records) return records.error();
  if (session.console.json) {
    print_json(session, {{"purchase", purchase->body}, {"journal", *records}});
    return 0;
  }
  const Console& console = session.console;
  const std::int64_t now = now_ms();
  print_headline(console, purchase->body);
  console.out << '\n';
  print_steps(console, purchase->body, now);
  console.out << '\n';
  print_timeline(console, *records, step_names(purchase->body));
  console.out << "\n  " << console.paint(Colour::bold, "next: ") << printable(what_next(purchase->body, now))
              << '\n';
  return 0;
}

}  // namespace

Command show_command() {
  return {"show",
          {"ID"},
          "a purchase's whole story: steps, timeline, what comes next",
          {},
          "settlectl show 0f0e0d0c0b0a09080706050403020100",
          "With --json: {\"purchase\": …, \"journal\": […]}. Card codes are shown by submit, and by the API, "
          "not here.",
          show};
}

}  // namespace settle::ctl
