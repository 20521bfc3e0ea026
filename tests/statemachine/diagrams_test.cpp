// docs/state-machines.md shows both tables as they are. To update it, run this test with
// SETTLE_PRINT_DIAGRAMS=1 and paste what it prints.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <vector>

#include "settle/statemachine/triggers.hpp"

namespace settle {
namespace {

std::vector<std::string> mermaid_blocks() {
  std::ifstream file(SETTLE_DIAGRAMS);
  std::vector<std::string> blocks;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "```mermaid") {
      blocks.emplace_back();
      inside = true;
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

TEST(Diagrams, TheDocumentShowsTheTables) {
  if (std::getenv("SETTLE_PRINT_DIAGRAMS") != nullptr)
    std::cout << "```mermaid\n" << purchase_diagram() << "```\n\n```mermaid\n" << step_diagram() << "```\n";
  const std::vector<std::string> blocks = mermaid_blocks();
  ASSERT_EQ(blocks.size(), 2U) << "docs/state-machines.md must hold two Mermaid blocks";
  EXPECT_EQ(blocks[0], purchase_diagram());
  EXPECT_EQ(blocks[1], step_diagram());
}

}  // namespace
}  // namespace settle
