// scenarios: the experiment of docs/experiment.md.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "table.hpp"

namespace settle::scenarios {
namespace {

enum Exit { reached = 0, usage = 1, not_reached = 2 };

// A population's world is forgotten when it is counted: memory does not grow with --purchases.
constexpr int population_max = 20'000;
constexpr int without_max = 100'000;
constexpr int thirties = 40;
constexpr DurationMs hour{3'600'000};

struct Arguments {
  int purchases = 20'000;
  std::uint64_t seed = 1;
  std::string out;
};

int usage_error(const std::string& what) {
  std::fprintf(stderr, "scenarios: %s\nusage: scenarios [--purchases N] [--seed S] [--out FILE]\n",
               what.c_str());
  return usage;
}

std::string parse(int argc, char** argv, Arguments& into) {
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 == argc) return name + " wants a value";
    const std::string value = argv[i + 1];
    if (name == "--out") {
      into.out = value;
      continue;
    }
    char* end = nullptr;
    const unsigned long long given = std::strtoull(value.c_str(), &end, 10);
    if (value.empty() || *end != 0) return name + " wants a number";
    if (name == "--purchases") {
      if (given < 1'000 || given > 100'000'000) return "--purchases is 1000 to 100000000";
      into.purchases = static_cast<int>(given);
    } else if (name == "--seed") {
      into.seed = given;
    } else {
      return "there is no option " + name;
    }
  }
  return {};
}

Plan population(std::uint64_t seed, int number, int purchases, bool mechanism) {
  Plan plan;
  plan.seed = seed * 1'000'003 + static_cast<std::uint64_t>(number);
  plan.purchases = purchases;
  plan.mechanism = mechanism;
  plan.receivers = std::max(20, purchases / 100);
  plan.span = DurationMs{24 * hour.count};
  plan.tail = DurationMs{100 * hour.count};
  plan.crashes = 3;
  plan.receiver_flaky_per_million = 120'000;
  plan.service_flaky_per_million = 30'000;
  plan.receiver_outages = plan.service_outages = true;
  return plan;
}

Outcome populations(const Arguments& arguments, int purchases, bool mechanism, std::uint64_t& receivers) {
  Outcome sum;
  for (int done = 0, number = 0; done < purchases; ++number) {
    const int now = std::min(population_max, purchases - done);
    const Plan plan = population(arguments.seed, number, now, mechanism);
    sum.add(run(plan));
    receivers += static_cast<std::uint64_t>(plan.receivers);
    done += now;
    std::fprintf(stderr, "%s the mechanism: %d of %d purchases\n", mechanism ? "with" : "without", done,
                 purchases);
  }
  return sum;
}

// Each thirty is a world of its own, in which nothing but the charges goes wrong.
Outcome vague_thirties(const Arguments& arguments, bool mechanism, Experiment& experiment) {
  Outcome sum;
  for (int i = 0; i < thirties; ++i) {
    Plan plan;
    plan.seed = arguments.seed * 7'919 + static_cast<std::uint64_t>(i);
    plan.purchases = 30;
    plan.mechanism = mechanism;
    plan.receivers = 3;
    plan.span = hour;
    plan.tail = DurationMs{24 * hour.count};
    plan.vague_charges = true;
    const Outcome thirty = run(plan);
    if (mechanism) {
      if (i == 0) experiment.first_thirty = thirty.completed;
      experiment.worst_thirty = std::min(experiment.worst_thirty, thirty.completed);
    }
    sum.add(thirty);
  }
  return sum;
}

int main(const Arguments& arguments) {
  const auto began = std::chrono::steady_clock::now();
  Experiment experiment;
  experiment.seed = arguments.seed;
  experiment.vague_without = vague_thirties(arguments, false, experiment);
  experiment.vague_with = vague_thirties(arguments, true, experiment);
  experiment.without =
      populations(arguments, std::min(arguments.purchases, without_max), false, experiment.receivers_without);
  experiment.with = populations(arguments, arguments.purchases, true, experiment.receivers);
  const std::string text = table(experiment);
  std::printf("%s", text.c_str());
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::fprintf(stderr, "%.0f s\n", seconds);
  if (!arguments.out.empty()) {
    std::ofstream out(arguments.out, std::ios::binary);
    out << text;
    if (!out.flush()) return usage_error(arguments.out + " cannot be written");
  }
  const std::string short_of = missed(experiment);
  std::fprintf(stderr, "%s", short_of.c_str());
  return short_of.empty() ? reached : not_reached;
}

}  // namespace
}  // namespace settle::scenarios

int main(int argc, char** argv) {
  settle::scenarios::Arguments arguments;
  const std::string wrong = settle::scenarios::parse(argc, argv, arguments);
  if (!wrong.empty()) return settle::scenarios::usage_error(wrong);
  return settle::scenarios::main(arguments);
}
