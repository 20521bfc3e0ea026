#include "world.hpp"

#include <array>

#include "settle/coordinator/log.hpp"

namespace settle::sim {
namespace {

std::shared_ptr<const KeyRing> fixed_keys() {
  std::array<std::uint8_t, 32> master{};
  master.fill(7);
  return KeyRing::from_bytes(master);
}

constexpr DurationMs day{24LL * 3'600'000};

}  // namespace

std::string rfc3339(TimeMs time) {
  const auto seconds = static_cast<std::time_t>(time.count / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

World::World(const Options& wanted)
    : options(wanted),
      seed(wanted.seed),
      network_random(seed.split("network")),
      disk_random(seed.split("disk")),
      daemon_random(seed.split("daemon")),
      world_random(seed.split("world")),
      trace(wanted.print, wanted.until),
      faults(seed),
      keys(fixed_keys()),
      rest_after(seed.split("rest").delay(200, 60'000)),
      daemon(*this),
      oracle(*this),
      network(*this),
      people(*this) {
  set_log_sink([](std::string_view) {});
  damage_at_end = faults.strikes(Fault::damage);
  if (faults.strikes(Fault::drift)) daemon.clock().drift_ppm = faults.random(Fault::drift).between(-300, 300);
  services.emplace("inventory", Service("inventory", Service::Role::stock, options.barrier));
  services.emplace("payment", Service("payment", Service::Role::money, options.barrier));
  services.emplace("card", Service("card", Service::Role::cards, options.barrier));
}

void World::run() {
  safety();
  liveness();
  oracle.finish();
}

// Time passes. An engine that is woken again and again at one and the same time would never let it.
void World::pass(TimeMs until) {
  constexpr int events_at_once_max = 200'000;
  int at_once = 0;
  while (!time.idle() && time.next() <= until) {
    at_once = time.next() == time.now() ? at_once + 1 : 0;
    if (at_once > events_at_once_max) throw Violation{true, "I17: time stands still, and something spins"};
    time.step();
  }
}

void World::safety() {
  const DurationMs span = seed.split("span").delay(30'000, 7'200'000);
  daemon.start();
  people.begin(span);
  strike();
  const TimeMs until = time.now() + span + DurationMs{60'000};
  pass(until);
}

// What happens to machines and links, a hundred times over the span.
void World::strike() {
  if (!working_) return;
  Random& random = daemon_random;
  strike_links();
  if (faults.strikes(Fault::freeze, 10'000)) daemon.freeze(faults.random(Fault::freeze).delay(100, 900'000));
  std::int64_t& error_ms = daemon.clock().wall_error.count;
  if (error_ms != 0 && random.chance(100'000)) {  // somebody sets it right
    error_ms = 0;
    wall_wrong_until_ = time.now();
  }
  if (faults.strikes(Fault::wall_forward, 10'000))
    error_ms += faults.random(Fault::wall_forward).skewed(1'000, 7'200'000);
  if (faults.strikes(Fault::wall_back, 10'000))
    error_ms -= faults.random(Fault::wall_back).skewed(1'000, 7'200'000);
  daemon.look_at_the_wall();
  network.forge_callbacks();
  time.after(random.delay(500, 30'000), [this] { strike(); });
}

void World::strike_links() {
  for (const char* name : {"inventory", "payment", "card", "archive", "m-1", "m-2"}) {
    Network::Link& link = network.links[name];
    if (faults.strikes(Fault::partition, 20'000)) {
      TimeMs& cut = world_random.chance(500'000) ? link.cut_there : link.cut_back;
      cut = time.now() + faults.random(Fault::partition).delay(1'000, 600'000);
      note("cut", name);
    }
    if (faults.strikes(Fault::dies, 20'000)) {
      link.dead = time.now() + faults.random(Fault::dies).delay(500, 600'000);
      note("dies", name);
    }
    if (faults.strikes(Fault::dies_for_good, 1'000)) {
      link.gone = true;
      note("is gone", name);
    }
  }
}

// Faults stop, what is dead stays dead. Every duty has a window of days at most; all must be done or with a
// person.
void World::liveness() {
  note("calm", "");
  working_ = false;
  faults.calm();
  people.stop_acting();
  for (const std::int64_t minutes : {1, 60, 120, 600})
    time.after(DurationMs{minutes * 60'000}, [this] { people.rest(); });
  for (auto& [name, link] : network.links) link.cut_there = link.cut_back = link.dead = TimeMs{};
  const TimeMs until = time.now() + DurationMs{4 * day.count};
  pass(until);
  if (!people.answered()) throw Violation{true, "a shop was never answered"};
}

}  // namespace settle::sim
