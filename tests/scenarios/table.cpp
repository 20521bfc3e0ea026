#include "table.hpp"

#include <cstdio>

namespace settle::scenarios {
namespace {

std::string number(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (int at = static_cast<int>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  if (part < whole && share(part, whole) > 0.99999) return "> 99.999 %";  // rounded, it would look like all
  char text[32];
  std::snprintf(text, sizeof text, "%.3f %%", 100 * share(part, whole));
  return text;
}

std::string counted(std::uint64_t part, std::uint64_t whole) {
  return number(part) + " (" + percent(part, whole) + ")";
}

std::uint64_t way(const Outcome& outcome, Way by) {
  return outcome.by_way[static_cast<std::size_t>(by)];
}

std::uint64_t recovered(const Outcome& outcome) {
  return way(outcome, Way::schedule) + way(outcome, Way::breaker) + way(outcome, Way::probe);
}

std::string row(const std::string& what, const std::string& without, const std::string& with,
                const std::string& target = "") {
  return "| " + what + " | " + without + " | " + with + " | " + target + " |\n";
}

template <class Show>
std::string row(const Outcome& without, const Outcome& with, const std::string& what, const Show& show,
                const std::string& target = "") {
  return row(what, show(without), show(with), target);
}

std::string callback_rows(const Outcome& a, const Outcome& b) {
  using O = const Outcome&;
  std::string out =
      row(a, b, "callbacks whose receiver was back within 72 h", [](O o) { return number(o.callbacks); });
  out += row(
      a, b, "first callbacks lost, or held back", [](O o) { return counted(o.lost_first, o.callbacks); },
      "30–40 %");
  out += row(
      a, b, "**through**", [](O o) { return "**" + counted(o.through, o.callbacks) + "**"; }, "≥ 99.9 %");
  const auto by = [&](const char* what, Way which, const char* target = "") {
    return row(
        a, b, what, [which](O o) { return counted(way(o, which), o.callbacks); }, target);
  };
  out += by("– at the first call", Way::first) + by("– by schedule", Way::schedule);
  out += by("– by recovery of the receiver: woken by its breaker", Way::breaker);
  out +=
      by("– by recovery of the receiver: found up by a probe", Way::probe) + by("– by hand", Way::hand, "0");
  out += row(
      a, b, "of the lost, recovered with no human act",
      [](O o) { return counted(recovered(o), o.lost_first); }, "≥ 99 %");
  out +=
      row(a, b, "notices that came again under their id", [](O o) { return counted(o.repeated, o.notices); });
  out += row(
      a, b, "duplicates that took effect", [](O o) { return number(o.doubled); }, "0");
  out += row(a, b, "callbacks whose receiver was not back within 72 h", [](O o) { return number(o.gone); });
  return out;
}

std::string purchase_rows(const Outcome& a, const Outcome& b) {
  using O = const Outcome&;
  std::string out = row(a, b, "purchases", [](O o) { return number(o.submitted); });
  out += row(a, b, "completed", [](O o) { return counted(o.completed, o.submitted); });
  out += row(a, b, "cancelled, everything given back", [](O o) { return counted(o.cancelled, o.submitted); });
  out += row(a, b, "left in the middle, for a person", [](O o) { return counted(o.open, o.submitted); });
  out += row(
      a, b, "**wrong outcomes**", [](O o) { return "**" + number(o.wrong) + "**"; }, "0");
  out += row(
      a, b, "purchases at which a person did something", [](O o) { return number(o.acted); }, "0");
  out += row(a, b, "records replayed from the log", [](O o) { return number(o.records); });
  out += row(a, b, "crashes of the daemon", [](O o) { return number(o.crashes); });
  return out;
}

std::string causes(const Outcome& outcome) {
  std::string out;
  for (const auto& [cause, count] : outcome.causes)
    out += (out.empty() ? "" : ", ") + cause + " " + percent(count, outcome.lost_first);
  return out;
}

std::string of_thirty(const Outcome& outcome, std::uint64_t part) {
  char text[48];
  std::snprintf(text, sizeof text, "%.2f of 30", 30 * share(part, outcome.submitted));
  return text;
}

const char* head = "| | without | with | target |\n| --- | ---: | ---: | ---: |\n";

}  // namespace

std::string table(const Experiment& experiment) {
  const Outcome &a = experiment.without, &b = experiment.with;
  const Outcome &va = experiment.vague_without, &vb = experiment.vague_with;
  std::string out = "Seed " + std::to_string(experiment.seed) + "; " + number(experiment.receivers_without) +
                    " receivers without, " + number(experiment.receivers) + " with the mechanism.\n\n";
  out += "### Callbacks\n\n" + std::string(head) + callback_rows(a, b);
  out += "\nWhy first callbacks were lost (with): " + causes(b) + ".\n\n";
  out += "### Purchases\n\n" + std::string(head) + purchase_rows(a, b);
  out += "\n### Orders whose first charge ends vaguely\n\n" + std::string(head);
  out += row("orders, in thirties", number(va.submitted), number(vb.submitted));
  out += row("complete with no human act", of_thirty(va, va.completed), of_thirty(vb, vb.completed),
             "≥ 28 of 30");
  out += row("the first thirty; the worst", "",
             std::to_string(experiment.first_thirty) + "; " + std::to_string(experiment.worst_thirty),
             "≥ 28; ≥ 28");
  out += row("cancelled, everything given back", of_thirty(va, va.cancelled), of_thirty(vb, vb.cancelled));
  out += row("in limbo", of_thirty(va, va.open), of_thirty(vb, vb.open), "0");
  out += row("wrong outcomes", number(va.wrong), number(vb.wrong), "0");
  return out;
}

std::string missed(const Experiment& experiment) {
  const Outcome &with = experiment.with, &vague = experiment.vague_with;
  std::string out;
  const auto expect = [&](bool reached, const std::string& what) {
    if (!reached) out += "missed: " + what + "\n";
  };
  const double lost = share(with.lost_first, with.callbacks);
  expect(lost >= 0.3 && lost <= 0.4, "30-40 % of the first callbacks lost: the mix is not the documents'");
  expect(share(with.through, with.callbacks) >= 0.999, "99.9 % of the callbacks through");
  expect(share(recovered(with), with.lost_first) >= 0.99, "99 % of the loss recovered with no human act");
  expect(way(with, Way::hand) == 0 && with.acted == 0 && vague.acted == 0, "no human act");
  expect(with.doubled == 0 && vague.doubled == 0, "no duplicate takes effect");
  expect(with.wrong == 0, "no wrong outcome: " + with.first_wrong);
  expect(with.open == 0, "no purchase left in the middle");
  expect(vague.wrong == 0 && vague.open == 0, "no vague order lost: " + vague.first_wrong);
  expect(experiment.first_thirty >= 28, "28 of the first 30 vague orders complete");
  expect(experiment.worst_thirty >= 28, "28 of the worst 30 vague orders complete");
  expect(30 * share(vague.completed, vague.submitted) >= 28, "28 of each 30 vague orders complete");
  // Without it nothing is wrong either: the difference is what comes of the lost.
  expect(experiment.without.wrong == 0, "no wrong outcome without: " + experiment.without.first_wrong);
  expect(share(experiment.without.through, experiment.without.callbacks) < 0.75,
         "without the mechanism the loss stays: else this experiment shows nothing");
  return out;
}

}  // namespace settle::scenarios
