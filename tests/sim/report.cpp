#include "report.hpp"

#include <cstdio>

namespace settle::sim {
namespace {

std::string line(const char* name, std::uint64_t count) {
  char text[80];
  std::snprintf(text, sizeof text, "  %-22s %12llu\n", name, static_cast<unsigned long long>(count));
  return text;
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
  std::string missing;
  for (std::size_t i = 0; i < fault_count; ++i)
    if (report.faults[i] == 0)
      missing += std::string("fault never injected: ") + name_of(static_cast<Fault>(i)) + "\n";
  return missing;
}

}  // namespace settle::sim
