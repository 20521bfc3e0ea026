#pragma once
// What happened, in order: hashed always, printed when asked. Two runs of one seed must have the same hash,
// else something in production or here depends on more than the seed.

#include <cstdint>
#include <string>
#include <string_view>

#include "settle/statemachine/ids.hpp"

namespace settle::sim {

// Thrown where a run is to end: at the event that --until names.
struct Stopped {};

class Trace {
 public:
  Trace(bool print, std::uint64_t until) : print_(print), until_(until) {}
  void note(TimeMs at, std::string_view what, std::string_view text);
  std::uint64_t hash() const { return hash_; }
  std::uint64_t events() const { return events_; }
  bool prints() const { return print_; }

 private:
  void mix(std::string_view text);
  bool print_;
  std::uint64_t until_;  // 0: to the end
  std::uint64_t events_ = 0;
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

}  // namespace settle::sim
