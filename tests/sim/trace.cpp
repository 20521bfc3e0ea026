#include "trace.hpp"

#include <cstdio>

namespace settle::sim {

void Trace::mix(std::string_view text) {
  for (const char c : text) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  hash_ = (hash_ ^ 0xff) * 0x100000001b3ULL;
}

void Trace::note(TimeMs at, std::string_view what, std::string_view text) {
  ++events_;
  mix(std::to_string(at.count));
  mix(what);
  mix(text);
  if (print_)
    std::printf("%8llu %13lld.%03d  %-10.*s %.*s\n", static_cast<unsigned long long>(events_),
                static_cast<long long>(at.count / 1000), static_cast<int>(at.count % 1000),
                static_cast<int>(what.size()), what.data(), static_cast<int>(text.size()), text.data());
  if (until_ != 0 && events_ >= until_) throw Stopped{};
}

}  // namespace settle::sim
