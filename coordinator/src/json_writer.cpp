#include <array>
#include <cstdio>
#include <ctime>

#include "json_writer.hpp"

namespace settle {
void append_time(std::string& out, TimeMs time) {
  std::int64_t seconds = time.count / 1000, ms = time.count % 1000;
  if (ms < 0) ms += 1000, --seconds;
  const std::time_t as_time_t = static_cast<std::time_t>(seconds);
  std::tm parts{};
  if (gmtime_r(&as_time_t, &parts) == nullptr) parts = std::tm{};
  std::array<char, 96> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<int>(ms));
  out += buffer.data();
}

std::string time_text(TimeMs time) {
  std::string text;
  append_time(text, time);
  return text;
}

}  // namespace settle
