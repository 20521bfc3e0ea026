#pragma once
// How a service is told to misbehave, for tests and demos. Rules live in memory: a restarted service behaves.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "settle/statemachine/result.hpp"

namespace settle::services {

// What to do with one call: the sum of all rules that apply to it.
struct Mischief {
  bool refuse = false;
  std::int64_t stall_ms = 0;        // before anything is done
  std::int64_t answer_late_ms = 0;  // after everything was done
  int answer_status = 0;            // instead of the work, or, with after_work, instead of its answer
  bool after_work = false;
  bool accept_then_report = false;
  bool answer_twice = false;
  std::string die_at;  // "", before_commit, after_commit
};

struct Rule {
  Mischief mischief;
  double refuse_fraction = 0;  // of the purchases, chosen by their id: a repetition is refused alike
  std::string operation;       // empty: try, confirm, cancel and deliver; refuse: try
  std::int64_t next = -1;      // how many more calls it applies to; -1: no limit
  std::optional<std::chrono::steady_clock::time_point> until;
};

// Reads the JSON of POST /admin/behave. Errors: behaviour_malformed.
Result<Rule> parse_rule(const nlohmann::json& body, std::chrono::steady_clock::time_point now);

// Threads: any.
class Behaviour {
 public:
  void add(const Rule& rule);
  void clear();
  std::size_t rules();
  // Uses up one of each applicable rule's `next`.
  Mischief draw(const std::string& operation, const std::string& purchase,
                std::chrono::steady_clock::time_point now);

 private:
  std::mutex mutex_;
  std::vector<Rule> rules_;
};

}  // namespace settle::services
