#pragma once
// How many things there are, by the time since which they are: few numbers, however many things. Times are
// kept to the minute while they are younger than two hours, to the hour up to a week, and then to the day.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "settle/statemachine/ids.hpp"

namespace settle {

class AgeBook {
 public:
  void add(TimeMs since);
  // One that was added; nothing happens if there is none of that time.
  void remove(TimeMs since);
  // Makes what is old by `now` coarser.
  void coarsen(TimeMs now);

  std::uint64_t count() const;
  // Those since at or before `until`, to the book's accuracy.
  std::uint64_t since(TimeMs until) const;
  TimeMs oldest() const;  // 0: there is none

  void encode(std::string& out) const;
  static bool take(std::string_view& in, AgeBook& book);
  friend bool operator==(const AgeBook& a, const AgeBook& b) { return a.slots_ == b.slots_; }

 private:
  // Beginning and length of each slot.
  using Slot = std::pair<std::int64_t, std::int64_t>;
  static Slot slot_of(TimeMs at, std::int64_t length);
  std::map<Slot, std::uint64_t> slots_;
};

}  // namespace settle
