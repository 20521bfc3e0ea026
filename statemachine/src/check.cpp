#include <cstdio>

#include "settle/statemachine/result.hpp"

namespace settle {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "settle: broken invariant: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace settle
