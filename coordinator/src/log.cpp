#include "settle/coordinator/log.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "json_writer.hpp"

namespace settle {
namespace {

constexpr std::array<const char*, 5> level_names = {"debug", "info", "warn", "error", "alert"};
constexpr std::size_t kinds_max = 1024;  // past it, new kinds share one budget

struct Budget {
  std::int64_t second = 0;
  std::uint32_t used = 0;
  std::uint64_t suppressed = 0;
};

struct Logger {
  std::mutex mutex;
  std::map<std::string, Budget, std::less<>> budgets;
  std::function<void(std::string_view)> sink;
};

Logger& logger() {
  static Logger* const instance = new Logger;  // outlives every other static, whose end may still log
  return *instance;
}

std::atomic<LogLevel>& level_now() {
  static std::atomic<LogLevel> level{LogLevel::info};
  return level;
}

// Takes one line of the kind's budget of this second. nullopt: none is left; else how many were held back
// before.
std::optional<std::uint64_t> take(Logger& log, std::string_view message, std::int64_t second) {
  auto found = log.budgets.find(message);
  if (found == log.budgets.end()) {
    const std::string_view name = log.budgets.size() < kinds_max ? message : std::string_view("(other)");
    found = log.budgets.try_emplace(std::string(name)).first;
  }
  Budget& budget = found->second;
  if (budget.second != second) budget.second = second, budget.used = 0;
  if (budget.used >= log_burst) {
    ++budget.suppressed;
    return std::nullopt;
  }
  ++budget.used;
  return std::exchange(budget.suppressed, 0);
}

void write_field(JsonWriter& json, const LogField& field) {
  json.key(field.key);
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    if (text->size() <= log_text_bytes_max) return json.string(*text);
    return json.string(std::string(text->substr(0, log_text_bytes_max)) + "...");
  }
  if (const auto* number = std::get_if<std::int64_t>(&field.value)) return json.number(*number);
  if (const auto* natural = std::get_if<std::uint64_t>(&field.value)) return json.number(*natural);
  if (const auto* flag = std::get_if<bool>(&field.value)) return json.boolean(*flag);
  json.string(std::get<PurchaseId>(field.value).text());
}

void write_all(std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody reads the log: not a reason to stop
    line.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

const char* name_of(LogLevel level) {
  return level_names[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> parse_log_level(std::string_view text) {
  for (std::size_t i = 0; i < level_names.size(); ++i) {
    if (text == level_names[i]) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

void set_log_level(LogLevel level) {
  level_now() = level;
}
LogLevel log_level() {
  return level_now();
}

void set_log_sink(std::function<void(std::string_view line)> sink) {
  const std::lock_guard lock(logger().mutex);
  logger().sink = std::move(sink);
}

void log(LogLevel level, std::string_view message, LogFields fields) {
  if (level < log_level()) return;
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  const TimeMs now{std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()};

  Logger& to = logger();
  const std::lock_guard lock(to.mutex);
  const auto suppressed = take(to, message, now.count / 1000);
  if (!suppressed) return;
  std::string line;
  line.reserve(256);
  JsonWriter json(line);
  json.open_object();
  json.field("ts", now);
  json.field("level", name_of(level));
  json.field("message", message.substr(0, log_text_bytes_max));
  for (const LogField& field : fields) write_field(json, field);
  if (*suppressed > 0) json.field("suppressed", *suppressed);
  json.close_object();
  line += '\n';
  to.sink ? to.sink(line) : write_all(line);
}

}  // namespace settle
