// The same cases each time, and enough of them, unless RC_PARAMS says otherwise.

#include <gtest/gtest.h>

#include <cstdlib>

int main(int count, char** arguments) {
  setenv("RC_PARAMS", "seed=20260131 max_success=2000", 0);
  testing::InitGoogleTest(&count, arguments);
  return RUN_ALL_TESTS();
}
