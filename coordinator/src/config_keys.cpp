#include "config_keys.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <charconv>

#include "journal_cursor.hpp"

namespace settle {
namespace {

template <class Number>
bool read_number(std::string_view text, Number min, Number max, Number& into) {
  Number number{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size() || number < min || number > max) return false;
  into = number;
  return true;
}

bool read_ms(std::string_view text, std::int64_t min, std::int64_t max, DurationMs& into) {
  return read_number(text, min, max, into.count);
}

// ADDRESS:PORT, [ADDRESS]:PORT. Only loopback: there is no authentication yet.
bool set_listen(Config& config, std::string_view value) {
  const std::size_t colon = value.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view host = value.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(std::string(host), error);
  if (error || !address.is_loopback() || address.is_v6() != bracketed) return false;
  std::uint16_t port = 0;
  if (!read_number<std::uint16_t>(value.substr(colon + 1), 0, 65535, port)) return false;
  config.listen_address = std::string(host);
  config.listen_port = port;
  return true;
}

bool is_path(std::string_view value) {
  return !value.empty() && value.find('\0') == std::string_view::npos;
}

bool set_data(Config& config, std::string_view value) {
  if (is_path(value)) config.data = value;
  return is_path(value);
}
bool set_key_file(Config& config, std::string_view value) {
  config.key_file = value;  // empty: the default
  return value.find('\0') == std::string_view::npos;
}
bool set_shards(Config& config, std::string_view value) {
  return read_number<std::uint16_t>(value, 1, journal_shards_max, config.shards);
}
bool set_in_motion_max(Config& config, std::string_view value) {
  return read_number<std::uint32_t>(value, 1, 10'000'000, config.in_motion_max);
}
bool set_rest_after(Config& config, std::string_view value) {
  return read_ms(value, 100, 3'600'000, config.rest_after);
}
bool set_stop_patience(Config& config, std::string_view value) {
  return read_ms(value, 0, 600'000, config.stop_patience);
}
bool set_second_person(Config& config, std::string_view value) {
  config.resolve_needs_second_person = value == "true";
  return value == "true" || value == "false";
}
bool set_sweep_every(Config& config, std::string_view value) {
  return read_ms(value, 0, 86'400'000, config.sweep_every);
}
bool set_log_level(Config& config, std::string_view value) {
  const auto level = parse_log_level(value);
  if (level) config.log_level = *level;
  return level.has_value();
}
bool set_cache_bytes(Config& config, std::string_view value) {
  return read_number<std::uint64_t>(value, 1U << 20, std::uint64_t{1} << 40, config.cache_bytes);
}

bool set_breakers(Config& config, std::string_view value) {
  config.gates.breakers = value == "on";
  return value == "on" || value == "off";
}
bool set_breaker_calls_min(Config& config, std::string_view value) {
  return read_number<std::uint32_t>(value, 1, 1'000'000, config.gates.breaker.calls_min);
}
bool set_breaker_failed_percent(Config& config, std::string_view value) {
  return read_number<std::uint32_t>(value, 1, 100, config.gates.breaker.failed_percent);
}
bool set_breaker_window(Config& config, std::string_view value) {
  return read_ms(value, 1'000, 3'600'000, config.gates.breaker.window);
}
bool set_breaker_open(Config& config, std::string_view value) {
  return read_ms(value, 100, 3'600'000, config.gates.breaker.open_for);
}
bool set_breaker_open_max(Config& config, std::string_view value) {
  return read_ms(value, 100, 86'400'000, config.gates.breaker.open_for_max);
}
bool set_disable_after(Config& config, std::string_view value) {
  return read_ms(value, 0, 31'536'000'000, config.gates.breaker.disable_after);
}
bool set_repetition_share(Config& config, std::string_view value) {
  return read_number<std::uint32_t>(value, 0, 1'000, config.gates.repetition_share_percent);
}
bool set_repetitions_per_second(Config& config, std::string_view value) {
  return read_number<std::uint32_t>(value, 1, 1'000'000, config.gates.repetitions_per_second);
}

bool set_callback_base(Config& config, std::string_view value) {
  std::string_view rest = value;
  if (rest.empty()) {
    config.callback_base.clear();
    return true;
  }
  if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else {
    return false;
  }
  const auto allowed = [](char c) { return c > ' ' && c < 0x7F && c != '?' && c != '#' && c != '@'; };
  if (rest.empty() || rest.front() == '/' || rest.size() > 512 ||
      !std::all_of(rest.begin(), rest.end(), allowed)) {
    return false;
  }
  while (value.ends_with('/')) value.remove_suffix(1);
  config.callback_base = value;
  return true;
}

bool read_guard_span(std::string_view value, DurationMs& into) {
  if (!read_ms(value, 0, 86'400, into)) return false;
  into.count *= 1000;
  return true;
}
bool set_fingerprint_window(Config& config, std::string_view value) {
  return read_guard_span(value, config.guards.fingerprint_window);
}
bool set_buyer_per_minute(Config& config, std::string_view value) {
  return read_number<std::uint32_t>(value, 0, 6'000, config.guards.buyer_per_minute);
}
bool set_buyer_cooldown(Config& config, std::string_view value) {
  return read_guard_span(value, config.guards.buyer_cooldown);
}

constexpr std::array keys = {
    ConfigKey{"listen", "127.0.0.1:7070",
              "a loopback address and a port, like 127.0.0.1:7070 or [::1]:0; settled listens on nothing but "
              "loopback until there "
              "is authentication",
              "where the HTTP API listens; port 0: any free one", set_listen},
    ConfigKey{"data", "settle-data", "a path", "the data folder: journal and key", set_data},
    ConfigKey{"key_file", "", "a path, or nothing for settle.key in the data folder", "the key file",
              set_key_file},
    ConfigKey{"shards", "64", "a number from 1 to 1024",
              "shard logs of a new journal; an existing one keeps its own", set_shards},
    ConfigKey{"in_motion_max", "100000", "a number from 1 to 10000000",
              "purchases in memory; past it new ones get 503 overloaded", set_in_motion_max},
    ConfigKey{"rest_after_ms", "2000", "milliseconds from 100 to 3600000",
              "a purchase that waits longer than this leaves memory", set_rest_after},
    ConfigKey{"stop_patience_ms", "10000", "milliseconds from 0 to 600000",
              "how long a stop waits for calls that are out", set_stop_patience},
    ConfigKey{"log_level", "info", "debug, info, warn, error or alert", "what is logged", set_log_level},
    ConfigKey{"resolve_needs_second_person", "false", "true or false",
              "whether a resolve by hand waits for another person to say the same", set_second_person},
    ConfigKey{"sweep_every_ms", "600000", "milliseconds from 0 (never by itself) to 86400000",
              "how often every open purchase's wake-up is proved to be there", set_sweep_every},
    ConfigKey{"callback_base", "",
              "an http or https URL without query, fragment and user, or nothing for the bound address",
              "where participants reach this daemon", set_callback_base},
    ConfigKey{"breakers", "on", "on or off", "whether endpoints that fail are left alone for a while",
              set_breakers},
    ConfigKey{"breaker_window_ms", "60000", "milliseconds from 1000 to 3600000",
              "how far back an endpoint's calls are looked at", set_breaker_window},
    ConfigKey{"breaker_calls_min", "20", "a number from 1 to 1000000",
              "fewer calls than this in the window prove nothing", set_breaker_calls_min},
    ConfigKey{"breaker_failed_percent", "50", "a number from 1 to 100",
              "the share of failures at which an endpoint is left alone", set_breaker_failed_percent},
    ConfigKey{"breaker_open_ms", "15000", "milliseconds from 100 to 3600000",
              "for how long, the first time; each time in a row twice as long", set_breaker_open},
    ConfigKey{"breaker_open_max_ms", "120000", "milliseconds from 100 to 86400000", "... up to this",
              set_breaker_open_max},
    ConfigKey{"disable_after_ms", "432000000", "milliseconds from 0 to 31536000000",
              "deliveries that fail for so long disable their endpoint; 0: never", set_disable_after},
    ConfigKey{"repetition_share_percent", "20", "a number from 0 to 1000",
              "repetitions to a participant, as a share of its first attempts and of what succeeds",
              set_repetition_share},
    ConfigKey{"repetitions_per_second", "20", "a number from 1 to 1000000", "... and so many a second anyway",
              set_repetitions_per_second},
    ConfigKey{"cache_bytes", "67108864", "bytes from 1048576 to 1099511627776", "the journal's block cache",
              set_cache_bytes},
    ConfigKey{"guard_fingerprint_window_seconds", "0", "seconds from 0 to 86400",
              "a purchase like one of the same buyer within this time is asked about; 0: never",
              set_fingerprint_window},
    ConfigKey{"guard_buyer_per_minute", "0", "a number from 0 to 6000",
              "purchases of one buyer that are taken in a minute; 0: any", set_buyer_per_minute},
    ConfigKey{"guard_buyer_cooldown_seconds", "0", "seconds from 0 to 86400",
              "how long a buyer who bought too fast waits at least", set_buyer_cooldown},
};

}  // namespace

std::span<const ConfigKey> config_keys() {
  return keys;
}

std::string environment_name(const ConfigKey& key) {
  std::string name = "SETTLE_";
  for (const char c : std::string_view(key.name)) name += c == '_' ? '_' : static_cast<char>(c - 'a' + 'A');
  return name;
}

std::string flag_name(const ConfigKey& key) {
  std::string name = "--";
  for (const char c : std::string_view(key.name)) name += c == '_' ? '-' : c;
  return name;
}

}  // namespace settle
