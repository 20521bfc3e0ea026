#include "allocation_watch.hpp"

#include <cstdlib>
#include <new>

namespace {
thread_local bool watched = false;
thread_local std::size_t bytes_asked_now = 0;
}  // namespace

void* operator new(std::size_t size) {
  if (watched) bytes_asked_now += size;
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace settle {

AllocationWatch::AllocationWatch() {
  bytes_asked_now = 0;
  watched = true;
}
AllocationWatch::~AllocationWatch() {
  watched = false;
}
std::size_t AllocationWatch::bytes_asked() const {
  return bytes_asked_now;
}

}  // namespace settle
