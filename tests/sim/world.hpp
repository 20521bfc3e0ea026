#pragma once
// The whole world of one seed.

#include <map>
#include <memory>
#include <string>

#include "daemon.hpp"
#include "faults.hpp"
#include "network.hpp"
#include "oracle.hpp"
#include "people.hpp"
#include "scheduler.hpp"
#include "service.hpp"
#include "trace.hpp"

namespace settle::sim {

struct Options {
  std::uint64_t seed = 1;
  int purchases = 100;
  bool print = false;
  std::uint64_t until = 0;  // event number; 0: to the end
  bool barrier = true;      // of the services
  bool verify = true;       // the journal against itself at the end
};

struct World {
  explicit World(const Options& options);
  // Both phases and the last checks. Throws Violation; Stopped at --until.
  void run();
  void note(std::string_view what, std::string_view text) { trace.note(time.now(), what, text); }

  Options options;
  Random seed;
  Random network_random, disk_random, daemon_random, world_random;
  Scheduler time;
  Trace trace;
  Faults faults;
  std::shared_ptr<const KeyRing> keys;
  DurationMs rest_after;
  bool damage_at_end = false;
  // Whether the daemon's wall clock has shown anything but true time at or after `since`.
  bool clock_was_wrong_since(TimeMs since) const {
    return daemon.clock().wall_error.count != 0 || since <= wall_wrong_until_;
  }
  std::map<std::string, Service> services;
  Daemon daemon;
  Oracle oracle;
  Network network;
  People people;

 private:
  void safety();
  void liveness();
  void pass(TimeMs until);
  void strike();
  void strike_links();
  bool working_ = true;
  TimeMs wall_wrong_until_;
};

// RFC 3339 in UTC, as services write it.
std::string rfc3339(TimeMs time);

}  // namespace settle::sim
