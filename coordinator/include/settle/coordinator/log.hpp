#pragma once
// Structured logs: one JSON object a line, on standard error. Any thread. Nothing secret may be given to it:
// messages are literals, and fields are ids, names, codes, numbers and details that are free of secrets
// already.
//
// A message is its own kind: of each, at most log_burst lines leave in a second, so that a storm cannot
// flood; how many were held back is told by the next one that leaves, as "suppressed".

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>

#include "settle/statemachine/ids.hpp"

namespace settle {

enum class LogLevel : std::uint8_t { debug = 0, info = 1, warn = 2, error = 3, alert = 4 };
const char* name_of(LogLevel level);
std::optional<LogLevel> parse_log_level(std::string_view text);

// One field. Text is borrowed until the call returns; a purchase id is written as its 32 digits.
struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, std::uint64_t, bool, PurchaseId> value;

  template <class T>
  LogField(std::string_view k, const T& v) : key(k), value(convert(v)) {}

 private:
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, bool, PurchaseId>;
  template <class T>
  static Value convert(const T& v) {
    if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, PurchaseId>) {
      return Value(v);
    } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
      return Value(static_cast<std::int64_t>(v));
    } else if constexpr (std::is_integral_v<T>) {
      return Value(static_cast<std::uint64_t>(v));
    } else if constexpr (std::is_same_v<T, DurationMs> || std::is_same_v<T, TimeMs>) {
      return Value(v.count);
    } else {
      return Value(std::string_view(v));
    }
  }
};
using LogFields = std::initializer_list<LogField>;

inline constexpr std::uint32_t log_burst = 50;           // lines of one kind in a second
inline constexpr std::size_t log_text_bytes_max = 2048;  // a longer text is cut, and ends in "..."

void log(LogLevel level, std::string_view message, LogFields fields = {});
inline void log_debug(std::string_view message, LogFields fields = {}) {
  log(LogLevel::debug, message, fields);
}
inline void log_info(std::string_view message, LogFields fields = {}) {
  log(LogLevel::info, message, fields);
}
inline void log_warn(std::string_view message, LogFields fields = {}) {
  log(LogLevel::warn, message, fields);
}
inline void log_error(std::string_view message, LogFields fields = {}) {
  log(LogLevel::error, message, fields);
}
// What a person must look at.
inline void log_alert(std::string_view message, LogFields fields = {}) {
  log(LogLevel::alert, message, fields);
}

// Lines below `level` are dropped; the default is info.
void set_log_level(LogLevel level);
LogLevel log_level();
// Where lines go, with their newline; null: standard error. For tests.
void set_log_sink(std::function<void(std::string_view line)> sink);

}  // namespace settle
