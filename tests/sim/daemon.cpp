#include "daemon.hpp"

#include "world.hpp"

namespace settle::sim {
namespace {

constexpr std::uint16_t shards = 4;

}  // namespace

Daemon::Daemon(World& world) : world_(world), clock_(world.time), disk_(shards) {
  disk_.probe = [this](Disk::Point point) { return probe(point); };
}

// Whether the operation fails; a crash leaves by exception. Odds rise while writes are pending: that is where
// a crash has something to lose.
bool Daemon::probe(Disk::Point point) {
  if (!running_) return false;
  Faults& faults = world_.faults;
  const int pending = static_cast<int>(std::min<std::size_t>(disk_.inner().unsynced(), 8));
  const auto crashes = [&](Fault fault) {
    for (int i = 0; i <= pending; ++i)
      if (faults.strikes(fault)) return true;
    return false;
  };
  switch (point) {
    case Disk::Point::append:
      if (crashes(Fault::crash_at_append)) throw Crash{"append"};
      return false;
    case Disk::Point::sync:
      if (crashes(Fault::crash_at_sync)) throw Crash{"sync"};
      if (faults.strikes(Fault::disk_full)) {
        full_until_ = world_.time.now() + faults.random(Fault::disk_full).delay(1'000, 600'000);
        disk_.inner().fail_next_sync(faults.random(Fault::disk_full).below(disk_.inner().unsynced() + 1));
      } else if (faults.strikes(Fault::sync_fails)) {
        disk_.inner().fail_next_sync(faults.random(Fault::sync_fails).below(disk_.inner().unsynced() + 1));
      }
      return false;
    case Disk::Point::read:
      if (faults.strikes(Fault::crash_at_read)) throw Crash{"read"};
      return faults.strikes(Fault::read_fails);
    case Disk::Point::open:
      return world_.time.now() < full_until_;
  }
  return false;
}

void Daemon::start() {
  ++starts;
  ++life_;
  failed_ = stopped_ = false;
  sync_planned_ = false;
  wake_planned_ = TimeMs{};
  inbox_.clear();
  clock_.start();
  EngineConfig config;
  config.callback_base = "http://settled";
  config.recovery_scan = 3;
  config.rest_after = world_.rest_after;
  running_ = true;
  // Before the engine hears of it, and from within a flush as well.
  disk_.listen([this](Ticket, const Status& status) {
    if (status.ok()) world_.oracle.synced();
  });
  try {
    engine_ = Engine::create(config, clock_, disk_, world_.network, world_.keys);
    const Status recovered = engine_->recover();
    if (!recovered) {
      world_.note("recover", recovered.error().code + " " + recovered.error().detail);
      world_.oracle.recovery_refused(recovered.error());
      running_ = false;
      engine_.reset();
      return restart_later();
    }
    clock_.not_before(engine_->last_journalled());
    world_.oracle.started();
    drain();
  } catch (const Crash& crash) {
    return this->crash(crash.where);
  }
  running_ = false;
  world_.note("started", std::to_string(life_));
  plan();
}

void Daemon::run(std::function<void(Engine&)> work) {
  if (!up()) return;
  if (world_.time.now() < frozen_until_) {
    inbox_.push_back(std::move(work));
    return;
  }
  if (running_) {  // from within: production would post it
    clock_.post([this, work = std::move(work)] { work(*engine_); });
    return;
  }
  live_through([&] { work(*engine_); });
}

// One turn of the process, and what it posted; it may be its last.
void Daemon::live_through(const std::function<void()>& turn) {
  running_ = true;
  try {
    turn();
    drain();
  } catch (const Crash& crash) {
    return this->crash(crash.where);
  }
  running_ = false;
  notice_end();
  plan();
}

// Whoever watches /readyz restarts it; and so is what was told to stop.
void Daemon::notice_end() {
  // The sweep mends what should never be broken, so whatever it mends is a fault.
  if (engine_->figures().wakeups_repaired != 0)
    throw Violation{true, "I17: a sweep found an open purchase without its one wake-up"};
  if (engine_->counters().alerts.count("forgotten") != 0)
    throw Violation{true, "I17: a sweep found a purchase that nothing would ever wake"};
  if (stopped_) {
    world_.note("stopped", "");
    end(0);
    return restart_later();
  }
  const Status ready = engine_->ready();
  if (failed_ || ready.ok() || ready.error().code != "journal_failed") return;
  failed_ = true;
  world_.note("journal", "failed");
  world_.oracle.journal_failed();
  restart_later();
}

void Daemon::drain() {
  while (!clock_.posted.empty()) {
    if (world_.faults.strikes(Fault::crash_at_rest)) throw Crash{"rest"};
    const auto work = std::move(clock_.posted.front());
    clock_.posted.pop_front();
    work();
  }
}

void Daemon::plan() {
  if (!up()) return;
  Faults& faults = world_.faults;
  if (!sync_planned_ && disk_.inner().unsynced() > 0) {
    sync_planned_ = true;
    DurationMs wait{static_cast<std::int64_t>(world_.disk_random.below(12))};
    if (faults.strikes(Fault::sync_slow)) wait = faults.random(Fault::sync_slow).delay(50, 20'000);
    world_.time.after(wait, [this, life = life_] {
      if (life == life_) sync();
    });
  }
  if (clock_.wake && clock_.wake != wake_planned_) {
    wake_planned_ = clock_.wake;
    world_.time.at(clock_.true_time_of(clock_.wake), [this, life = life_, planned = wake_planned_] {
      if (life == life_ && planned == clock_.wake) wake();
    });
  }
}

void Daemon::wake() {
  wake_planned_ = TimeMs{};
  run([this](Engine& engine) {
    clock_.wake = TimeMs{};
    engine.on_wake();
  });
}

// On the journal's own thread: what it tells is posted, and run after it.
void Daemon::sync() {
  if (!up()) return;
  if (world_.time.now() < frozen_until_) {
    world_.time.at(frozen_until_, [this, life = life_] {
      if (life == life_) sync();
    });
    return;
  }
  sync_planned_ = false;
  live_through([this] {
    (void)disk_.sync();  // what comes of it is told by the journal
  });
}

void Daemon::crash(const char* where) {
  running_ = false;
  ++crashes;
  const std::size_t unsynced = disk_.inner().unsynced();
  const std::size_t survives = world_.disk_random.below(unsynced + 1);
  world_.note("crash", std::string(where) + ", " + std::to_string(survives) + " of " +
                           std::to_string(unsynced) + " unsynced survive");
  end(survives);
  restart_later();
}

void Daemon::end(std::size_t survives) {
  engine_.reset();
  ++life_;
  clock_.posted.clear();
  clock_.wake = TimeMs{};
  frozen_until_ = TimeMs{};
  disk_.crash(survives);
  world_.oracle.ended();
}

void Daemon::look_at_the_wall() {
  run([this](Engine& engine) {
    const DurationMs apart = clock_.now() - clock_.wall();
    if (std::llabs(apart.count - told_apart_.count) < 60'000) return;
    told_apart_ = apart;
    engine.clock_diverged(apart);
  });
}

void Daemon::stop(DurationMs patience) {
  world_.note("stop", "");
  run([this, patience](Engine& engine) {
    engine.stop(patience, [this] {
      world_.oracle.stopped();
      stopped_ = true;
    });
  });
}

void Daemon::restart_later() {
  const DurationMs wait = world_.daemon_random.delay(5, 60'000);
  world_.time.after(wait, [this, life = life_] {
    if (life != life_) return;
    if (up()) {  // it ran on, refusing everything, until somebody restarted it
      world_.oracle.refusing_ends();
      end(0);
    }
    start();
  });
}

void Daemon::freeze(DurationMs span) {
  if (!up() || world_.time.now() < frozen_until_) return;
  frozen_until_ = world_.time.now() + span;
  world_.note("freeze", std::to_string(span.count));
  world_.time.at(frozen_until_, [this, life = life_] {
    if (life != life_) return;
    // Sockets and timers are all ready at once: nothing says which comes first.
    while (!inbox_.empty() && life == life_) {
      const auto next =
          inbox_.begin() + static_cast<std::ptrdiff_t>(world_.daemon_random.below(inbox_.size()));
      const auto work = std::move(*next);
      inbox_.erase(next);
      run(work);
    }
  });
}

}  // namespace settle::sim
