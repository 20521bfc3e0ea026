#include "report.hpp"

#include <cstdio>
#include <set>
#include <sstream>

#include "excused.hpp"
#include "settle/statemachine/triggers.hpp"

namespace settle::sim {
namespace {

std::string line(const char* name, std::uint64_t count) {
  char text[80];
  std::snprintf(text, sizeof text, "  %-22s %12llu\n", name, static_cast<unsigned long long>(count));
  return text;
}

using Names = std::set<std::string>;  // "From --> To : trigger"

std::string row_name(const std::string& from, const std::string& to, const std::string& trigger) {
  return from + " --> " + to + " : " + trigger;
}

Names purchase_rows() {
  Names fired;
  for (const auto& [row, count] : ShadowLog::rows())
    if (row[0] == 0)
      fired.insert(row_name(settle::name_of(static_cast<PurchaseState>(row[1])),
                            settle::name_of(static_cast<PurchaseState>(row[2])),
                            settle::name_of(static_cast<PurchaseTrigger>(row[3]))));
  return fired;
}

Names step_rows() {
  Names fired;
  for (const auto& [row, count] : ShadowLog::rows())
    if (row[0] == 1)
      fired.insert(row_name(settle::name_of(static_cast<StepState>(row[1])),
                            settle::name_of(static_cast<StepState>(row[2])),
                            settle::name_of(static_cast<StepTrigger>(row[3]))));
  return fired;
}

// A table's diagram is its rows, printed from the code: "    From --> To : trigger, trigger".
std::string rows_not_fired(const std::string& diagram, const Names& fired) {
  std::string missing;
  std::istringstream lines(diagram);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t arrow = line.find(" --> "), colon = line.find(" : ");
    if (arrow == std::string::npos || colon == std::string::npos) continue;
    const std::string from = line.substr(4, arrow - 4), to = line.substr(arrow + 5, colon - arrow - 5);
    std::istringstream triggers(line.substr(colon + 3));
    for (std::string trigger; std::getline(triggers >> std::ws, trigger, ',');) {
      const std::string row = row_name(from, to, trigger);
      if (fired.count(row) == 0 && excused(row) == nullptr) missing += "row never fired: " + row + "\n";
    }
  }
  return missing;
}

}  // namespace

void Report::add(const World& world) {
  ++seeds;
  for (const auto& [id, shadow] : world.oracle.log().all()) {
    ++purchases;
    const Purchase& p = shadow.purchase;
    ++(p.state == PurchaseState::completed   ? completed
       : p.state == PurchaseState::cancelled ? cancelled
                                             : with_person);
  }
  records += world.oracle.log().records();
  crashes += world.daemon.crashes;
  starts += world.daemon.starts;
  events += world.trace.events();
  virtual_ms += world.time.now().count - Scheduler{}.now().count;
  for (std::size_t i = 0; i < fault_count; ++i) faults[i] += world.faults.struck()[i];
}

std::string Report::text() const {
  std::string out = line("seeds", seeds) + line("purchases", purchases) + line("  completed", completed) +
                    line("  cancelled", cancelled) + line("  with a person", with_person) +
                    line("journal records", records) + line("crashes", crashes) + line("starts", starts) +
                    line("events", events);
  char speed[160];
  std::snprintf(speed, sizeof speed, "  %.1f s for %.1f h of virtual time: %.0f times as fast as real time\n",
                seconds, static_cast<double>(virtual_ms) / 3.6e6,
                seconds > 0 ? static_cast<double>(virtual_ms) / 1000 / seconds : 0.0);
  out += speed;
  out += "faults\n";
  for (std::size_t i = 0; i < fault_count; ++i) out += line(name_of(static_cast<Fault>(i)), faults[i]);
  return out;
}

std::string not_covered(const Report& report) {
  std::string missing =
      rows_not_fired(purchase_diagram(), purchase_rows()) + rows_not_fired(step_diagram(), step_rows());
  for (std::size_t i = 0; i < fault_count; ++i)
    if (report.faults[i] == 0)
      missing += std::string("fault never injected: ") + name_of(static_cast<Fault>(i)) + "\n";
  return missing;
}

}  // namespace settle::sim
