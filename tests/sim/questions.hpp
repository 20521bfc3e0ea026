#pragma once
// What the engine promises of every `then` (engine.hpp): called once while the process lives, and never after
// its end.

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "settle/coordinator/engine.hpp"

namespace settle::sim {

class Questions {
 public:
  // `what` is asked; the answer goes to `then`, and is watched.
  template <class T>
  Then<T> ask(std::string what, Then<T> then) {
    const std::uint64_t number = ++last_;
    open_.emplace(number, std::move(what));
    return [this, number, life = life_, then = std::move(then)](const Result<T>& said) {
      answered(number, life);
      then(said);
    };
  }
  // The process is gone, and with it everything that it owed an answer to.
  void died() {
    ++life_;
    open_.clear();
  }
  // A question that still waits; empty: none.
  std::string open() const { return open_.empty() ? std::string() : open_.begin()->second; }

 private:
  void answered(std::uint64_t number, int life);

  std::map<std::uint64_t, std::string> open_;
  std::uint64_t last_ = 0;
  int life_ = 0;
};

}  // namespace settle::sim
