#include "questions.hpp"

#include "oracle.hpp"

namespace settle::sim {

void Questions::answered(std::uint64_t number, int life) {
  if (life != life_) throw Violation{false, "I3: an engine that is gone answered"};
  if (open_.erase(number) == 0) throw Violation{false, "a question was answered twice"};
}

}  // namespace settle::sim
