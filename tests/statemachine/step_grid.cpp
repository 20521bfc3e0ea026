#include "step_grid.hpp"

#include <fstream>
#include <sstream>

namespace settle::test {
namespace {

std::vector<std::string> parts_of(const std::string& list) {
  std::vector<std::string> parts;
  std::stringstream in(list);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

}  // namespace

StepState step_state_named(const std::string& name) {
  for (int n = 1; n <= step_state_count; ++n)
    if (name == name_of(static_cast<StepState>(n))) return static_cast<StepState>(n);
  std::fprintf(stderr, "no step state is called %s\n", name.c_str());
  std::abort();
}

StepTrigger step_trigger_named(const std::string& name) {
  for (int n = 1; n <= step_trigger_count; ++n)
    if (name == name_of(static_cast<StepTrigger>(n))) return static_cast<StepTrigger>(n);
  std::fprintf(stderr, "no step trigger is called %s\n", name.c_str());
  std::abort();
}

std::vector<GridLine> read_step_grid() {
  std::ifstream file(SETTLE_GRIDS "/step_grid.txt");
  SETTLE_CHECK(file.good());
  std::vector<GridLine> lines;
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    std::stringstream words(text);
    std::string states, triggers, word, to;
    if (!(words >> states) || states[0] == '#') continue;
    words >> triggers;
    GridLine line;
    line.number = number;
    while (words >> word && word != "->") line.conditions.push_back(word);
    SETTLE_CHECK(word == "->" && words >> to);
    line.nothing = to == "-";
    if (!line.nothing) SETTLE_CHECK(words >> line.does);
    words >> line.operation;
    for (const std::string& state : parts_of(states)) {
      for (const std::string& trigger : parts_of(triggers)) {
        line.state = step_state_named(state);
        line.trigger = step_trigger_named(trigger);
        if (!line.nothing) line.to = to == "same" ? line.state : step_state_named(to);
        lines.push_back(line);
      }
    }
  }
  return lines;
}

}  // namespace settle::test
