// CLOCK_BOOTTIME of settled_faulty: the kernel's, and so many seconds as the file that FAULTY_BOOTTIME names
// says (an int64 in the machine's byte order, read at every look at the clock). libfaketime cannot step it
// alone: it makes CLOCK_MONOTONIC the same clock, which a machine that sleeps does not, and does not know
// pthread_cond_clockwait, so that waits would end in decades. The other clocks are asked of whoever is next:
// libfaketime if it is preloaded.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

using ClockGettime = int (*)(clockid_t, timespec*);

const volatile std::int64_t* open_step() {
  static const std::int64_t none = 0;
  const char* const name = std::getenv("FAULTY_BOOTTIME");
  if (name == nullptr) return &none;
  const int file = open(name, O_RDONLY | O_CLOEXEC);
  void* const mapped =
      file < 0 ? MAP_FAILED : mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) std::_Exit(2);
  close(file);
  return static_cast<const std::int64_t*>(mapped);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int clock_gettime(clockid_t clock,
                                                                    timespec* time) noexcept {
  static const auto next = reinterpret_cast<ClockGettime>(dlsym(RTLD_NEXT, "clock_gettime"));
  static const volatile std::int64_t* const step_s = open_step();
  const int result = next(clock, time);
  if (result == 0 && clock == CLOCK_BOOTTIME) time->tv_sec += *step_s;
  return result;
}
