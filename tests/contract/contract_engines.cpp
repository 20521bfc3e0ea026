// The engines that the contract is held against. A new one is one more line.

#include <gtest/gtest.h>

#include "contract_fixture.hpp"

namespace settle {

INSTANTIATE_TEST_SUITE_P(Engines, JournalContract,
                         testing::Values(JournalEngineFactory{"Memory", make_memory_engine},
                                         JournalEngineFactory{"Rocks", make_rocks_engine}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace settle
