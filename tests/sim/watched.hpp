#pragma once
// Acts whose answers are noted in the trace, and asked for nothing more.

#include "people.hpp"
#include "world.hpp"

namespace settle::sim {

// Where only the trace wants to know.
template <class T>
Then<T> People::watched(const char* what) {
  Then<T> then = [this, what](const Result<T>& said) {
    world_.note("act", std::string(what) + " " + (said ? "ok" : said.error().code));
  };
  return world_.oracle.questions.ask(what, std::move(then));
}

}  // namespace settle::sim
