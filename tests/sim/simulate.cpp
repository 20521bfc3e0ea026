// simulate: one world, or many. See docs/testing.md.

#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "bugs.hpp"
#include "report.hpp"
#include "world.hpp"

namespace settle::sim {
namespace {

enum Exit { held = 0, usage = 1, stopped = 2, safety = 3, liveness = 4, differs = 5, coverage = 6 };

struct Arguments {
  std::uint64_t first = 1, last = 1;
  Options options;
  bool twice = false, cover = false, quiet = false, all_bugs = false;
  std::string bug;
};

// The command that repeats the seed at hand; also written by the signal handler, so plain bytes.
char repeat[160];

void say_seed(int signal) {
  const char* const why = "\na check stopped the process\n";
  (void)!write(STDOUT_FILENO, why, std::strlen(why));
  (void)!write(STDOUT_FILENO, repeat, std::strlen(repeat));
  (void)signal;
  _exit(stopped);
}

int usage_error(const std::string& what) {
  std::fprintf(stderr,
               "simulate: %s\n"
               "usage: simulate [--seed N | --seeds FIRST..LAST] [--purchases N] [--trace] [--until EVENT]\n"
               "                [--twice] [--cover] [--no-barrier] [--quiet] [--bug NAME | --all-bugs]\n",
               what.c_str());
  return usage;
}

bool parse(int argc, char** argv, Arguments& out, std::string& error) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    const auto value = [&]() -> std::string { return i + 1 < argc ? argv[++i] : ""; };
    const auto number = [&](std::uint64_t& into) {
      const std::string text = value();
      char* end = nullptr;
      into = std::strtoull(text.c_str(), &end, 10);
      if (text.empty() || *end != 0) error = name + " wants a number";
    };
    if (name == "--seed") {
      number(out.first);
      out.last = out.first;
    } else if (name == "--seeds") {
      const std::string range = value();
      char* dots = nullptr;
      out.first = std::strtoull(range.c_str(), &dots, 10);
      char* end = nullptr;
      if (std::strncmp(dots, "..", 2) == 0) out.last = std::strtoull(dots + 2, &end, 10);
      if (end == nullptr || end == dots + 2 || *end != 0) error = "--seeds wants FIRST..LAST";
    } else if (name == "--purchases") {
      std::uint64_t count = 0;
      number(count);
      out.options.purchases = static_cast<int>(count);
    } else if (name == "--until") {
      number(out.options.until);
    } else if (name == "--trace") {
      out.options.print = true;
    } else if (name == "--twice") {
      out.twice = true;
    } else if (name == "--cover") {
      out.cover = true;
    } else if (name == "--bug") {
      out.bug = value();
      if (!switch_on(out.bug)) error = "there is no deliberate bug " + out.bug + " in this binary";
    } else if (name == "--all-bugs") {
      out.all_bugs = true;
    } else if (name == "--quiet") {
      out.quiet = true;
    } else if (name == "--no-barrier") {
      out.options.barrier = false;
    } else {
      error = "there is no option " + name;
    }
  }
  return error.empty();
}

struct Outcome {
  Exit exit = held;
  std::uint64_t hash = 0, events = 0;
};

Outcome run_one(const Options& options, Report* report) {
  World world(options);
  Outcome outcome;
  try {
    world.run();
    if (report != nullptr) report->add(world);
  } catch (const Violation& violation) {
    std::printf(
        "%s violated at event %llu, %.3f s into the world: %s\n", violation.liveness ? "liveness" : "safety",
        static_cast<unsigned long long>(world.trace.events()),
        static_cast<double>((world.time.now() - Scheduler{}.now()).count) / 1000, violation.what.c_str());
    outcome.exit = violation.liveness ? liveness : safety;
  } catch (const Stopped&) {
  }
  outcome.hash = world.trace.hash();
  outcome.events = world.trace.events();
  return outcome;
}

int run(const Arguments& arguments) {
  Report report;
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t seed = arguments.first; seed <= arguments.last; ++seed) {
    Options options = arguments.options;
    options.seed = seed;
    std::snprintf(repeat, sizeof repeat, "simulate%s%s --seed %llu --purchases %d%s --trace\n",
                  arguments.bug.empty() ? "" : "_bugs --bug ", arguments.bug.c_str(),
                  static_cast<unsigned long long>(seed), options.purchases,
                  options.barrier ? "" : " --no-barrier");
    Outcome outcome = run_one(options, &report);
    if (outcome.exit == held && arguments.twice) {
      const Outcome again = run_one(options, nullptr);
      if (again.hash != outcome.hash || again.events != outcome.events) {
        std::printf("seed %llu ran differently the second time\n", static_cast<unsigned long long>(seed));
        outcome.exit = differs;
      }
    }
    if (outcome.exit != held) return std::printf("%s", repeat), outcome.exit;
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  if (!arguments.quiet) std::printf("%s", report.text().c_str());
  const std::string missing = arguments.cover ? not_covered(report) : "";
  if (!missing.empty()) return std::printf("%s", missing.c_str()), coverage;
  return held;
}

// Each bug in a process of its own, over the seeds, until something notices: a violation, or a check.
int run_bugs(const Arguments& arguments) {
  int missed = 0;
  Arguments sound = arguments;
  sound.quiet = true;
  if (const int code = run(sound);
      code != held)  // else whatever is wrong would pass for each bug's being caught
    return std::printf("without any bug the same seeds do not hold\n"), code;
  for (const DeliberateBug& bug : deliberate_bugs()) {
    std::fflush(stdout);
    int ends[2];
    if (pipe(ends) != 0) return std::perror("pipe"), usage;
    const pid_t child = fork();
    if (child == 0) {
      dup2(ends[1], STDOUT_FILENO);
      Arguments alone = arguments;
      alone.bug = bug.name;
      alone.quiet = true;
      const int code = switch_on(bug.name) ? run(alone) : usage;
      std::fflush(stdout);
      _exit(code);
    }
    close(ends[1]);
    std::string said;
    char buffer[4096];
    for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
      said.append(buffer, static_cast<std::size_t>(got));
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : stopped;
    const bool caught = code == stopped || code == safety || code == liveness;
    missed += caught ? 0 : 1;
    unsigned long seed = 0;
    if (const std::size_t at = said.rfind("--seed "); at != std::string::npos)
      seed = std::strtoul(said.c_str() + at + 7, nullptr, 10);
    std::printf("%-8s %-26s %s\n", caught ? "caught" : "MISSED", bug.name, bug.what);
    if (caught)
      std::printf("         after %lu seeds: %s\n", seed - arguments.first + 1,
                  said.substr(0, said.find('\n')).c_str());
  }
  std::printf("%zu deliberate bugs, %d missed\n", deliberate_bugs().size(), missed);
  return missed == 0 ? held : coverage;
}

}  // namespace
}  // namespace settle::sim

int main(int argc, char** argv) {
  settle::sim::Arguments arguments;
  std::string error;
  if (!settle::sim::parse(argc, argv, arguments, error)) return settle::sim::usage_error(error);
  std::signal(SIGABRT, settle::sim::say_seed);
  std::signal(SIGSEGV, settle::sim::say_seed);
  return arguments.all_bugs ? settle::sim::run_bugs(arguments) : settle::sim::run(arguments);
}
