#include "age_book.hpp"

#include "stats_bucket.hpp"

namespace settle {
namespace {

constexpr std::int64_t minute = 60'000, hour = 60 * minute, day = 24 * hour;

}  // namespace

AgeBook::Slot AgeBook::slot_of(TimeMs at, std::int64_t length) {
  return {at.count - at.count % length, length};
}

void AgeBook::add(TimeMs since) {
  ++slots_[slot_of(since, minute)];
}

void AgeBook::remove(TimeMs since) {
  for (const std::int64_t length : {minute, hour, day}) {
    const auto found = slots_.find(slot_of(since, length));
    if (found == slots_.end()) continue;
    if (--found->second == 0) slots_.erase(found);
    return;
  }
}

void AgeBook::coarsen(TimeMs now) {
  for (auto at = slots_.begin(); at != slots_.end();) {
    const auto [begin, length] = at->first;
    const std::int64_t age = now.count - begin - length;
    const std::int64_t wanted = age < 2 * hour ? minute : age < 7 * day ? hour : day;
    if (wanted <= length) {
      ++at;
      continue;
    }
    const std::uint64_t count = at->second;
    at = slots_.erase(at);
    // If it is met again, it is coarse enough, or gets coarser once more: this ends.
    slots_[slot_of(TimeMs{begin}, wanted)] += count;
  }
}

std::uint64_t AgeBook::count() const {
  std::uint64_t count = 0;
  for (const auto& [slot, here] : slots_) count += here;
  return count;
}

std::uint64_t AgeBook::since(TimeMs until) const {
  std::uint64_t count = 0;
  for (const auto& [slot, here] : slots_)
    if (slot.first <= until.count) count += here;
  return count;
}

TimeMs AgeBook::oldest() const {
  return slots_.empty() ? TimeMs{} : TimeMs{slots_.begin()->first.first};
}

void AgeBook::encode(std::string& out) const {
  put_number(out, slots_.size());
  for (const auto& [slot, count] : slots_) {
    put_number(out, static_cast<std::uint64_t>(slot.first));
    put_number(out, static_cast<std::uint64_t>(slot.second));
    put_number(out, count);
  }
}

bool AgeBook::take(std::string_view& in, AgeBook& book) {
  std::uint64_t slots = 0, begin = 0, length = 0, count = 0;
  if (!take_number(in, slots)) return false;
  for (; slots > 0; --slots) {
    if (!take_number(in, begin) || !take_number(in, length) || !take_number(in, count)) return false;
    book.slots_[{static_cast<std::int64_t>(begin), static_cast<std::int64_t>(length)}] = count;
  }
  return true;
}

}  // namespace settle
