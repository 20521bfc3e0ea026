#pragma once
// How many bytes this thread asks operator new for.

#include <cstddef>

namespace settle {

class AllocationWatch {
 public:
  AllocationWatch();
  ~AllocationWatch();
  AllocationWatch(const AllocationWatch&) = delete;
  AllocationWatch& operator=(const AllocationWatch&) = delete;

  std::size_t bytes_asked() const;
};

}  // namespace settle
