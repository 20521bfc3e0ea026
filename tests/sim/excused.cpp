#include "excused.hpp"

namespace settle::sim {
namespace {

struct Excuse {
  std::string_view row;
  const char* why;
};

constexpr const char* client = "no API opens steps that the client enlists yet";

constexpr Excuse excuses[] = {
    {"idle --> tried : enlist", client},
    {"idle --> idle : cancel",
     "nothing cancels what was not begun; the row says that it would change nothing"},
    {"rejected --> rejected : cancel",
     "only what may have happened is cancelled; the row says that the rest stays"},
    {"rejected --> rejected : overdue", "a refusal decides in the very event that brings it"},
    {"parked --> parked : resume", "what is parked has no call out"},
    {"idle --> idle : late", "nobody was called, so nobody can answer"},
};

}  // namespace

const char* excused(std::string_view row) {
  for (const Excuse& excuse : excuses)
    if (excuse.row == row) return excuse.why;
  return nullptr;
}

}  // namespace settle::sim
