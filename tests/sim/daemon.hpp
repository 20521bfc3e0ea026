#pragma once
// The process around the production engine: started, frozen, killed between any two effects, started again.

#include <deque>
#include <functional>
#include <memory>

#include "clock.hpp"
#include "disk.hpp"
#include "settle/coordinator/engine.hpp"

namespace settle::sim {

struct World;

// Thrown where the process dies: from within an append, a sync, a read or a send.
struct Crash {
  const char* where;
};

class Daemon {
 public:
  explicit Daemon(World& world);
  void start();
  bool up() const { return engine_ != nullptr; }
  int life() const { return life_; }
  Clock& clock() { return clock_; }
  const Clock& clock() const { return clock_; }
  Disk& disk() { return disk_; }
  Engine& engine() { return *engine_; }
  // Runs `work` on the engine's thread, now or when the process is thawed. Dropped when it is down or dies
  // before.
  void run(std::function<void(Engine&)> work);
  void crash(const char* where);
  void freeze(DurationMs span);
  // As settled does now and then: an engine time far from the wall clock is noted in the journal.
  void look_at_the_wall();
  // Told to stop, as by SIGTERM: it ends when nothing is out any more, and is started again.
  void stop(DurationMs patience);
  bool failed() const { return failed_; }
  std::uint64_t crashes = 0, starts = 0;

 private:
  bool probe(Disk::Point point);
  void live_through(const std::function<void()>& turn);
  void drain();
  void plan();  // the next sync and wake-up
  void sync();
  void wake();
  void notice_end();
  void end(std::size_t survives);
  void restart_later();

  World& world_;
  Clock clock_;
  Disk disk_;
  std::unique_ptr<Engine> engine_;
  int life_ = 0;
  bool running_ = false, failed_ = false, stopped_ = false;
  bool sync_planned_ = false;
  DurationMs told_apart_{0};
  TimeMs wake_planned_, frozen_until_, full_until_;
  std::deque<std::function<void(Engine&)>> inbox_;
};

}  // namespace settle::sim
